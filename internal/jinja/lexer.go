package jinja

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is what a token is.
type kind int

const (
	dataToken  kind = iota // text that is rendered as it is
	varBegin               // {{
	varEnd                 // }}
	blockBegin             // {%
	blockEnd               // %}
	nameToken
	stringToken
	numberToken
	operatorToken
	endToken
)

// token is a piece of a template.
type token struct {
	kind  kind
	text  string // of data, names, operators; what a string says
	value any    // of a number
	line  int
}

// lexer is a place in a template.
type lexer struct {
	src    string
	at     int
	tokens []token
	open   []byte // the brackets that are, each as what closes it
	// The line of the place counted is known: lines of what is before it.
	counted, lines int
}

// lex cuts a template into tokens.
func lex(source string) []token {
	source = strings.ReplaceAll(strings.ReplaceAll(source, "\r\n", "\n"), "\r", "\n")
	l := lexer{src: strings.TrimSuffix(source, "\n")}
	for l.text() {
	}
	l.add(endToken, "")
	return l.tokens
}

// line is the line that the place is on.
func (l *lexer) line() int {
	if l.at < l.counted {
		l.counted, l.lines = 0, 0
	}
	l.lines += strings.Count(l.src[l.counted:l.at], "\n")
	l.counted = l.at
	return 1 + l.lines
}

func (l *lexer) add(k kind, text string) {
	l.tokens = append(l.tokens, token{kind: k, text: text, line: l.line()})
}

// fail ends parsing.
func (l *lexer) fail(format string, a ...any) {
	panic(failure(fmt.Sprintf("line %d: %s", l.line(), fmt.Sprintf(format, a...))))
}

// text reads text up to a tag, and the tag; it returns false at the end.
func (l *lexer) text() bool {
	from := l.at
	n := strings.Index(l.src[from:], "{")
	for n >= 0 && (from+n+1 == len(l.src) || strings.IndexByte("{%#", l.src[from+n+1]) < 0) {
		next := strings.Index(l.src[from+n+1:], "{")
		if next < 0 {
			n = -1
			break
		}
		n += 1 + next
	}
	if n < 0 {
		l.add(dataToken, l.src[from:])
		return false
	}
	at := from + n
	open := l.src[at : at+2]
	sign := l.sign(at + 2)
	l.data(from, at, sign, open != "{{")
	l.at = at + 2 + len(sign)
	switch {
	case open == "{#":
		l.comment()
	case open == "{{":
		l.add(varBegin, "")
		l.tag("}}")
	case !l.raw():
		l.add(blockBegin, "")
		l.tag("%}")
	}
	return true
}

// sign returns the - or + that stands at i, for what becomes of white space.
func (l *lexer) sign(i int) string {
	if i < len(l.src) && (l.src[i] == '-' || l.src[i] == '+') {
		return l.src[i : i+1]
	}
	return ""
}

// data adds the text from a to b, before a tag with that sign.
func (l *lexer) data(a, b int, sign string, block bool) {
	text := l.src[a:b]
	if sign == "-" {
		text = strings.TrimRightFunc(text, isSpace)
	} else if sign == "" && block { // lstrip_blocks
		start := strings.LastIndexByte(text, '\n') + 1
		if start > 0 || a == 0 || l.src[a-1] == '\n' {
			if strings.TrimFunc(text[start:], isSpace) == "" {
				text = text[:start]
			}
		}
	}
	if text != "" {
		l.add(dataToken, text)
	}
}

// space passes over white space.
func (l *lexer) space() {
	rest := strings.TrimLeftFunc(l.src[l.at:], isSpace)
	l.at = len(l.src) - len(rest)
}

// end passes over the end of a tag, which is close, and what it swallows of the
// white space behind it, if it is one.
func (l *lexer) end(close string) bool {
	rest := l.src[l.at:]
	switch {
	case strings.HasPrefix(rest, "-"+close):
		l.at += 3
		l.space()
	case strings.HasPrefix(rest, close):
		l.at += 2
		if close != "}}" && strings.HasPrefix(l.src[l.at:], "\n") { // trim_blocks
			l.at++
		}
	case close != "}}" && strings.HasPrefix(rest, "+"+close):
		l.at += 3
	default:
		return false
	}
	return true
}

func (l *lexer) comment() {
	n := strings.Index(l.src[l.at:], "#}")
	if n < 0 {
		l.fail("a comment is not closed")
	}
	if n > 0 && l.sign(l.at+n-1) != "" {
		n--
	}
	l.at += n
	l.end("#}")
}

// raw reads {% raw %} … {% endraw %}, if that is what begins here, within its
// first tag.
func (l *lexer) raw() bool {
	begin := l.at
	if l.space(); !strings.HasPrefix(l.src[l.at:], "raw") {
		l.at = begin
		return false
	}
	l.at += len("raw")
	l.space()
	switch {
	case strings.HasPrefix(l.src[l.at:], "%}"): // trim_blocks is not for it
		l.at += 2
	case strings.HasPrefix(l.src[l.at:], "-%}"):
		l.end("%}")
	default:
		l.at = begin
		return false
	}
	from := l.at
	for at := from; ; at += 2 {
		n := strings.Index(l.src[at:], "{%")
		if n < 0 {
			l.fail("endraw is missing")
		}
		at += n
		sign := l.sign(at + 2)
		l.at = at + 2 + len(sign)
		if l.space(); strings.HasPrefix(l.src[l.at:], "endraw") {
			l.at += len("endraw")
			if l.space(); l.end("%}") {
				l.data(from, at, sign, true)
				return true
			}
		}
	}
}

