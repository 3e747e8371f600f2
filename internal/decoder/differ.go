package decoder

import (
	"fmt"
	"math"
	"reflect"
)

// Differ returns in which the computations of two models differ, to the
// precision of float32: the first thing found, such as "Attention.Scale (0.25 and
// 0.2) of block 3"; empty if in nothing. How long sequences may be is none of it,
// and windows of attention are left to Windows.
func (d *Description) Differ(o *Description) string {
	a, b := *d, *o
	a.Arch, b.Arch = "", ""
	a.MaxPositions, b.MaxPositions = 0, 0
	a.Block, b.Block = nil, nil
	if where := differ("", reflect.ValueOf(a), reflect.ValueOf(b)); where != "" {
		return where
	}
	for i := range d.Blocks {
		a, b := d.Block(i), o.Block(i)
		a.Attention.Window, b.Attention.Window = 0, 0
		if a.Convolution != nil && b.Convolution != nil { // in place of it
			a.Attention, b.Attention = AttentionDescription{}, AttentionDescription{}
		}
		if a.Experts != nil && b.Experts != nil {
			a.Network, b.Network = NetworkDescription{}, NetworkDescription{}
		}
		neutral := func(b *BlockDescription) {
			if b.Residual == 0 {
				b.Residual = 1
			}
			if b.Attention.Scale == 0 {
				b.Attention.Scale = 1 / math.Sqrt(float64(d.HeadDim))
			}
		}
		neutral(&a)
		neutral(&b)
		if where := differ("", reflect.ValueOf(a), reflect.ValueOf(b)); where != "" {
			return fmt.Sprintf("%s of block %d", where, i)
		}
	}
	return ""
}

// Windows returns how many positions tokens see in d where they see more, or
// fewer, in o; 0 where all see the same.
func (d *Description) Windows(o *Description) int {
	for i := range d.Blocks {
		if w := d.Block(i).Attention.Window; w != o.Block(i).Attention.Window && d.Block(i).Convolution == nil {
			return max(w, o.Block(i).Attention.Window)
		}
	}
	return 0
}

// differ compares values of one type, whose names so far are path.
func differ(path string, a, b reflect.Value) string {
	switch a.Kind() {
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			if a.IsNil() == b.IsNil() {
				return ""
			}
			return path
		}
		if r, ok := a.Interface().(*Rope); ok {
			if !r.turnsAs(b.Interface().(*Rope)) {
				return path
			}
			return ""
		}
		return differ(path, a.Elem(), b.Elem())
	case reflect.Struct:
		for i := range a.NumField() {
			name := a.Type().Field(i).Name
			if path != "" && !a.Type().Field(i).Anonymous {
				name = path + "." + name
			} else if path != "" {
				name = path
			}
			if where := differ(name, a.Field(i), b.Field(i)); where != "" {
				return where
			}
		}
		return ""
	case reflect.Slice:
		if a.Len() != b.Len() {
			return path
		}
		for i := range a.Len() {
			if where := differ(path, a.Index(i), b.Index(i)); where != "" {
				return where
			}
		}
		return ""
	case reflect.Float64:
		if near(a.Float(), b.Float()) {
			return ""
		}
		return fmt.Sprintf("%s (%g and %g)", path, a.Float(), b.Float())
	case reflect.Func:
		return ""
	}
	if a.Equal(b) {
		return ""
	}
	return fmt.Sprintf("%s (%v and %v)", path, a, b)
}

func near(a, b float64) bool { return math.Abs(a-b) <= 0x1p-21*max(math.Abs(a), math.Abs(b)) }

// turnsAs says whether two ropes turn alike, whatever the sequence.
func (r *Rope) turnsAs(o *Rope) bool {
	if r.kind == "dynamic" || o.kind == "dynamic" || r.dim != o.dim || !near(r.attention, o.attention) && r.kind != "default" {
		return false
	}
	if r.kind == "longrope" && o.kind == "longrope" && r.original != o.original {
		return false
	}
	for _, tokens := range []int{1, max(r.longest, o.longest)} {
		a, b := r.frequencies(tokens), o.frequencies(tokens)
		for j := range a {
			if !near(a[j], b[j]) {
				return false
			}
		}
	}
	return true
}
