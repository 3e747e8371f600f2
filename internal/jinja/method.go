package jinja

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// bind makes a function of a method of v.
func bind[T any](v T, m func(s *scope, v T, in input) any) any {
	return builtin(func(s *scope, in input) any { return m(s, v, in) })
}

var dictMethods = map[string]func(s *scope, d *Dict, in input) any{
	"get": func(s *scope, d *Dict, in input) any {
		in.want(s, "get", 1, 2)
		if v, ok := s.lookup(d, in.list[0]); ok {
			return v
		}
		if len(in.list) == 2 {
			return in.list[1]
		}
		return nil
	},
	"items": func(s *scope, d *Dict, in input) any {
		in.want(s, "items", 0, 0)
		return s.items(d)
	},
	"keys": func(s *scope, d *Dict, in input) any {
		in.want(s, "keys", 0, 0)
		return &list{viewKind, d.keys}
	},
	"values": func(s *scope, d *Dict, in input) any {
		in.want(s, "values", 0, 0)
		s.pay(16 * len(d.keys))
		all := make([]any, len(d.keys))
		for i, k := range d.keys {
			all[i] = d.values[k]
		}
		return &list{viewKind, all}
	},
}

// items returns the keys and values of a dict, as pairs.
func (s *scope) items(d *Dict) *list {
	s.pay(64 * len(d.keys))
	all := make([]any, len(d.keys))
	for i, k := range d.keys {
		all[i] = &list{tupleKind, []any{k, d.values[k]}}
	}
	return &list{viewKind, all}
}

var listMethods = map[string]func(s *scope, l *list, in input) any{
	"index": func(s *scope, l *list, in input) any {
		in.want(s, "index", 1, 1)
		i := slices.IndexFunc(l.items, func(v any) bool { return s.equal(v, in.list[0]) })
		if i < 0 {
			s.fail("what index looks for is not in the list")
		}
		return i
	},
	"count": func(s *scope, l *list, in input) any {
		in.want(s, "count", 1, 1)
		n := 0
		for _, v := range l.items {
			if s.equal(v, in.list[0]) {
				n++
			}
		}
		return n
	},
}

var stringMethods = map[string]func(s *scope, text string, in input) any{
	"strip": func(s *scope, text string, in input) any { return s.strip(text, in, true, true) },
	"lstrip": func(s *scope, text string, in input) any {
		return s.strip(text, in, true, false)
	},
	"rstrip": func(s *scope, text string, in input) any {
		return s.strip(text, in, false, true)
	},
	"split":      func(s *scope, text string, in input) any { return s.split(text, in, false) },
	"rsplit":     func(s *scope, text string, in input) any { return s.split(text, in, true) },
	"startswith": func(s *scope, text string, in input) any { return s.affix(text, in, strings.HasPrefix) },
	"endswith":   func(s *scope, text string, in input) any { return s.affix(text, in, strings.HasSuffix) },
	"splitlines": func(s *scope, text string, in input) any {
		in.want(s, "splitlines", 0, 0)
		s.pay(len(text))
		return stringList(splitLines(text))
	},
	"replace": func(s *scope, text string, in input) any {
		in.want(s, "replace", 2, 3)
		n := -1
		if len(in.list) == 3 {
			n = s.integer(in.list[2])
		}
		return s.replace(text, s.string(in.list[0]), s.string(in.list[1]), n)
	},
	"join": func(s *scope, text string, in input) any {
		in.want(s, "join", 1, 1)
		items := s.iterate(in.list[0])
		for _, v := range items {
			s.string(v)
		}
		return s.concat(items, text)
	},
	"removeprefix": func(s *scope, text string, in input) any {
		in.want(s, "removeprefix", 1, 1)
		return strings.TrimPrefix(text, s.string(in.list[0]))
	},
	"removesuffix": func(s *scope, text string, in input) any {
		in.want(s, "removesuffix", 1, 1)
		return strings.TrimSuffix(text, s.string(in.list[0]))
	},
	"find":  func(s *scope, text string, in input) any { return s.find(text, in, strings.Index) },
	"rfind": func(s *scope, text string, in input) any { return s.find(text, in, strings.LastIndex) },
	"count": func(s *scope, text string, in input) any {
		in.want(s, "count", 1, 1)
		return strings.Count(text, s.string(in.list[0]))
	},
	"upper":      func(s *scope, text string, in input) any { return s.noArguments(in, s.upper(text)) },
	"lower":      func(s *scope, text string, in input) any { return s.noArguments(in, s.lower(text)) },
	"capitalize": func(s *scope, text string, in input) any { return s.noArguments(in, s.capitalize(text)) },
	"title": func(s *scope, text string, in input) any {
		return s.noArguments(in, s.title(text, func(r rune) bool { return !unicode.IsLetter(r) }))
	},
	"isdigit": func(s *scope, text string, in input) any { return s.noArguments(in, all(text, unicode.IsDigit)) },
	"isalpha": func(s *scope, text string, in input) any { return s.noArguments(in, all(text, unicode.IsLetter)) },
	"isspace": func(s *scope, text string, in input) any { return s.noArguments(in, all(text, isSpace)) },
}

func all(text string, is func(rune) bool) bool {
	return text != "" && strings.IndexFunc(text, func(r rune) bool { return !is(r) }) < 0
}

func (s *scope) noArguments(in input, v any) any {
	in.want(s, "the method", 0, 0)
	return v
}

// string is v, which has to be one.
func (s *scope) string(v any) string {
	text, ok := v.(string)
	if !ok {
		s.refuse(v, "is no string")
	}
	return text
}

