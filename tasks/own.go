package tasks

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"sparsellm/metrics"
)

// Writing says how the rows of a user's own task become questions, and where
// answers end.
type Writing struct {
	// Template makes the question of a row's fields: {question} is that of the
	// field question. Empty: the field context, source or prompt as it is.
	Template string `json:"template,omitempty"`
	// Stop are the texts before which an answer ends, MaxTokens how many tokens it
	// has at most. Empty: an empty line, and 128.
	Stop      []string `json:"stop,omitempty"`
	MaxTokens int      `json:"max_tokens,omitempty"`
}

// What an answer ends with where nothing is said.
const (
	defaultStop   = betweenExamples
	defaultTokens = 128
)

// Ends returns where answers end.
func (w Writing) Ends() (stop []string, tokens int) {
	stop, tokens = w.Stop, w.MaxTokens
	if len(stop) == 0 {
		stop = []string{defaultStop}
	}
	if tokens == 0 {
		tokens = defaultTokens
	}
	return stop, tokens
}

// kind is a form of a user's own rows: by the field that only it has, what its
// question is in, and the fields of which there are some.
type kind struct {
	mark, question string
	read           func(r *row, question string) Document
	score          func(documents []Document, all []Answer) []Measure
}

var kinds = []kind{
	{"choices", "context", ownChoice, func(documents []Document, all []Answer) []Measure {
		return choiceMeasures(documents, all, true)
	}},
	{"target", "source", ownPair, pairMeasures},
	{"references", "prompt", ownGenerated, generatedMeasures},
}

// Own is a user's own task. The first row says which kind the rows are of.
func Own(name string, w Writing) *Task {
	t := &Task{Name: name}
	var of *kind
	t.read = func(r *row) Document {
		if of == nil {
			i := slices.IndexFunc(kinds, func(k kind) bool { _, ok := r.fields[k.mark]; return ok })
			if i < 0 {
				r.fail("it has neither choices (and answer) nor target nor references, one of which says what is asked; there are %s", r.names())
				return Document{}
			}
			of = &kinds[i]
			t.score = of.score
		}
		if w.Template == "" {
			return of.read(r, r.text(of.question))
		}
		return of.read(r, r.fill(w.Template))
	}
	return t
}

// fill writes a template with the fields of a row. What is between braces and no
// name of a field is text, but for a name that looks like one.
func (r *row) fill(template string) string {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(template, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, rest, closed := strings.Cut(after, "}")
		if !closed || !isName(name) {
			b.WriteByte('{')
			template = after
			continue
		}
		var value any
		r.get(name, "a text or a number", &value)
		switch value := value.(type) {
		case string:
			b.WriteString(value)
		case float64, bool:
			b.Write(r.fields[name])
		default:
			r.fail("the field %q is %.40s, not a text or a number", name, r.fields[name])
		}
		template = rest
	}
}

// isName says whether s may be a field's name in a template.
func isName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return c != '_' && c != '-' && c != '.' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
	})
}

// ownChoice takes choices, and an answer that is the place of one, from 0, or
// one of them as it stands.
func ownChoice(r *row, question string) Document {
	d := Document{Contexts: []string{question}, Choices: r.texts("choices")}
	if r.err == nil && len(d.Choices) < 2 {
		r.fail("the field \"choices\" has %d texts; it takes two to choose", len(d.Choices))
	}
	var text string
	if json.Unmarshal(r.fields["answer"], &text) == nil && text != "" {
		if d.Gold = slices.Index(d.Choices, text); d.Gold >= 0 {
			return d
		}
	}
	d.Gold = r.label("answer", len(d.Choices))
	return d
}

func ownPair(r *row, question string) Document {
	d := Document{Contexts: []string{question}, Choices: []string{r.text("target")}, Gold: -1}
	if r.err == nil && strip(d.Choices[0]) == "" {
		r.fail("the field \"target\" is empty")
	}
	return d
}

func ownGenerated(r *row, question string) Document {
	d := Document{Gold: -1, Generated: Generated{Prompt: question}}
	var one string
	if json.Unmarshal(r.fields["references"], &one) == nil && r.has("references") {
		d.References = []string{one}
	} else {
		d.References = r.texts("references")
	}
	if r.err == nil && len(d.References) == 0 {
		r.fail("the field \"references\" is empty")
	}
	return d
}

// pairMeasures are the perplexity of the targets by token, and the share of those
// that the model would write itself.
func pairMeasures(_ []Document, all []Answer) []Measure {
	perplexity := Measure{Name: "perplexity", value: func(sums []float64, _ float64) float64 { return math.Exp(-sums[0] / sums[1]) }}
	exact, log := make([]float64, len(all)), make([]float64, len(all))
	for i, a := range all {
		perplexity.each = append(perplexity.each, []float64{a.Log[0], float64(a.Tokens[0][1])})
		log[i] = a.Log[0]
		if a.Greedy[0] {
			exact[i] = 1
		}
	}
	return []Measure{perplexity, mean("exact_match", exact), mean("loglik", log)}
}

// generatedMeasures hold answers against references.
func generatedMeasures(documents []Document, all []Answer) []Measure {
	names := []string{"exact_match", "f1", "rouge1", "rouge2", "rougeL"}
	values := make([][]float64, len(names))
	bleu := Measure{Name: "bleu", value: func(sums []float64, _ float64) float64 { return metrics.BLEU(sums) }}
	chrf := Measure{Name: "chrf", value: func(sums []float64, _ float64) float64 { return metrics.ChrF(sums) }}
	for i, a := range all {
		text, references := strip(*a.Text), documents[i].References
		one, two, longest := metrics.Rouge(text, references)
		for k, v := range []float64{metrics.ExactMatch(text, references), metrics.TokenF1(text, references), one, two, longest} {
			values[k] = append(values[k], v)
		}
		bleu.each = append(bleu.each, metrics.BLEUCounts(text, references))
		chrf.each = append(chrf.each, metrics.ChrFCounts(text, references))
	}
	var measures []Measure
	for k, name := range names {
		measures = append(measures, mean(name, values[k]))
	}
	return append(measures, bleu, chrf)
}

// Generates says whether a document asks for an answer that the model writes.
func (d *Document) Generates() bool { return len(d.References) > 0 }

// Asks returns the tokens of the prompt of a document that Generates.
func (e Encoding) Asks(d *Document) ([]int, error) {
	ids, err := e.text(d.Prompt)
	if err == nil && len(ids) == 0 {
		ids = []int{e.Prefix}
	}
	if err != nil {
		return nil, fmt.Errorf("the prompt: %w", err)
	}
	return ids, nil
}