// operators are those of more than one character, and then the others.
var operators = []string{"//", "**", "==", "!=", ">=", "<="}

const singles = "+-/*%~[](){}><=.:|,;"

// tag reads the inside of a tag up to its end.
func (l *lexer) tag(close string) {
	for {
		if l.space(); l.at == len(l.src) {
			l.fail("a tag is not closed: %s is missing", close)
		}
		if len(l.open) == 0 {
			before := l.line()
			if l.end(close) {
				k := blockEnd
				if close == "}}" {
					k = varEnd
				}
				l.tokens = append(l.tokens, token{kind: k, text: close, line: before})
				return
			}
		}
		l.inside()
	}
}

// inside reads a token.
func (l *lexer) inside() {
	rest := l.src[l.at:]
	r, _ := utf8.DecodeRuneInString(rest)
	switch {
	case r >= '0' && r <= '9':
		l.number(rest)
		return
	case isWord(r):
		n := strings.IndexFunc(rest, func(r rune) bool { return !isWord(r) })
		if n < 0 {
			n = len(rest)
		}
		l.add(nameToken, rest[:n])
		l.at += n
		return
	case r == '"' || r == '\'':
		l.quoted(rest)
		return
	}
	op := rest[:1]
	for _, long := range operators {
		if strings.HasPrefix(rest, long) {
			op = long
		}
	}
	if len(op) == 1 && !strings.Contains(singles, op) {
		l.fail("unexpected character %q", r)
	}
	if n := strings.IndexByte("([{", op[0]); n >= 0 {
		l.open = append(l.open, ")]}"[n])
	} else if strings.Contains(")]}", op) {
		if len(l.open) == 0 || l.open[len(l.open)-1] != op[0] {
			l.fail("unexpected '%s'", op)
		}
		l.open = l.open[:len(l.open)-1]
	}
	l.add(operatorToken, op)
	l.at += len(op)
}

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// isSpace is Python's str.isspace.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// number reads an integer or, with a point or an exponent, a float.
func (l *lexer) number(rest string) {
	digits := func(i int) int {
		for i < len(rest) && (rest[i] >= '0' && rest[i] <= '9' || rest[i] == '_' && i+1 < len(rest) && rest[i+1] >= '0' && rest[i+1] <= '9') {
			i++
		}
		return i
	}
	n := digits(0)
	afterDot := l.at > 0 && l.src[l.at-1] == '.'
	whole := true
	if !afterDot && n+1 < len(rest) && rest[n] == '.' && digits(n+1) > n+1 && rest[n+1] != '_' {
		whole, n = false, digits(n+1)
	}
	if !afterDot && n < len(rest) && rest[n]|0x20 == 'e' {
		m := n + 1
		if m < len(rest) && (rest[m] == '+' || rest[m] == '-') {
			m++
		}
		if m < len(rest) && rest[m] != '_' && digits(m) > m {
			whole, n = false, digits(m)
		}
	}
	text := strings.ReplaceAll(rest[:n], "_", "")
	var value any
	var err error
	if whole {
		if n > 1 && text[0] == '0' && strings.Trim(text, "0") != "" || n < len(rest) && strings.IndexByte("xXoObB", rest[n]) >= 0 {
			l.fail("the number %s… is not supported", rest[:n])
		}
		value, err = strconv.Atoi(text)
	} else {
		value, err = strconv.ParseFloat(text, 64)
	}
	if err != nil {
		l.fail("the number %s is too large", text)
	}
	l.add(numberToken, text)
	l.tokens[len(l.tokens)-1].value = value
	l.at += n
}

// escapes are those of one character in a string.
var escapes = map[byte]string{
	'n': "\n", 't': "\t", 'r': "\r", '\\': `\`, '\'': "'", '"': `"`, '\n': "", 'a': "\a", 'b': "\b", 'f': "\f", 'v': "\v",
}

// quoted reads a string.
func (l *lexer) quoted(rest string) {
	var b strings.Builder
	for i := 1; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == rest[0]:
			l.add(stringToken, b.String())
			l.at += i + 1
			return
		case c == '\\' && i+1 < len(rest):
			i++
			if s, ok := escapes[rest[i]]; ok {
				b.WriteString(s)
				continue
			}
			i += l.escape(&b, rest[i:])
		default:
			b.WriteByte(c)
		}
	}
	l.fail("a string is not closed")
}

// escape writes the character that a longer escape means, rest being what
// follows the backslash, and returns how many bytes of rest it is but for the
// first.
func (l *lexer) escape(b *strings.Builder, rest string) int {
	from, n, base := 1, 0, 16
	switch c := rest[0]; {
	case c == 'x':
		n = 2
	case c == 'u':
		n = 4
	case c == 'U':
		n = 8
	case c == 'N':
		l.fail(`a string has \N, which is not supported`)
	case c >= '0' && c <= '7':
		from, base = 0, 8
		for n < min(3, len(rest)) && rest[n] >= '0' && rest[n] <= '7' {
			n++
		}
	default: // none, which Python leaves as it is
		b.WriteByte('\\')
		_, size := utf8.DecodeRuneInString(rest)
		b.WriteString(rest[:size])
		return size - 1
	}
	digits := rest[from:min(from+n, len(rest))]
	v, err := strconv.ParseUint(digits, base, 32)
	if err != nil || len(digits) < n || !utf8.ValidRune(rune(v)) || v > unicode.MaxRune {
		l.fail(`a string has an escape \%s that is no character`, strings.ToValidUTF8(rest[:min(from+n, len(rest))], "?"))
	}
	b.WriteRune(rune(v))
	return from + n - 1
}
