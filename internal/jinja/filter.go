package jinja

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// filtered is value|name(arguments).
type filtered struct {
	value expr
	name  string
	arguments
}

func (f filtered) eval(s *scope) any {
	s.step()
	return s.filter(f.name, f.value.eval(s), f.in(s))
}

// filter makes what the filter of that name makes of v.
func (s *scope) filter(name string, v any, in input) any {
	f := filters[name]
	if f == nil {
		s.fail("there is no filter '%s' here", name)
	}
	switch v.(type) {
	case markup:
		s.fail("a safe string can only be written here")
	}
	return f(s, v, in)
}

// filters are those that there are, with the aliases of some; those of lists are
// in filterlist.go.
var filters = map[string]func(s *scope, v any, in input) any{}

func init() {
	for name, f := range map[string]func(s *scope, v any, in input) any{
		"trim": func(s *scope, v any, in input) any {
			a := in.take(s, "trim", []string{"chars"}, nil)
			return s.strip(s.str(v), input{list: a}, true, true)
		},
		"string":     func(s *scope, v any, in input) any { return s.noArguments(in, s.str(v)) },
		"upper":      func(s *scope, v any, in input) any { return s.noArguments(in, s.upper(s.str(v))) },
		"lower":      func(s *scope, v any, in input) any { return s.noArguments(in, s.lower(s.str(v))) },
		"capitalize": func(s *scope, v any, in input) any { return s.noArguments(in, s.capitalize(s.str(v))) },
		"title": func(s *scope, v any, in input) any {
			return s.noArguments(in, s.title(s.str(v), func(r rune) bool { return isSpace(r) || strings.ContainsRune("-({[<", r) }))
		},
		"safe": func(s *scope, v any, in input) any { return s.noArguments(in, markup(s.str(v))) },
		"replace": func(s *scope, v any, in input) any {
			a := in.take(s, "replace", []string{"old", "new", "count"}, undefined{"old"}, undefined{"new"}, nil)
			n := -1
			if a[2] != nil {
				n = s.integer(a[2])
			}
			return s.replace(s.str(v), s.string(a[0]), s.string(a[1]), n)
		},
		"default": defaultTo,
		"d":       defaultTo,
		"length":  lengthOf,
		"count":   lengthOf,
		"tojson":  toJSON,
		"indent":  indent,
		"format": func(s *scope, v any, in input) any {
			return s.format(s.str(v), &list{tupleKind, in.list})
		},
		"int": func(s *scope, v any, in input) any {
			return toInt(s, v, in.take(s, "int", []string{"default"}, 0)[0])
		},
		"float": func(s *scope, v any, in input) any {
			return toFloat(s, v, in.take(s, "float", []string{"default"}, 0.0)[0])
		},
		"round": round,
		"abs": func(s *scope, v any, in input) any {
			if s.noArguments(in, nil); s.compare("<", v, 0) {
				return sign{true, constant{v}}.eval(s)
			}
			return v
		},
	} {
		filters[name] = f
	}
}

func defaultTo(s *scope, v any, in input) any {
	a := in.take(s, "default", []string{"default_value", "boolean"}, "", false)
	if _, ok := v.(undefined); ok || s.truth(a[1]) && !s.truth(v) {
		return a[0]
	}
	return v
}

func lengthOf(s *scope, v any, in input) any {
	n, ok := length(v)
	if s.noArguments(in, nil); !ok {
		s.fail("%s has no length", kindOf(v))
	}
	return n
}

func toJSON(s *scope, v any, in input) any {
	a := in.take(s, "tojson", []string{"ensure_ascii", "indent", "separators", "sort_keys"}, false, nil, nil, false)
	style := jsonStyle{ascii: s.truth(a[0]), sorted: s.truth(a[3]), comma: ", ", colon: ": "}
	if a[1] != nil {
		style.newline, style.comma = true, ","
		if text, ok := a[1].(string); ok {
			style.indent = text
		} else {
			style.indent = s.repeat(" ", s.integer(a[1]))
		}
	}
	if a[2] != nil {
		both := s.iterate(a[2])
		if len(both) != 2 {
			s.fail("tojson takes two separators")
		}
		style.comma, style.colon = s.string(both[0]), s.string(both[1])
	}
	var b strings.Builder
	s.json(&b, v, style, 0)
	s.pay(b.Len())
	return b.String()
}

