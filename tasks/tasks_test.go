package tasks

import (
	"math"
	"slices"
	"strings"
	"testing"

	"sparsellm/likelihood"
)

// letters encodes each byte as a token, with token 1 before a text, but for the
// mark <s>, which is that token.
type letters struct{}

func (letters) Encode(text string, special bool) ([]int, error) {
	var ids []int
	if special {
		ids = append(ids, 1)
	}
	for text != "" {
		if rest, ok := strings.CutPrefix(text, "<s>"); ok {
			ids, text = append(ids, 1), rest
			continue
		}
		ids, text = append(ids, int(text[0])), text[1:]
	}
	return ids, nil
}

// TestPair goes through the protocol's corners.
func TestPair(t *testing.T) {
	bytes := func(s string) []int {
		ids, _ := letters{}.Encode(s, false)
		return ids
	}
	for _, c := range []struct {
		special               bool
		context, continuation string
		a, b                  []int
	}{
		{true, "a", " b", bytes("<s>a"), bytes(" b")},
		{false, "a", " b", bytes("a"), bytes(" b")},
		{true, "a \n", " b", bytes("<s>a"), bytes(" \n b")},
		{true, "<s>a", " b", bytes("<s>a"), bytes(" b")},
		{true, "", " b", []int{1}, bytes(" b")},
		{true, "", "<s>b", []int{1}, bytes("b")},
		{false, " ", " b", []int{1}, bytes("  b")}, // nothing is left of the context
		{true, "\u3000", " b", []int{1}, bytes("\u3000 b")},
		{true, "a", " ", bytes("<s>a"), bytes(" ")}, // an empty choice
	} {
		e := Encoding{letters{}, c.special, 1, "<s>"}
		r, err := e.pair(c.context, c.continuation)
		if err != nil || !slices.Equal(r.Context, c.a) || !slices.Equal(r.Continuation, c.b) {
			t.Errorf("%q, %q: got %v, %v, want %v, %v", c.context, c.continuation, r, err, c.a, c.b)
		}
	}
	for _, c := range [][2]string{{"", ""}, {"a", ""}, {"", "<s>"}} {
		if r, err := (Encoding{letters{}, false, 1, "<s>"}).pair(c[0], c[1]); err == nil {
			t.Errorf("%q: got %v", c, r)
		}
	}
}

// TestShots puts examples before documents.
func TestShots(t *testing.T) {
	d := func(name string) Document {
		return Document{Contexts: []string{name, name + "'"}, Choices: []string{"x", "x"}, Gold: 1}
	}
	documents := []Document{d("a"), d("b"), d("c")}
	got, n := Shots(documents, []Document{d("e"), d("f")}, 1, false)
	if want := "e' x\n\na'"; n != 1 || got[0].Contexts[1] != want {
		t.Errorf("got %q", got[0].Contexts)
	}
	got, n = Shots(documents, documents, 2, true)
	if n != 2 || got[1].Contexts[0] != "a' x\n\nc' x\n\nb" || got[0].Contexts[0] != "b' x\n\nc' x\n\na" {
		t.Errorf("got %q, %q", got[0].Contexts, got[1].Contexts)
	}
	if _, n := Shots(documents, documents, 5, true); n != 2 {
		t.Errorf("%d examples of 3 documents", n)
	}
	if _, n := Shots(documents[:1], documents[:1], 5, true); n != 0 {
		t.Errorf("%d examples of one document", n)
	}
}

// TestPick has ties, empty choices and lengths.
func TestPick(t *testing.T) {
	log := []float64{-4, -3, -3, -6}
	if got := pick(log, func(int) float64 { return 1 }); got != 1 {
		t.Errorf("of a tie, %d", got)
	}
	lengths := []float64{0, 1, 1, 3}
	if got := pick(log, func(k int) float64 { return lengths[k] }); got != 3 {
		t.Errorf("by length, %d", got)
	}
}

// TestMeasure compares standard errors with their formulas.
func TestMeasure(t *testing.T) {
	a, b := mean("acc", []float64{1, 0, 1, 1, 0}), mean("acc", []float64{1, 1, 0, 1, 0})
	near := func(what string, got, want float64) {
		if !(math.Abs(got-want) < 1e-15) {
			t.Errorf("%s: got %v, want %v", what, got, want)
		}
	}
	near("share", a.Value(), 0.6)
	near("error", a.Stderr(), math.Sqrt(0.6*0.4/4))
	by, e, err := Difference(a, b)
	if err != nil {
		t.Fatal(err)
	}
	near("difference", by, 0)
	near("its error", e, math.Sqrt(2./4/5)) // of 0, −1, 1, 0, 0
	if _, _, err := Difference(a, mean("acc", nil)); err == nil {
		t.Error("other documents are compared")
	}
	if one := mean("acc", []float64{1}); !math.IsNaN(one.Stderr()) {
		t.Error("one document has a standard error")
	}
}

// TestLambada takes the last word off.
func TestLambada(t *testing.T) {
	task, err := Named("lambada_openai")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][2]string{"a  b": {"a ", "b"}, "a": {"", "a"}, "a b\tc": {"a", "b\tc"}, "a ": {"a", ""}} {
		d, err := task.Read([]byte(`{"text": "` + strings.ReplaceAll(text, "\t", `\t`) + `"}`))
		if err != nil || d.Contexts[0] != want[0] || d.Choices[0] != want[1] {
			t.Errorf("%q: got %+v, %v", text, d, err)
		}
	}
}

// FuzzRead wants documents that can be asked, or errors of one line, whatever a
// row holds.
func FuzzRead(f *testing.F) {
	for _, row := range []string{
		`{"question": "a", "passage": "b", "label": 1}`, `{"sentence1": "a", "sentence2": "b", "label": "0"}`,
		`{"activity_label": "a", "ctx_a": "b [title] c", "ctx_b": "İ", "endings": ["[x] d", "e"], "label": "1"}`,
		`{"sentence": "a _ b", "option1": "b", "option2": "c", "answer": "2"}`,
		`{"question": "a", "question_stem": "a", "choices": {"text": ["b"], "label": ["A"]}, "answerKey": " A"}`,
		`{"goal": "a", "sol1": "b", "sol2": "", "label": true}`, `{"text": "a b"}`,
		`{"context": "a", "choices": ["b", "c"], "answer": "c"}`, `{"source": "a{b}", "target": "c"}`, `{"prompt": "", "references": "c"}`,
	} {
		f.Add([]byte(row), "{source} {")
	}
	f.Fuzz(func(t *testing.T, row []byte, template string) {
		all := []*Task{Own("own", Writing{}), Own("own", Writing{Template: template})}
		for i := range known {
			all = append(all, &known[i])
		}
		for _, task := range all {
			d, err := task.Read(row)
			if err != nil {
				if strings.Contains(err.Error(), "\n") {
					t.Errorf("%s: the error is %q", task.Name, err)
				}
				continue
			}
			d.example()
			requests, err := Encoding{letters{}, true, 1, "<s>"}.Requests(&d)
			if err == nil && d.Generates() == (len(requests) > 0) {
				t.Errorf("%s: %d requests of %+v", task.Name, len(requests), d)
			}
			if err != nil || d.Generates() {
				continue
			}
			results := make([]likelihood.Result, len(requests))
			a := AnswerOf(&d, requests, results)
			for _, m := range task.Score([]Document{d}, []Answer{a}) {
				if m.N() != 1 {
					t.Errorf("%s: %d documents", m.Name, m.N())
				}
			}
		}
	})
}
