package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"sparsellm/internal/llamacpp"
	"sparsellm/internal/placeholder"
)

// gguf is the header of a GGUF file
// (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), versions 2 and
// 3, little-endian.
type gguf struct {
	meta    map[string]any // uint64, int64, float32, float64, bool, string, llamacpp.Array
	tensors []ggufTensor   // in file order
}

type ggufTensor struct {
	name string
	dims []int64 // the fastest first
	kind ggmlType
	off  int64
	size int64
}

// ggufReader reads the values of a header.
type ggufReader struct{ taker }

var errGGUFShort = errors.New("is cut short: download it again")

func (r *ggufReader) text() string { return string(r.take(r.number(8))) }

// Types of metadata, and the bytes of those that have a size.
const (
	ggufUint8 = iota
	ggufInt8
	ggufUint16
	ggufInt16
	ggufUint32
	ggufInt32
	ggufFloat32
	ggufFlag
	ggufString
	ggufList
	ggufUint64
	ggufInt64
	ggufFloat64
)

var ggufSizes = [...]uint64{1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8}

func (r *ggufReader) value(kind uint64) any {
	switch {
	case kind == ggufString:
		return r.text()
	case kind == ggufList:
		return r.list()
	case kind >= uint64(len(ggufSizes)):
		r.fail("has metadata of the unknown type %d", kind)
		return nil
	}
	u := r.number(ggufSizes[kind])
	switch kind {
	case ggufInt8:
		return int64(int8(u))
	case ggufInt16:
		return int64(int16(u))
	case ggufInt32:
		return int64(int32(u))
	case ggufInt64:
		return int64(u)
	case ggufFloat32:
		return math.Float32frombits(uint32(u))
	case ggufFloat64:
		return math.Float64frombits(u)
	case ggufFlag:
		return u != 0
	}
	return u
}

// manyValues are more than any list has that is of the blocks, not of the
// vocabulary.
const manyValues = 1 << 13

// list passes over an array, but for a short one of numbers.
func (r *ggufReader) list() (a llamacpp.Array) {
	kind, n := r.number(4), r.number(8)
	switch {
	case kind == ggufString:
		for i := uint64(0); i < n && r.err == nil; i++ {
			r.take(r.number(8))
		}
	case kind >= uint64(len(ggufSizes)) || kind == ggufList:
		r.fail("has an array of the unknown type %d", kind)
	case n > uint64(len(r.rest)):
		r.fail("%w", errGGUFShort)
	case n <= manyValues:
		for range n {
			a.Values = append(a.Values, r.value(kind))
		}
	default:
		r.take(n * ggufSizes[kind])
	}
	a.Length = n
	return a
}

// ggufHeader reads the file's header.
func (x *file) ggufHeader() (g *gguf, err error) {
	err = x.header(func(head []byte) (err error) {
		g, err = parseGGUF(head, x.size)
		return err
	})
	return g, err
}

// header has parse read the file's front. How long the header is shows as it is
// read: of a file that is not mapped, as much is read as turns out to be needed.
func (x *file) header(parse func(head []byte) error) error {
	n := x.size
	if x.data == nil {
		n = min(n, 1<<20)
	}
	for ; ; n = min(x.size, 4*n) {
		err := x.use(0, n, parse)
		if !errors.Is(err, errGGUFShort) || n == x.size {
			return err
		}
	}
}

// startGGUF reads the front of a file of size bytes, of which head are the first,
// and how many tensors and pairs of metadata it has.
func startGGUF(head []byte, size int64) (r *ggufReader, tensors, pairs uint64, err error) {
	if !bytes.HasPrefix(head, []byte("GGUF")) {
		if err := foreign("GGUF", head[:min(len(head), placeholder.Head)], size); err != nil {
			return nil, 0, 0, err
		}
		if len(head) < 4 {
			return nil, 0, 0, tooShort("GGUF", size)
		}
		return nil, 0, 0, errors.New("is no GGUF file")
	}
	r = &ggufReader{taker{rest: head[4:], short: errGGUFShort}}
	if version := r.number(4); version != 2 && version != 3 {
		r.fail("has GGUF version %d, not 2 or 3 of a little-endian machine", version)
	}
	return r, r.number(8), r.number(8), r.err
}

// parseGGUF reads the header of a file of size bytes, of which head are the
// first.
func parseGGUF(head []byte, size int64) (*gguf, error) {
	r, tensors, pairs, err := startGGUF(head, size)
	if err != nil {
		return nil, err
	}
	g := &gguf{meta: map[string]any{}}
	for i := uint64(0); i < pairs && r.err == nil; i++ {
		key := r.text()
		v := r.value(r.number(4))
		if _, twice := g.meta[key]; twice {
			r.fail("has the key %q twice", key)
		}
		g.meta[key] = v
	}
	seen := map[string]bool{}
	for i := uint64(0); i < tensors && r.err == nil; i++ {
		t := r.tensor()
		if seen[t.name] {
			r.fail("has tensor %q twice", t.name)
		}
		seen[t.name] = true
		g.tensors = append(g.tensors, t)
	}
	if r.err != nil {
		return nil, r.err
	}
	return g, g.place(int64(len(head)-len(r.rest)), size)
}

func (r *ggufReader) tensor() (t ggufTensor) {
	t.name = r.text()
	n := r.number(4)
	if n < 1 || n > 4 {
		r.fail("has tensor %q of %d dimensions", t.name, n)
		return t
	}
	elements := int64(1)
	for range n {
		d := r.number(8)
		if d < 1 || d > uint64(math.MaxInt64/elements) {
			r.fail("has tensor %q of an impossible shape", t.name)
			return t
		}
		elements *= int64(d)
		t.dims = append(t.dims, int64(d))
	}
	t.kind = ggmlType(r.number(4))
	off := r.number(8)
	k, ok := ggmlTypes[t.kind]
	switch {
	case !ok:
		r.fail("has tensor %q of type %v, which is not read (%s are): take the model in one of these", t.name, t.kind, ggmlRead())
		return t
	case t.dims[0]%k.block != 0 || elements/k.block > math.MaxInt64/k.bytes:
		r.fail("has tensor %q of an impossible shape", t.name)
	case off > math.MaxInt64:
		r.fail("has tensor %q beyond its end", t.name)
	}
	t.size, t.off = k.size(elements), int64(off)
	return t
}

// place makes the tensors' offsets, which count from the header's end, count
// from the file's start.
func (g *gguf) place(header, size int64) error {
	alignment := int64(32)
	if v, ok := g.meta["general.alignment"]; ok {
		n, ok := v.(uint64)
		if !ok || n == 0 || n > 1<<20 || n&(n-1) != 0 {
			return errors.New("has an impossible alignment")
		}
		alignment = int64(n)
	}
	start := (header + alignment - 1) / alignment * alignment
	slices.SortFunc(g.tensors, func(a, b ggufTensor) int {
		if c := sign(a.off - b.off); c != 0 {
			return c
		}
		return strings.Compare(a.name, b.name)
	})
	end := start
	for i := range g.tensors {
		t := &g.tensors[i]
		if t.off > size-start || t.size > size-start-t.off {
			return fmt.Errorf("has tensor %q beyond its end: %w", t.name, errCut)
		}
		t.off += start
		if t.off < end {
			return fmt.Errorf("has tensor %q over the one before it", t.name)
		}
		end = t.off + t.size
	}
	return nil
}