// strip takes characters off the ends of a text: white space, or those given.
func (s *scope) strip(text string, in input, left, right bool) string {
	in.want(s, "strip", 0, 1)
	off := isSpace
	if len(in.list) > 0 && in.list[0] != nil {
		chars := s.string(in.list[0])
		off = func(r rune) bool { return strings.ContainsRune(chars, r) }
	}
	if left {
		text = strings.TrimLeftFunc(text, off)
	}
	if right {
		text = strings.TrimRightFunc(text, off)
	}
	return text
}

// split cuts a text where a separator stands, or white space; at most so many
// times, the last ones if fromEnd is set.
func (s *scope) split(text string, in input, fromEnd bool) any {
	a := in.take(s, "split", []string{"sep", "maxsplit"}, nil, -1)
	most := s.integer(a[1])
	s.pay(len(text))
	if a[0] == nil {
		if most >= 0 && fromEnd {
			s.fail("rsplit at white space at most so many times is not supported")
		}
		return stringList(words(text, most))
	}
	separator := s.string(a[0])
	if separator == "" {
		s.fail("split at an empty separator")
	}
	if !fromEnd || most < 0 {
		n := -1
		if most >= 0 && most < len(text) {
			n = most + 1
		}
		return stringList(strings.SplitN(text, separator, n))
	}
	var parts []string
	for ; most > 0; most-- {
		at := strings.LastIndex(text, separator)
		if at < 0 {
			break
		}
		parts = append(parts, text[at+len(separator):])
		text = text[:at]
	}
	parts = append(parts, text)
	slices.Reverse(parts)
	return stringList(parts)
}

// words cuts a text at white space, at most so many times if most ≥ 0.
func words(text string, most int) []string {
	var all []string
	for text = strings.TrimLeftFunc(text, isSpace); text != ""; most-- {
		n := strings.IndexFunc(text, isSpace)
		if n < 0 || most == 0 {
			return append(all, text)
		}
		all = append(all, text[:n])
		text = strings.TrimLeftFunc(text[n:], isSpace)
	}
	return all
}

func stringList(texts []string) *list {
	l := &list{items: make([]any, len(texts))}
	for i, t := range texts {
		l.items[i] = t
	}
	return l
}

// affix says whether a text begins or ends with one of the strings given.
func (s *scope) affix(text string, in input, has func(text, affix string) bool) bool {
	in.want(s, "the method", 1, 1)
	affixes := []any{in.list[0]}
	if l, ok := in.list[0].(*list); ok && l.kind == tupleKind {
		affixes = l.items
	}
	return slices.ContainsFunc(affixes, func(v any) bool { return has(text, s.string(v)) })
}

// find returns where a string stands in a text, in characters, or −1.
func (s *scope) find(text string, in input, index func(text, part string) int) any {
	in.want(s, "find", 1, 1)
	n := index(text, s.string(in.list[0]))
	if n < 0 {
		return n
	}
	return utf8.RuneCountInString(text[:n])
}

// replace replaces a string in a text, at most n times if n ≥ 0.
func (s *scope) replace(text, old, by string, n int) string {
	count := strings.Count(text, old)
	if n >= 0 {
		count = min(count, n)
	}
	if len(by) > 0 && count > mostBytes/len(by) {
		s.fail("a string is replaced too often")
	}
	s.pay(len(text) + count*len(by))
	return strings.Replace(text, old, by, n)
}

// lineEnds are the ends of lines to Python's splitlines, but for \r\n.
const lineEnds = "\n\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029"

// splitLines is Python's str.splitlines.
func splitLines(text string) []string {
	var lines []string
	for text != "" {
		n := strings.IndexAny(text, lineEnds)
		if n < 0 {
			return append(lines, text)
		}
		lines = append(lines, text[:n])
		_, size := utf8.DecodeRuneInString(text[n:])
		if strings.HasPrefix(text[n:], "\r\n") {
			size = 2
		}
		text = text[n+size:]
	}
	return lines
}

// plain fails on letters that change their case in ways of their own, such as ß,
// which becomes two.
func (s *scope) plain(text string) string {
	s.pay(len(text))
	for _, r := range text {
		if r >= 0x80 && strings.ContainsRune(specialCases, r) {
			s.fail("the case of %q cannot be changed here", r)
		}
	}
	return text
}

// specialCases are the characters of Unicode's SpecialCasing, and Σ, of which
// the small form depends on its place.
const specialCases = "ßŉǰΐΰևẖẗẘẙẚﬀﬁﬂﬃﬄﬅﬆﬓﬔﬕﬖﬗὐὒὔὖᾶῆῒΐῖῗῢΰῤῦῧῶᾀᾁᾂᾃᾄᾅᾆᾇᾈᾉᾊᾋᾌᾍᾎᾏᾐᾑᾒᾓᾔᾕᾖᾗᾘᾙᾚᾛᾜᾝᾞᾟᾠᾡᾢᾣᾤᾥᾦᾧᾨᾩᾪᾫᾬᾭᾮᾯᾳᾼῃῌῳῼᾲᾴῂῄῲῴᾷῇῷİΣǄǅǆǇǈǉǊǋǌǱǲǳ"

func (s *scope) upper(text string) string { return strings.ToUpper(s.plain(text)) }

func (s *scope) lower(text string) string { return strings.ToLower(s.plain(text)) }

func (s *scope) capitalize(text string) string {
	_, n := utf8.DecodeRuneInString(text)
	return s.upper(text[:n]) + s.lower(text[n:])
}

// title capitalises what stands between the characters that part words.
func (s *scope) title(text string, parts func(rune) bool) string {
	s.plain(text)
	start := true
	return strings.Map(func(r rune) rune {
		if parts(r) {
			start = true
			return r
		}
		if start {
			start = false
			return unicode.ToUpper(r)
		}
		return unicode.ToLower(r)
	}, text)
}
