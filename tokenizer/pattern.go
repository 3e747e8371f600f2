package tokenizer

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dlclark/regexp2/v2"
)

// A pattern may search for one match as long as matchTimeout, and for all the
// matches of a text as long as that and charTimeout for each character.
// Patterns of real tokenizers need microseconds; one whose backtracking
// explodes must not hang the program.
const (
	matchTimeout = 2 * time.Second
	charTimeout  = 20 * time.Microsecond
)

// compile returns a finder for a regular expression in the syntax of
// Oniguruma, for which tokenizer files are written.
func compile(pattern string) (find, error) {
	translated, err := translate(pattern)
	if err != nil {
		return nil, err
	}
	re, err := regexp2.Compile(translated)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: the regular expression %q: %w", pattern, err)
	}
	re.MatchTimeout = matchTimeout
	return func(s string) ([][2]int, error) { return findAll(re, s) }, nil
}

// unassigned is a code point that belongs to no category in any version of
// Unicode so far.
const unassigned = '\u0378'

// findAll returns the matches of re in s. An empty match where the last one
// ended is passed over, as in the Rust bindings of Oniguruma.
func findAll(re *regexp2.Regexp, s string) ([][2]int, error) {
	text := make([]rune, 0, len(s))
	offsets := make([]int, 0, len(s)+1) // in s, of each rune
	for i, r := range s {
		if r >= utf8.RuneSelf && unicode.Is(afterUnicode14, r) {
			r = unassigned
		}
		text, offsets = append(text, r), append(offsets, i)
	}
	offsets = append(offsets, len(s))
	var all [][2]int
	deadline := time.Now().Add(matchTimeout + charTimeout*time.Duration(len(text)))
	for from, last := 0, -1; from <= len(text); {
		m, err := re.FindRunesMatchStartingAt(text, from)
		if err == nil && time.Now().After(deadline) {
			err = errors.New("it takes too long")
		}
		if err != nil {
			return nil, fmt.Errorf("tokenizer: the regular expression %q: %w", re, err)
		}
		if m == nil {
			break
		}
		start, end := m.RuneIndex, m.RuneIndex+m.RuneLength
		if start == end && end == last {
			from++
			continue
		}
		all = append(all, [2]int{offsets[start], offsets[end]})
		from, last = end, end
	}
	return all, nil
}

// spaceClass is \s, Unicode's White_Space, as the inside of a class.
const spaceClass = `\t-\r \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000`

// translate rewrites a pattern of Oniguruma's for regexp2. It knows the parts
// that mean the same to both, spelled out where they differ, and refuses the
// rest: anchors, \w and \b, \h, \R, \X, back references, complements and
// intersections within classes, POSIX brackets, possessive quantifiers, and options other than (?i:…).
func translate(pattern string) (string, error) {
	t := translator{rest: pattern}
	for t.rest != "" {
		if err := t.next(); err != "" {
			return "", notImplemented("the regular expression", fmt.Sprintf("%q with %s", pattern, err))
		}
	}
	if len(t.folds) > 0 {
		return "", fmt.Errorf("tokenizer: the regular expression %q lacks a )", pattern)
	}
	return t.out.String(), nil
}

// translator is the state of translate.
type translator struct {
	rest  string
	out   strings.Builder
	folds []bool // per open group: case does not count in it
	atom  bool   // what comes before may be repeated
	prev  rune   // the literal letter before, for ligatures
}

// groups are the ways to open a group.
var groups = []string{"(?:", "(?i:", "(?=", "(?!", "(?<=", "(?<!", "("}

// fold says whether case does not count where the translator is.
func (t *translator) fold() bool { return len(t.folds) > 0 && t.folds[len(t.folds)-1] }

// take moves n bytes out of the rest.
func (t *translator) take(n int) string {
	s := t.rest[:n]
	t.rest = t.rest[n:]
	return s
}

// next translates one part of the pattern; it returns what it cannot, or "".
func (t *translator) next() string {
	prev := t.prev
	t.prev = 0
	switch c := t.rest[0]; c {
	case '(':
		i := slices.IndexFunc(groups, func(g string) bool { return strings.HasPrefix(t.rest, g) })
		g := t.take(len(groups[i]))
		if g == "(" && strings.HasPrefix(t.rest, "?") {
			return "(" + t.rest[:min(3, len(t.rest))]
		}
		t.folds = append(t.folds, t.fold() || g == "(?i:")
		t.out.WriteString(strings.Replace(g, "i", "", 1))
		t.atom = false
	case ')':
		if len(t.folds) == 0 {
			return "a ) too many"
		}
		t.folds = t.folds[:len(t.folds)-1]
		t.out.WriteString(t.take(1))
		t.atom = true
	case '|':
		t.out.WriteString(t.take(1))
		t.atom = false
	case '.':
		t.out.WriteString(t.take(1))
		t.atom = true
	case '?', '*', '+', '{':
		return t.quantifier()
	case '[':
		return t.class()
	case '^', '$':
		return "an anchor"
	default:
		set, r, err := t.char()
		if err != "" {
			return err
		}
		t.atom = true
		switch {
		case set != "":
			t.out.WriteString("[" + set + "]")
		case t.fold():
			return t.folded(prev, r)
		default:
			t.out.WriteString(quote(r))
		}
	}
	return ""
}

