package jinja

import (
	"fmt"
	"strings"
)

// attribute is value.name.
type attribute struct {
	value expr
	name  string
}

func (a attribute) eval(s *scope) any {
	s.step()
	return s.attribute(a.value.eval(s), a.name)
}

// attribute returns v.name: a method, or else what stands in v under the name.
func (s *scope) attribute(v any, name string) any {
	switch v := v.(type) {
	case undefined:
		s.fail("%s", v.why)
	case namespace:
		if value, ok := v.values.values[name]; ok {
			return value
		}
		return undefined{fmt.Sprintf("the namespace has no attribute '%s'", name)}
	case *loopState:
		if value, ok := v.get(name); ok {
			return value
		}
	case *Dict:
		if m := dictMethods[name]; m != nil {
			return bind(v, m)
		}
		if value, ok := v.values[name]; ok {
			return value
		}
	case string:
		if m := stringMethods[name]; m != nil {
			return bind(v, m)
		}
	case *list:
		if m := listMethods[name]; m != nil && v.kind <= tupleKind {
			return bind(v, m)
		}
	case markup:
		s.fail("a safe string can only be written here")
	}
	return undefined{fmt.Sprintf("%s has no attribute '%s'", kindOf(v), name)}
}

// item is value[key].
type item struct{ value, key expr }

func (i item) eval(s *scope) any {
	s.step()
	v := i.value.eval(s)
	if cut, ok := i.key.(slice); ok {
		return cut.of(s, v)
	}
	return s.item(v, i.key.eval(s))
}

// item returns v[key].
func (s *scope) item(v, key any) any {
	switch v := v.(type) {
	case undefined:
		s.fail("%s", v.why)
	case *Dict:
		if value, ok := s.lookup(v, key); ok {
			return value
		}
	case *list, string:
		at, ok := whole(key)
		if l, isList := v.(*list); !ok || isList && l.kind > rangeKind {
			break
		}
		n, _ := length(v)
		if at < 0 {
			at += n
		}
		if at < 0 || at >= n {
			return undefined{fmt.Sprintf("%s has no element %d", kindOf(v), at)}
		}
		if l, ok := v.(*list); ok {
			return l.items[at]
		}
		return s.iterate(v)[at]
	}
	if name, ok := key.(string); ok {
		return s.attribute(v, name)
	}
	return undefined{fmt.Sprintf("%s has no such element", kindOf(v))}
}

// slice is from:to:step in [ ], nil where there is nothing.
type slice [3]expr

func (slice) eval(s *scope) any {
	s.fail("a slice stands where it has no value")
	return nil
}

// of returns v[from:to:step].
func (c slice) of(s *scope, v any) any {
	var items []any
	switch v := v.(type) {
	case undefined:
		s.fail("%s", v.why)
	case string:
		items = s.iterate(v)
	case *list:
		if v.kind > tupleKind {
			s.fail("%s cannot be sliced here", kindOf(v))
		}
		items = v.items
	default:
		return undefined{kindOf(v) + " cannot be sliced"}
	}
	var given [3]*int
	for i, e := range c {
		if e == nil {
			continue
		}
		if value := e.eval(s); value != nil {
			n := s.integer(value)
			given[i] = &n
		}
	}
	step := 1
	if given[2] != nil {
		step = *given[2]
	}
	if step == 0 {
		s.fail("a slice has no step of 0")
	}
	lowest, highest := 0, len(items)
	if step < 0 {
		lowest, highest = -1, len(items)-1
	}
	bound := func(n *int, otherwise int) int {
		switch {
		case n == nil:
			return otherwise
		case *n < 0:
			return max(*n+len(items), lowest)
		}
		return min(*n, highest)
	}
	from, to := bound(given[0], lowest), bound(given[1], highest)
	if step < 0 {
		from, to = bound(given[0], highest), bound(given[1], lowest)
	}
	var kept []any
	// A step may be as large as an int: what is left says when to end.
	for i := from; step > 0 && i < to || step < 0 && i > to; {
		kept = append(kept, items[i])
		if left := to - i; step > 0 && step >= left || step < 0 && step <= left {
			break
		}
		i += step
	}
	if l, ok := v.(*list); ok {
		s.pay(16 * len(kept))
		return &list{l.kind, kept}
	}
	return s.concat(kept, "")
}

// concat joins strings.
func (s *scope) concat(items []any, between string) string {
	n := 0
	texts := make([]string, len(items))
	for i, v := range items {
		texts[i] = s.str(v)
		n += len(texts[i]) + len(between)
	}
	s.pay(n)
	return strings.Join(texts, between)
}
