package jinja

import (
	"strings"
	"unicode/utf8"
)

// The values of a template are those of Python: nil is None, and there are bool,
// int, float64, string, *list, *Dict, undefined, namespace, *loopState and what
// can be called.

// list is a Python list, and what is like one.
type list struct {
	kind  listKind
	items []any
}

type listKind int

const (
	plainKind     listKind = iota // [ ]
	tupleKind                     // ( )
	rangeKind                     // range()
	viewKind                      // of a dict
	generatorKind                 // of a filter: it can be gone through once, and is true
)

// Dict is a Python dict: its keys, which are strings or integers, have an order.
type Dict struct {
	keys   []any
	values map[any]any
}

// Get returns the value of a key, nil if there is none.
func (d *Dict) Get(key string) any { return d.values[key] }

// Set gives a key its value.
func (d *Dict) Set(key string, value any) {
	if _, ok := d.values[key]; !ok {
		d.keys = append(d.keys, key)
	}
	if d.values == nil {
		d.values = map[any]any{}
	}
	d.values[key] = value
}

// Keys returns the keys in order, if all are strings, as those of JSON are.
func (d *Dict) Keys() []string {
	var all []string
	for _, k := range d.keys {
		if k, ok := k.(string); ok {
			all = append(all, k)
		}
	}
	return all
}

// set is Set for any key.
func (d *Dict) set(s *scope, key, value any) {
	key = s.key(key)
	if _, ok := d.values[key]; !ok {
		s.pay(64)
		d.keys = append(d.keys, key)
	}
	if d.values == nil {
		d.values = map[any]any{}
	}
	d.values[key] = value
}

// key is v, which may be the key of a dict here.
func (s *scope) key(v any) any {
	switch v := v.(type) {
	case string, int:
		return v
	}
	s.fail("%s cannot be the key of a dict here", kindOf(v))
	return nil
}

// lookup returns the value of a key, ok being whether there is one.
func (s *scope) lookup(d *Dict, key any) (v any, ok bool) {
	switch key.(type) {
	case *list, *Dict:
		s.fail("%s cannot be the key of a dict", kindOf(key))
	case string, int:
		v, ok = d.values[key]
	}
	return v, ok
}

// undefined is what a name or an attribute is that does not exist.
type undefined struct{ why string }

// markup is what the filter safe makes: it can be written, and no more, since
// Jinja escapes what is joined to it.
type markup string

// kindOf names the type of a value.
func kindOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		return "a bool"
	case int:
		return "an int"
	case float64:
		return "a float"
	case string:
		return "a str"
	case *list:
		return [...]string{"a list", "a tuple", "a range", "a view of a dict", "a generator"}[v.kind]
	case *Dict:
		return "a dict"
	case undefined:
		return "what is undefined"
	case namespace:
		return "a namespace"
	case *loopState:
		return "a loop"
	case markup:
		return "a safe string"
	}
	return "a function"
}

// number returns the value of what counts as a number in Python.
func number(v any) (float64, bool) {
	if n, ok := whole(v); ok {
		return float64(n), true
	}
	f, ok := v.(float64)
	return f, ok
}

// whole returns v if it is an int or a bool.
func whole(v any) (int, bool) {
	switch v := v.(type) {
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case int:
		return v, true
	}
	return 0, false
}

// integer is v, which has to be one.
func (s *scope) integer(v any) int {
	n, ok := whole(v)
	if !ok {
		s.fail("%s is not an integer", kindOf(v))
	}
	return n
}

// truth is Python's bool(v).
func (s *scope) truth(v any) bool {
	switch v := v.(type) {
	case nil, undefined:
		return false
	case string:
		return v != ""
	case markup:
		return v != ""
	case *list:
		return len(v.items) > 0 || v.kind == generatorKind
	case *Dict:
		return len(v.keys) > 0
	}
	if f, ok := number(v); ok {
		return f != 0
	}
	return true
}

// iterate returns the elements of v.
func (s *scope) iterate(v any) []any {
	switch v := v.(type) {
	case undefined:
		return nil
	case string:
		s.pay(16 * len(v))
		var all []any
		for _, r := range v {
			all = append(all, string(r))
		}
		return all
	case *list:
		items := v.items
		if v.kind == generatorKind {
			v.items = nil
		}
		return items
	case *Dict:
		return v.keys
	}
	s.fail("%s cannot be iterated over", kindOf(v))
	return nil
}

// length is Python's len(v), ok being whether it has one.
func length(v any) (n int, ok bool) {
	switch v := v.(type) {
	case undefined:
		return 0, true
	case string:
		return utf8.RuneCountInString(v), true
	case *list:
		return len(v.items), v.kind != generatorKind
	case *Dict:
		return len(v.keys), true
	}
	return 0, false
}

// equal is Python's a == b.
func (s *scope) equal(a, b any) bool {
	s.step()
	if x, ok := number(a); ok {
		y, ok := number(b)
		if i, whole1 := whole(a); whole1 {
			if j, whole2 := whole(b); whole2 {
				return i == j
			}
		}
		return ok && x == y
	}
	switch a := a.(type) {
	case nil:
		return b == nil
	case string:
		b, ok := b.(string)
		return ok && a == b
	case undefined:
		_, ok := b.(undefined)
		return ok
	case *list:
		b, ok := b.(*list)
		if !ok || a.kind != b.kind || a.kind >= viewKind || len(a.items) != len(b.items) {
			return a == b
		}
		for i, v := range a.items {
			if !s.equal(v, b.items[i]) {
				return false
			}
		}
		return true
	case *Dict:
		b, ok := b.(*Dict)
		if !ok || len(a.keys) != len(b.keys) {
			return false
		}
		for _, k := range a.keys {
			v, ok := b.values[k]
			if !ok || !s.equal(a.values[k], v) {
				return false
			}
		}
		return true
	case namespace:
		b, ok := b.(namespace)
		return ok && a.values == b.values
	}
	s.fail("%s cannot be compared", kindOf(a))
	return false
}

// order is less than, equal to or greater than 0 as a is to b, which have to be
// of a kind.
func (s *scope) order(a, b any) int {
	s.step()
	x, ok1 := number(a)
	y, ok2 := number(b)
	switch a := a.(type) {
	case string:
		if b, ok := b.(string); ok {
			return strings.Compare(a, b) // as of code points, in UTF-8
		}
	case *list:
		b, ok := b.(*list)
		if !ok || a.kind != b.kind || a.kind > tupleKind {
			break
		}
		for i := range min(len(a.items), len(b.items)) {
			if !s.equal(a.items[i], b.items[i]) {
				return s.order(a.items[i], b.items[i])
			}
		}
		return len(a.items) - len(b.items)
	default:
		switch {
		case !ok1 || !ok2:
		case x < y:
			return -1
		case x > y:
			return 1
		case x == y:
			return 0
		default:
			s.fail("a number is not a number")
		}
	}
	s.fail("%s and %s have no order", kindOf(a), kindOf(b))
	return 0
}
