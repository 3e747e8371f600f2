package jinja

import (
	"slices"
	"strconv"
	"strings"
)

func init() {
	for name, f := range map[string]func(s *scope, v any, in input) any{
		"list": func(s *scope, v any, in input) any {
			in.want(s, "list", 0, 0)
			return s.list(s.iterate(v))
		},
		"first": func(s *scope, v any, in input) any {
			if items := s.iterate(v); len(items) > 0 {
				return s.noArguments(in, items[0])
			}
			return undefined{"there is no first item"}
		},
		"last": func(s *scope, v any, in input) any {
			if l, ok := v.(*list); ok && l.kind == generatorKind {
				s.fail("a generator has no last item")
			}
			if items := s.iterate(v); len(items) > 0 {
				return s.noArguments(in, items[len(items)-1])
			}
			return undefined{"there is no last item"}
		},
		"join": func(s *scope, v any, in input) any {
			a := in.take(s, "join", []string{"d", "attribute"}, "", nil)
			items := s.iterate(v)
			if a[1] != nil {
				items = s.each(items, func(v any) any { return s.path(v, a[1], nil) })
			}
			return s.concat(items, s.str(a[0]))
		},
		"items": func(s *scope, v any, in input) any {
			if _, ok := v.(undefined); ok {
				return &list{generatorKind, nil}
			}
			d, ok := v.(*Dict)
			if in.want(s, "items", 0, 0); !ok {
				s.fail("%s has no items", kindOf(v))
			}
			return &list{generatorKind, s.items(d).items}
		},
		"dictsort":   dictSort,
		"map":        mapEach,
		"select":     selecting(true, false),
		"reject":     selecting(false, false),
		"selectattr": selecting(true, true),
		"rejectattr": selecting(false, true),
		"reverse": func(s *scope, v any, in input) any {
			in.want(s, "reverse", 0, 0)
			items := slices.Clone(s.iterate(v))
			slices.Reverse(items)
			if _, ok := v.(string); ok {
				return s.concat(items, "")
			}
			s.pay(16 * len(items))
			return &list{generatorKind, items}
		},
		"sort": func(s *scope, v any, in input) any {
			a := in.take(s, "sort", []string{"reverse", "case_sensitive", "attribute"}, false, false, nil)
			return s.sorted(s.iterate(v), a[0], a[1], func(v any) any { return s.path(v, a[2], nil) })
		},
		"unique": func(s *scope, v any, in input) any {
			a := in.take(s, "unique", []string{"case_sensitive", "attribute"}, false, nil)
			var seen, kept []any
			for _, item := range s.iterate(v) {
				key := s.caseless(s.path(item, a[1], nil), a[0])
				if !s.contains(&list{plainKind, seen}, key) {
					seen, kept = append(seen, key), append(kept, item)
				}
			}
			return &list{generatorKind, kept}
		},
		"min": func(s *scope, v any, in input) any { return s.extreme(v, in, "<") },
		"max": func(s *scope, v any, in input) any { return s.extreme(v, in, ">") },
		"sum": func(s *scope, v any, in input) any {
			a := in.take(s, "sum", []string{"attribute", "start"}, nil, 0)
			total := a[1]
			for _, item := range s.iterate(v) {
				if _, ok := total.(string); ok {
					s.fail("strings have no sum")
				}
				total = operation{"+", constant{total}, constant{s.path(item, a[0], nil)}}.eval(s)
			}
			return total
		},
	} {
		filters[name] = f
	}
}

// list makes a list of a copy of items.
func (s *scope) list(items []any) *list {
	s.pay(16 * len(items))
	return &list{plainKind, slices.Clone(items)}
}

// each returns what f makes of items.
func (s *scope) each(items []any, f func(v any) any) []any {
	s.pay(16 * len(items))
	all := make([]any, len(items))
	for i, v := range items {
		s.step()
		all[i] = f(v)
	}
	return all
}

