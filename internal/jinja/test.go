package jinja

// tested is value is name(arguments).
type tested struct {
	value expr
	name  string
	arguments
}

func (t tested) eval(s *scope) any {
	s.step()
	return s.test(t.name, t.value.eval(s), t.in(s))
}

// test asks whether v is what name says.
func (s *scope) test(name string, v any, in input) bool {
	t := tests[name]
	if t == nil {
		s.fail("there is no test '%s' here", name)
	}
	if len(in.names) > 0 || len(in.list) != t.arguments {
		s.fail("the test '%s' takes %d arguments", name, t.arguments)
	}
	in.list = append([]any{v}, in.list...)
	return t.holds(s, in.list)
}

// check is a test: how many arguments it takes, and whether it holds of a
// value and of them.
type check struct {
	arguments int
	holds     func(s *scope, v []any) bool
}

var tests = map[string]*check{}

func init() {
	kinds := map[string]func(v any) bool{
		"defined":   func(v any) bool { _, ok := v.(undefined); return !ok },
		"undefined": func(v any) bool { _, ok := v.(undefined); return ok },
		"none":      func(v any) bool { return v == nil },
		"boolean":   func(v any) bool { _, ok := v.(bool); return ok },
		"true":      func(v any) bool { return v == true },
		"false":     func(v any) bool { return v == false },
		"integer":   func(v any) bool { _, ok := v.(int); return ok },
		"float":     func(v any) bool { _, ok := v.(float64); return ok },
		"number":    func(v any) bool { _, ok := number(v); return ok },
		"mapping":   func(v any) bool { _, ok := v.(*Dict); return ok },
		"string": func(v any) bool {
			_, ok := v.(string)
			_, safe := v.(markup)
			return ok || safe
		},
		"iterable": func(v any) bool {
			_, ok := length(v)
			_, isList := v.(*list)
			_, isLoop := v.(*loopState)
			_, safe := v.(markup)
			return ok || isList || isLoop || safe
		},
		"sequence": func(v any) bool {
			l, isList := v.(*list)
			_, ok := length(v)
			_, safe := v.(markup)
			return ok && (!isList || l.kind <= rangeKind) || safe
		},
		"callable": func(v any) bool {
			switch v.(type) {
			case builtin, Function, closure, undefined:
				return true
			}
			return false
		},
	}
	for name, is := range kinds {
		tests[name] = &check{0, func(_ *scope, v []any) bool { return is(v[0]) }}
	}
	for name, op := range map[string]string{
		"eq": "==", "equalto": "==", "==": "==", "ne": "!=", "!=": "!=", "lt": "<", "lessthan": "<", "<": "<", "le": "<=", "<=": "<=",
		"gt": ">", "greaterthan": ">", ">": ">", "ge": ">=", ">=": ">=", "in": "in",
	} {
		tests[name] = &check{1, func(s *scope, v []any) bool { return s.compare(op, v[0], v[1]) }}
	}
	remainder := func(s *scope, v any, by int) int { return s.arithmetic("%", s.integer(v), by).(int) }
	tests["odd"] = &check{0, func(s *scope, v []any) bool { return remainder(s, v[0], 2) == 1 }}
	tests["even"] = &check{0, func(s *scope, v []any) bool { return remainder(s, v[0], 2) == 0 }}
	tests["divisibleby"] = &check{1, func(s *scope, v []any) bool { return remainder(s, v[0], s.integer(v[1])) == 0 }}
	tests["lower"] = &check{0, func(s *scope, v []any) bool { return cased(s.str(v[0]), s.lower) }}
	tests["upper"] = &check{0, func(s *scope, v []any) bool { return cased(s.str(v[0]), s.upper) }}
	tests["sameas"] = &check{1, func(s *scope, v []any) bool {
		switch v[0].(type) {
		case nil, bool, *list, *Dict:
			return v[0] == v[1]
		}
		s.fail("whether %s is the same as another is not known here", kindOf(v[0]))
		return false
	}}
}

// cased says whether a text has letters with a case, and all of that case.
func cased(text string, to func(string) string) bool {
	return to(text) == text && text != swapped(text)
}
