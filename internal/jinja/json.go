package jinja

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// FromJSON returns the value that Python's json.loads makes of a text: an object
// is a *Dict, whose keys keep their order.
func FromJSON(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	v, err := decode(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("text after the JSON")
	}
	return v, nil
}

// mostJSON is how deep JSON may be nested.
const mostJSON = 500

func decode(d *json.Decoder, depth int) (any, error) {
	if depth > mostJSON {
		return nil, fmt.Errorf("more than %d levels of nesting", mostJSON)
	}
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case json.Number:
		if !strings.ContainsAny(t.String(), ".eE") {
			n, err := strconv.Atoi(t.String())
			if err != nil {
				return nil, fmt.Errorf("the number %.40s is too large", t)
			}
			return n, nil
		}
		f, err := t.Float64()
		if err != nil {
			return nil, fmt.Errorf("the number %.40s is too large", t)
		}
		return f, nil
	case json.Delim:
		if t == '[' {
			l := new(list)
			for d.More() {
				v, err := decode(d, depth+1)
				if err != nil {
					return nil, err
				}
				l.items = append(l.items, v)
			}
			_, err := d.Token()
			return l, err
		}
		o := new(Dict)
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := decode(d, depth+1)
			if err != nil {
				return nil, err
			}
			o.Set(key.(string), v)
		}
		_, err := d.Token()
		return o, err
	}
	return t, nil
}

// Elements returns the elements of a list of JSON, ok being whether v is one.
func Elements(v any) (items []any, ok bool) {
	l, ok := v.(*list)
	if !ok {
		return nil, false
	}
	return l.items, true
}

// List makes a list.
func List(items []any) any { return &list{plainKind, items} }

// jsonStyle is how JSON is written.
type jsonStyle struct {
	ascii, sorted bool
	indent        string // of a level; with newline
	newline       bool
	comma, colon  string
}

// json writes Python's json.dumps(v).
func (s *scope) json(b *strings.Builder, v any, style jsonStyle, depth int) {
	s.step()
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case string:
		s.pay(len(v))
		style.quote(b, v)
	case int:
		b.WriteString(strconv.Itoa(v))
	case float64:
		b.WriteString(strings.NewReplacer("nan", "NaN", "inf", "Infinity").Replace(floatText(v)))
	case *list:
		if v.kind > tupleKind {
			s.fail("%s is no JSON", kindOf(v))
		}
		style.group(s, b, "[]", len(v.items), depth, func(i int) { s.json(b, v.items[i], style, depth+1) })
	case *Dict:
		keys := v.keys
		if style.sorted {
			keys = slices.Clone(keys)
			slices.SortStableFunc(keys, s.order)
		}
		style.group(s, b, "{}", len(keys), depth, func(i int) {
			switch k := keys[i].(type) {
			case string:
				style.quote(b, k)
			default:
				b.WriteByte('"')
				s.json(b, k, style, depth+1)
				b.WriteByte('"')
			}
			b.WriteString(style.colon)
			s.json(b, v.values[keys[i]], style, depth+1)
		})
	default:
		s.fail("%s is no JSON", kindOf(v))
	}
}

// group writes what stands in brackets.
func (j jsonStyle) group(s *scope, b *strings.Builder, brackets string, n, depth int, element func(i int)) {
	b.WriteString(brackets[:1])
	for i := range n {
		if i > 0 {
			b.WriteString(j.comma)
		}
		j.line(s, b, depth+1)
		element(i)
	}
	if n > 0 {
		j.line(s, b, depth)
	}
	b.WriteString(brackets[1:])
}

func (j jsonStyle) line(s *scope, b *strings.Builder, depth int) {
	if j.newline {
		b.WriteByte('\n')
		b.WriteString(s.repeat(j.indent, depth))
	}
}

func (j jsonStyle) quote(b *strings.Builder, text string) {
	b.WriteByte('"')
	for _, r := range text {
		switch n := strings.IndexRune("\"\\\b\f\n\r\t", r); {
		case n >= 0:
			b.WriteByte('\\')
			b.WriteByte(`"\bfnrt`[n])
		case r < ' ' || j.ascii && r > '~' && r < 0x10000:
			hex(b, `\u`, r, 4)
		case j.ascii && r > '~':
			high, low := utf16.EncodeRune(r)
			hex(b, `\u`, high, 4)
			hex(b, `\u`, low, 4)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}