func indent(s *scope, v any, in input) any {
	a := in.take(s, "indent", []string{"width", "first", "blank"}, 4, false, false)
	by, ok := a[0].(string)
	if !ok {
		by = s.repeat(" ", s.integer(a[0]))
	}
	lines := splitLines(s.string(v) + "\n")
	for i := range lines {
		if i == 0 && s.truth(a[1]) || i > 0 && (lines[i] != "" || s.truth(a[2])) {
			lines[i] = s.join(by, lines[i])
		}
	}
	return strings.Join(lines, "\n")
}

// toInt is Python's int(v), or what otherwise says.
func toInt(s *scope, v, otherwise any) any {
	if n, ok := whole(v); ok {
		return n
	}
	if text, ok := v.(string); ok {
		if n, err := strconv.Atoi(strings.TrimFunc(text, isSpace)); err == nil {
			return n
		}
	}
	f, ok := toFloat(s, v, nil).(float64)
	if !ok || math.IsNaN(f) || math.IsInf(f, 0) {
		return otherwise
	}
	if math.Abs(f) >= 1<<63 {
		s.fail("the integer is too large")
	}
	return int(f)
}

// toFloat is Python's float(v), or what otherwise says.
func toFloat(s *scope, v, otherwise any) any {
	if f, ok := number(v); ok {
		return f
	}
	switch v := v.(type) {
	case undefined:
		s.refuse(v, "")
	case string:
		if strings.ContainsFunc(v, func(r rune) bool { return r == '_' || r > unicode.MaxASCII && unicode.IsDigit(r) }) {
			s.fail("whether %q is a number is not known here", v)
		}
		f, err := strconv.ParseFloat(strings.TrimFunc(v, isSpace), 64)
		if (err == nil || errors.Is(err, strconv.ErrRange)) && !strings.ContainsAny(v, "xX") {
			return f
		}
	}
	return otherwise
}

func round(s *scope, v any, in input) any {
	a := in.take(s, "round", []string{"precision", "method"}, 0, "common")
	f, ok := number(v)
	digits := s.integer(a[0])
	if !ok || digits < 0 || digits > 15 {
		s.fail("round takes a number and 0 to 15 digits here")
	}
	scale := math.Pow(10, float64(digits))
	switch a[1] {
	case "ceil":
		return math.Ceil(f*scale) / scale
	case "floor":
		return math.Floor(f*scale) / scale
	case "common":
		if n, ok := whole(v); ok {
			return n
		}
		f, _ = strconv.ParseFloat(strconv.FormatFloat(f, 'f', digits, 64), 64)
		return f
	}
	s.fail("round goes common, ceil or floor")
	return nil
}

// format is Python's text % v.
func (s *scope) format(text string, v any) string {
	values := []any{v}
	if l, ok := v.(*list); ok && l.kind == tupleKind {
		values = slices.Clone(l.items)
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			b.WriteByte(text[i])
			continue
		}
		i++
		if i < len(text) && text[i] == '%' {
			b.WriteByte('%')
			continue
		}
		if i == len(text) || strings.IndexByte("sdr", text[i]) < 0 {
			s.fail("a format other than %%s, %%d, %%r and %%%% is not supported")
		}
		if len(values) == 0 {
			s.fail("a format has fewer values than it needs")
		}
		switch text[i] {
		case 's':
			b.WriteString(s.str(values[0]))
		case 'r':
			s.repr(&b, values[0])
		case 'd':
			n, ok := number(values[0])
			if !ok {
				s.refuse(values[0], "is no number")
			}
			b.WriteString(strconv.Itoa(toInt(s, values[0], int(n)).(int)))
		}
		values = values[1:]
		s.pay(b.Len())
	}
	if len(values) > 0 {
		s.fail("a format has more values than it needs")
	}
	return b.String()
}

// swapped is text with the case of each letter changed.
func swapped(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, text)
}