// path follows attributes with dots between, or an index, from v; nil leads
// nowhere. What is not there is otherwise, unless that is nil.
func (s *scope) path(v, path, otherwise any) any {
	if path == nil {
		return v
	}
	parts := []any{path}
	if text, ok := path.(string); ok {
		parts = parts[:0]
		for part := range strings.SplitSeq(text, ".") {
			if n, err := strconv.Atoi(part); err == nil && part[0] != '-' && part[0] != '+' {
				parts = append(parts, n)
			} else {
				parts = append(parts, part)
			}
		}
	}
	for _, part := range parts {
		v = s.item(v, part)
		if _, ok := v.(undefined); ok && otherwise != nil {
			v = otherwise
		}
	}
	return v
}

// caseless is v, a string in small letters unless sensitive holds.
func (s *scope) caseless(v, sensitive any) any {
	if text, ok := v.(string); ok && !s.truth(sensitive) {
		return s.lower(text)
	}
	return v
}

// sorted returns items in the order of what key makes of them.
func (s *scope) sorted(items []any, reverse, sensitive any, key func(v any) any) *list {
	type keyed struct{ key, value any }
	all := make([]keyed, len(items))
	s.pay(64 * len(items))
	for i, v := range items {
		all[i] = keyed{s.caseless(key(v), sensitive), v}
	}
	down := s.truth(reverse)
	slices.SortStableFunc(all, func(a, b keyed) int {
		if down {
			return s.order(b.key, a.key)
		}
		return s.order(a.key, b.key)
	})
	l := &list{items: make([]any, len(all))}
	for i, k := range all {
		l.items[i] = k.value
	}
	return l
}

func dictSort(s *scope, v any, in input) any {
	a := in.take(s, "dictsort", []string{"case_sensitive", "by", "reverse"}, false, "key", false)
	d, ok := v.(*Dict)
	if !ok {
		s.refuse(v, "is no dict")
	}
	by := slices.Index([]any{"key", "value"}, a[1])
	if by < 0 {
		s.fail("dictsort sorts by key or value")
	}
	return s.sorted(s.items(d).items, a[2], a[0], func(v any) any { return v.(*list).items[by] })
}

// extreme returns the first element that stands as op says to all others.
func (s *scope) extreme(v any, in input, op string) any {
	a := in.take(s, "min and max", []string{"case_sensitive", "attribute"}, false, nil)
	var best any = undefined{"no aggregated item, the sequence was empty"}
	for i, item := range s.iterate(v) {
		if i == 0 || s.compare(op, s.caseless(s.path(item, a[1], nil), a[0]), s.caseless(s.path(best, a[1], nil), a[0])) {
			best = item
		}
	}
	return best
}

// mapEach is map(attribute=…, default=…) or map(filter, …).
func mapEach(s *scope, v any, in input) any {
	items := s.iterate(v)
	if len(in.list) == 0 {
		a := in.take(s, "map", []string{"attribute", "default"}, nil, nil)
		return &list{generatorKind, s.each(items, func(v any) any {
			return s.path(v, a[0], a[1])
		})}
	}
	name := s.string(in.list[0])
	in.list = in.list[1:]
	return &list{generatorKind, s.each(items, func(v any) any { return s.filter(name, v, in) })}
}

// selecting is select or reject, or selectattr or rejectattr.
func selecting(keep, attribute bool) func(s *scope, v any, in input) any {
	return func(s *scope, v any, in input) any {
		key := func(v any) any { return v }
		if attribute {
			if len(in.list) == 0 {
				s.fail("the attribute to select by is missing")
			}
			path := in.list[0]
			key = func(v any) any { return s.path(v, path, nil) }
			in.list = in.list[1:]
		}
		is := func(v any) bool { return s.truth(v) }
		if len(in.list) > 0 {
			name, rest := s.string(in.list[0]), input{list: in.list[1:], names: in.names}
			is = func(v any) bool { return s.test(name, v, rest) }
		}
		var kept []any
		for _, item := range s.iterate(v) {
			if s.step(); is(key(item)) == keep {
				kept = append(kept, item)
			}
		}
		s.pay(16 * len(kept))
		return &list{generatorKind, kept}
	}
}
