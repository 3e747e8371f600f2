package jinja

import (
	"math"
	"strconv"
	"strings"
	"unicode"
)

// str is Python's str(v).
func (s *scope) str(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case markup:
		return string(v)
	case undefined:
		return ""
	}
	var b strings.Builder
	s.repr(&b, v)
	return b.String()
}

// repr writes Python's repr(v).
func (s *scope) repr(b *strings.Builder, v any) {
	s.step()
	switch v := v.(type) {
	case nil:
		b.WriteString("None")
	case bool:
		if v {
			b.WriteString("True")
		} else {
			b.WriteString("False")
		}
	case int:
		b.WriteString(strconv.Itoa(v))
	case float64:
		b.WriteString(floatText(v))
	case string:
		s.pay(len(v))
		quote(b, v)
	case undefined:
		b.WriteString("Undefined")
	case *list:
		if v.kind > tupleKind {
			s.fail("%s cannot be written", kindOf(v))
		}
		open, close := "[", "]"
		if v.kind == tupleKind {
			open, close = "(", ")"
			if len(v.items) == 1 {
				close = ",)"
			}
		}
		b.WriteString(open)
		for i, e := range v.items {
			if i > 0 {
				b.WriteString(", ")
			}
			s.repr(b, e)
		}
		b.WriteString(close)
	case *Dict:
		b.WriteByte('{')
		for i, k := range v.keys {
			if i > 0 {
				b.WriteString(", ")
			}
			s.repr(b, k)
			b.WriteString(": ")
			s.repr(b, v.values[k])
		}
		b.WriteByte('}')
	default:
		s.fail("%s cannot be written", kindOf(v))
	}
}

// floatText is Python's repr of a float.
func floatText(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 0):
		return strings.Replace(strings.Replace(strconv.FormatFloat(f, 'g', -1, 64), "+", "", 1), "Inf", "inf", 1)
	}
	e := strconv.FormatFloat(f, 'e', -1, 64)
	exponent, _ := strconv.Atoi(e[strings.IndexByte(e, 'e')+1:])
	if exponent < -4 || exponent >= 16 {
		return e
	}
	text := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// quote writes Python's repr of a string.
func quote(b *strings.Builder, text string) {
	mark := byte('\'')
	if strings.Contains(text, "'") && !strings.Contains(text, `"`) {
		mark = '"'
	}
	b.WriteByte(mark)
	for _, r := range text {
		switch {
		case r == rune(mark) || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			hex(b, `\x`, r, 2)
		case r < 0x10000:
			hex(b, `\u`, r, 4)
		default:
			hex(b, `\U`, r, 8)
		}
	}
	b.WriteByte(mark)
}

// hex writes r in so many digits.
func hex(b *strings.Builder, before string, r rune, digits int) {
	text := strconv.FormatInt(int64(r), 16)
	b.WriteString(before + strings.Repeat("0", digits-len(text)) + text)
}
