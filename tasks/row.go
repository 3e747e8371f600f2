package tasks

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// row is a row of a data set. The error of a field that is asked for is kept:
// the first one counts.
type row struct {
	fields map[string]json.RawMessage
	err    error
}

func parseRow(text []byte) (*row, error) {
	r := &row{}
	if !utf8.Valid(text) {
		return nil, errors.New("it is not UTF-8")
	}
	if err := json.Unmarshal(text, &r.fields); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) {
			return nil, fmt.Errorf("it is a JSON %s, not an object with fields", kind.Value)
		}
		return nil, fmt.Errorf("not a JSON object with fields: %w", err)
	}
	if r.fields == nil {
		return nil, errors.New("it is a JSON null, not an object with fields")
	}
	return r, nil
}

func (r *row) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// has says whether there is a field that is not null.
func (r *row) has(name string) bool {
	value, ok := r.fields[name]
	return ok && string(value) != "null"
}

// get reads a field, whose kind is said in words, into v.
func (r *row) get(name, kind string, v any) {
	value, ok := r.fields[name]
	switch {
	case !ok:
		r.fail("the field %q is missing; there are %s", name, r.names())
	case string(value) == "null":
		r.fail("the field %q is null", name)
	case json.Unmarshal(value, v) != nil:
		r.fail("the field %q is %.40s, not %s", name, value, kind)
	}
}

func (r *row) names() string {
	names := slices.Sorted(maps.Keys(r.fields))
	if len(names) == 0 {
		return "none"
	}
	more := ""
	if len(names) > 12 {
		names, more = names[:12], ", …"
	}
	return strings.Join(names, ", ") + more
}

func (r *row) text(name string) (s string) {
	r.get(name, "a text", &s)
	return s
}

func (r *row) texts(name string) (s []string) {
	var list []*string
	r.get(name, "a list of texts", &list)
	for _, t := range list {
		if t == nil {
			r.fail("the field %q has a null in its list", name)
			return nil
		}
		s = append(s, *t)
	}
	return s
}

// label reads which of n choices is right: a number or one written as a text.
func (r *row) label(name string, n int) int {
	var value any
	r.get(name, "a number", &value)
	if r.err != nil {
		return 0
	}
	number := -1.0
	switch v := value.(type) {
	case float64:
		number = v
	case bool:
		number = 0
		if v {
			number = 1
		}
	case string:
		if v = strings.TrimSpace(v); v == "" {
			break
		}
		f, err := strconv.Atoi(v)
		if err != nil {
			r.fail("the field %q is %q, not a number", name, v)
			return 0
		}
		number = float64(f)
	default:
		r.fail("the field %q is no number", name)
	}
	label := int(max(min(number, 1<<30), -1))
	switch {
	case label < 0:
		r.fail("the field %q is %s, as in splits whose answers are kept secret: another split is needed", name, r.fields[name])
	case float64(label) != number || label >= n:
		r.fail("the field %q is %s, and there are %d choices, counted from 0", name, r.fields[name], n)
	}
	return label
}

// lettered reads choices{text[], label[]} and the place of the right one's label.
func (r *row) lettered(answer string) (texts []string, gold int) {
	var choices struct{ Text, Label []string }
	r.get("choices", "an object of two lists of texts, text and label", &choices)
	if len(choices.Text) == 0 || len(choices.Text) != len(choices.Label) {
		r.fail("the field \"choices\" has %d texts and %d labels", len(choices.Text), len(choices.Label))
	}
	gold = slices.Index(choices.Label, answer)
	if gold < 0 {
		r.fail("the right answer %q is none of the labels %s", answer, strings.Join(choices.Label, ", "))
	}
	return choices.Text, gold
}