// folded writes a literal whose case does not count. Oniguruma folds by
// Unicode, so that s is also ſ and k the Kelvin sign, and takes ß for ss and
// ligatures for their letters, which is refused.
func (t *translator) folded(prev, r rune) string {
	if r >= utf8.RuneSelf {
		return "a letter beyond ASCII whose case does not count"
	}
	low := unicode.ToLower(r)
	if low < 'a' || low > 'z' {
		t.out.WriteString(quote(r))
		return ""
	}
	if slices.Contains([]string{"ss", "st", "ff", "fi", "fl"}, string([]rune{prev, low})) {
		return "a ligature whose case does not count"
	}
	t.prev = low
	set := string([]rune{low, unicode.ToUpper(low)})
	switch low {
	case 's':
		set += "ſ"
	case 'k':
		set += "\u212A"
	}
	t.out.WriteString("[" + set + "]")
	return ""
}

// quantifier translates ?, *, + or {m,n}, and the ? that makes the first three
// lazy.
func (t *translator) quantifier() string {
	if !t.atom {
		return "a quantifier of nothing"
	}
	t.atom = false
	if t.rest[0] != '{' {
		t.out.WriteString(t.take(1))
		if strings.HasPrefix(t.rest, "?") {
			t.out.WriteString(t.take(1))
		}
		if strings.HasPrefix(t.rest, "+") {
			return "a possessive quantifier"
		}
		return ""
	}
	inside, _, ok := strings.Cut(t.rest[1:], "}")
	low, high, two := strings.Cut(inside, ",")
	m, err := strconv.Atoi(low)
	n := m
	if err == nil && two && high != "" {
		n, err = strconv.Atoi(high)
	}
	const most = 1000
	if !ok || err != nil || m < 0 || n < m || n > most {
		return "the quantifier {" + inside
	}
	t.out.WriteString(t.take(len(inside) + 2))
	if strings.HasPrefix(t.rest, "?") || strings.HasPrefix(t.rest, "+") {
		return "a quantifier of a quantifier"
	}
	return ""
}

// class translates a bracketed class.
func (t *translator) class() string {
	t.out.WriteString(t.take(1))
	if strings.HasPrefix(t.rest, "^") {
		t.out.WriteString(t.take(1))
	}
	if err := t.members(); err != "" {
		return err
	}
	t.out.WriteString("]")
	t.atom = true
	return ""
}

// members translates the inside of a class and takes its ]. Of a class in it,
// which stands for its members, the members are written.
func (t *translator) members() string {
	empty := true
	for ; !strings.HasPrefix(t.rest, "]") || empty; empty = false {
		if t.rest == "" || strings.HasPrefix(t.rest, "]") {
			return "a class that is empty or lacks its ]"
		}
		if strings.HasPrefix(t.rest, "[") {
			if t.take(1); strings.HasPrefix(t.rest, "^") || strings.HasPrefix(t.rest, ":") {
				return "a class in a class that is a complement or has a name"
			}
			if err := t.members(); err != "" {
				return err
			}
			if strings.HasPrefix(t.rest, "-") && !strings.HasPrefix(t.rest, "-]") {
				return "a range that begins with a set"
			}
			continue
		}
		if strings.HasPrefix(t.rest, "&&") {
			return "an intersection of classes"
		}
		set, r, err := t.char()
		if err != "" {
			return err
		}
		if set == "" && t.fold() && (r >= utf8.RuneSelf || unicode.IsLetter(r)) {
			return "a class of letters whose case does not count"
		}
		if set != "" {
			t.out.WriteString(set)
			if strings.HasPrefix(t.rest, "-") && !strings.HasPrefix(t.rest, "-]") {
				return "a range that begins with a set"
			}
			continue
		}
		t.out.WriteString(quote(r))
		if !strings.HasPrefix(t.rest, "-") || strings.HasPrefix(t.rest, "-]") {
			continue
		}
		t.take(1)
		if t.rest == "" || t.rest[0] == '[' {
			return "a range that ends with a class"
		}
		set, end, err := t.char()
		if err != "" || set != "" || end < r || t.fold() {
			return "the range it has in a class"
		}
		t.out.WriteString("-" + quote(end))
	}
	t.take(1)
	return ""
}

// categories are the general categories of Unicode that \p{…} may name.
var categories = []string{
	"L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No",
	"P", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp",
}

// char takes a character or an escape: a set, as the inside of a class, or a
// literal.
func (t *translator) char() (set string, literal rune, err string) {
	r, n := utf8.DecodeRuneInString(t.rest)
	t.take(n)
	if r != '\\' {
		return "", r, ""
	}
	if t.rest == "" {
		return "", 0, `a \ at its end`
	}
	r, n = utf8.DecodeRuneInString(t.rest)
	t.take(n)
	if i := strings.IndexRune("rntfv", r); i >= 0 {
		return "", rune("\r\n\t\f\v"[i]), ""
	}
	switch r {
	case 's':
		return spaceClass, 0, ""
	case 'S':
		// The complement, since a class cannot hold a negated one.
		return `\0-\x08\x0e-\x1f!-\u0084\u0086-\u009F\u00A1-\u167F\u1681-\u1FFF\u200B-\u2027` +
			`\u202A-\u202E\u2030-\u205E\u2060-\u2FFF\u3001-` + string(unicode.MaxRune), 0, ""
	case 'd':
		return `\p{Nd}`, 0, ""
	case 'p', 'P':
		if name, _, ok := strings.Cut(strings.TrimPrefix(t.rest, "{"), "}"); ok && t.rest[0] == '{' && slices.Contains(categories, name) {
			t.take(len(name) + 2)
			return `\` + string(r) + "{" + name + "}", 0, ""
		}
		return "", 0, `a \p other than a general category`
	}
	if r >= utf8.RuneSelf || r >= '0' && r <= '9' || unicode.IsLetter(r) {
		return "", 0, `\` + string(r)
	}
	return "", r, ""
}

// quote returns r as a literal of regexp2, in and out of classes.
func quote(r rune) string {
	if r < utf8.RuneSelf && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
		return fmt.Sprintf(`\x%02x`, r)
	}
	return string(r)
}
