package jinja

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
)

// names are those of testdata/names.json, which the expressions know.
func names(t testing.TB) map[string]any {
	t.Helper()
	data, err := os.ReadFile("testdata/names.json")
	if err != nil {
		t.Fatal(err)
	}
	v, err := FromJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]any{}
	for _, k := range v.(*Dict).Keys() {
		all[k] = v.(*Dict).Get(k)
	}
	return all
}

// expression is a template and what transformers' environment makes of it, nil
// being an error.
type expression struct {
	template string
	want     *string
}

func (e *expression) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&e.template, &e.want})
}

func expressions(t testing.TB) []expression {
	t.Helper()
	data, err := os.ReadFile("testdata/expressions.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []expression
	if err := json.Unmarshal(data, &all); err != nil || len(all) < 100 {
		t.Fatal(len(all), err)
	}
	for i := range all {
		all[i].template = strings.ReplaceAll(all[i].template, "⏎", "\n")
	}
	return all
}

// refused are templates that Jinja renders and that this package refuses.
var refused = map[string]bool{
	"{{ s|wordcount is defined }}": true,
	"{% set x = {'a': 1} %}{% set x = dict(x, b=2) %}{{ x }} {{ dict(x, **{'c': 3}) }}": true,
	"{{ n is sameas n }}":                      true,
	"{{ 'abc'.startswith('b', 1) }}":           true,
	"{{ '%d' % 3.7 }} {{ '%5.2f' % 3.14159 }}": true,
	"{{ u.upper() }}":                          true,
	"{{ self }}|":                              true,
}

func render(template string, values map[string]any) (string, error) {
	t, err := Parse(template)
	if err != nil {
		return "", err
	}
	return t.Render(values)
}

// TestExpressions wants what Jinja renders, and errors where it has errors.
func TestExpressions(t *testing.T) {
	for _, e := range expressions(t) {
		got, err := render(e.template, names(t))
		switch {
		case refused[e.template]:
			if err == nil || e.want == nil {
				t.Errorf("%q is not refused any more: %q, %v", e.template, got, err)
			}
		case err != nil && strings.Contains(err.Error(), "\n"):
			t.Errorf("%q: the error has several lines: %v", e.template, err)
		case e.want == nil && err == nil:
			t.Errorf("%q is %q, want an error", e.template, got)
		case e.want != nil && (err != nil || got != *e.want):
			t.Errorf("%q:\n got %q, %v,\nwant %q", e.template, got, err, *e.want)
		}
	}
}

// TestLimits wants templates that would run for ever, or fill the memory, to
// end soon.
func TestLimits(t *testing.T) {
	begin := time.Now()
	nested := func(a, b string) string { return strings.Repeat(a, 2000) + "1" + strings.Repeat(b, 2000) }
	for _, c := range []struct{ template, want string }{
		{"{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "more than 4194304 steps"},
		{"{{ 'a' * 10000000000 }}", "repeated too often"},
		{"{{ [0] * 10000000000 }}", "repeated too often"},
		{"{% set x = namespace(a='aaaaaaaaaa') %}{% for i in range(99) %}{% set x.a = x.a ~ x.a %}{% endfor %}", "more than 256 MiB"},
		{"{% set x = namespace(a=[1, 2, 3]) %}{% for i in range(99) %}{% set x.a = x.a + x.a %}{% endfor %}", "more than 256 MiB"},
		{"{% set x = namespace(a=[1]) %}{% for i in range(99) %}{% set x.a = [x.a, x.a] %}{% endfor %}{{ x.a }}", "steps"},
		{"{% set x = namespace(a=[1]) %}{% for i in range(99) %}{% set x.a = [x.a, x.a] %}{% endfor %}{{ x.a|tojson }}", "steps"},
		{"{% set x = namespace(a=[1]) %}{% for i in range(99) %}{% set x.a = [x.a, x.a] %}{% endfor %}{{ x.a == [x.a] + [] }}", ""},
		{"{% set x = namespace() %}{% set x.x = x %}{{ x }}", "cannot be written"},
		{"{{ 'aaaaaaaaaa'.replace('', 'b' * 100000000) }}", "replaced too often"},
		{"{{ 9 ** 99999999999 }}", "too large"},
		{"{{ 1 ** 99999999999 }}", ""},
		{"{{ 'a' | indent(10000000000) }}", "repeated too often"},
		{"{{ [[[]]] | tojson(indent=100000000) }}", "256 MiB"},
		{"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "levels deep"},
		{"{{ " + nested("(", ")") + " }}", "levels of nesting"},
		{"{{ " + nested("[", "]") + " }}", "levels of nesting"},
		{"{{ " + nested("-", "") + " }}", "levels of nesting"},
		{"{{ " + nested("not ", "") + " }}", "levels of nesting"},
		{"{{ " + nested("1 if 1 else ", "") + " }}", "levels of nesting"},
		{nested("{% if 1 %}", "{% endif %}"), "levels of nesting"},
		{"{{ a" + strings.Repeat(".b", 100000) + " }}", "in a row"},
		{"{{ 1" + strings.Repeat(" + 1", 100000) + " }}", "in a row"},
		{strings.Repeat("a", mostSource+1), "longer than 1 MiB"},
		{"{{ l[::9223372036854775807] }}{{ l[9223372036854775807:] }}{{ l[::-9223372036854775807] }}", ""},
		{"{{ range(-9223372036854775807, 9223372036854775807) }}", "more than 100000"},
		{"{{ range(9223372036854775800, 9223372036854775807, 9)|list }}", ""},
	} {
		_, err := render(c.template, names(t))
		switch {
		case c.want == "" && err != nil, c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%.80q: %v, want %q", c.template, err, c.want)
		}
	}
	if took := time.Since(begin); took > time.Minute {
		t.Errorf("the templates took %v", took)
	}
}

// TestRefused wants what is not here to be refused by its name.
func TestRefused(t *testing.T) {
	for template, want := range map[string]string{
		"{{ 'a'|batch(2) }}":                     "line 1: there is no filter 'batch' here",
		"\n{{ 1 is filter('x') }}":               "line 2: there is no test 'filter' here",
		"{% include 'a' %}":                      "line 1: the statement 'include' is not known here",
		"{% for a in b recursive %}{% endfor %}": "line 1: loops that are recursive are not supported",
		"{{ f(*a) }}":                            "line 1: * and ** in a call are not supported",
		"{{ 0x10 }}":                             "the number 0… is not supported",
		"{{ 99999999999999999999 }}":             "line 1: the number 99999999999999999999 is too large",
		"{{ 9223372036854775807 + 1 }}":          "the integer is too large",
		"{{ 'ß'|upper }}":                        "the case of 'ß' cannot be changed here",
		"{{ '{}'.format(1) }}":                   "a str has no attribute 'format'",
		"{{ ('a'|safe) + 'b' }}":                 "a safe string + a str cannot be",
		"{{ missing.a }}":                        "'missing' is undefined",
		"a\nb {{ d.no.no }}":                     "a dict has no attribute 'no'",
		"a\n\n{{ 1 1 }}":                         "line 3: expected the end of the tag, got '1'",
		"{% if t %}\n\n{% for x in y %}{% endif %}{% endfor %}": "line 3: the statement 'endif' is not known here",
		"{% if t %}":  "the template ends before {% endif %}",
		"{{ range }}": "a function cannot be written",
	} {
		_, err := render(template, names(t))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", template, err, want)
		}
	}
}

// FuzzRender wants no panic, and errors of one line, whatever the template is.
func FuzzRender(f *testing.F) {
	for _, e := range expressions(f) {
		f.Add(e.template)
	}
	values := names(f)
	f.Fuzz(func(t *testing.T, template string) {
		_, err := render(template, values)
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("the error of %q is %q", template, err)
		}
	})
}

// FuzzJSON wants values to be read from what they are written as.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a": [1, 2.5, null, true, "x\u2028\""]}`, `[]`, `[[[]]]`, `1e5`, `"\ud800"`, `{"a":1,"a":2}`} {
		f.Add([]byte(s))
	}
	write, err := Parse("{{ v|tojson }}")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := FromJSON(data)
		if err != nil {
			return
		}
		text, err := write.Render(map[string]any{"v": v})
		if err != nil {
			return
		}
		again, err := FromJSON([]byte(text))
		if err != nil {
			t.Fatalf("%q is written as %q: %v", data, text, err)
		}
		if second, err := write.Render(map[string]any{"v": again}); err != nil || second != text {
			t.Fatalf("%q is written as %q, and again as %q, %v", data, text, second, err)
		}
	})
}
