package tasks

import (
	"math"
	"unicode/utf8"

	"sparsellm/likelihood"
)

// Answer is what a model says to a document: how likely it finds the choices, or
// a text.
type Answer struct {
	Log    []float64 `json:"loglik,omitempty"` // natural logarithms, one for each choice
	Gold   *int      `json:"gold,omitempty"`
	Greedy []bool    `json:"greedy,omitempty"` // each token of the choice is the likeliest
	// Tokens are how many the context and the continuation of each choice have,
	// before any is cut off.
	Tokens [][2]int `json:"tokens,omitempty"`
	Text   *string  `json:"text,omitempty"`
}

// AnswerOf puts together the results of a document's requests.
func AnswerOf(d *Document, requests []likelihood.Request, results []likelihood.Result) Answer {
	var l Answer
	for k, r := range results {
		l.Log = append(l.Log, r.Log)
		l.Greedy = append(l.Greedy, r.Greedy)
		l.Tokens = append(l.Tokens, [2]int{len(requests[k].Context), len(requests[k].Continuation)})
	}
	if d.Gold >= 0 {
		gold := d.Gold
		l.Gold = &gold
	}
	return l
}

// pick is the choice whose log-likelihood divided by its length is largest, the
// first of equals, as numpy has it: a length of 0 makes −∞ of it.
func pick(log []float64, length func(choice int) float64) int {
	best, most := 0, math.Inf(-1)
	for k, l := range log {
		if v := l / length(k); v > most {
			best, most = k, v
		}
	}
	return best
}

// Score returns the measures of a task: the first is the one that counts.
func (t *Task) Score(documents []Document, all []Answer) []Measure {
	if t.score != nil {
		return t.score(documents, all)
	}
	if t.word {
		return wordMeasures(all)
	}
	return choiceMeasures(documents, all, t.normed)
}

// choiceMeasures are the shares of documents whose right choice a model finds
// likeliest: as it is and, if normed, by its length in characters and in bytes.
func choiceMeasures(documents []Document, all []Answer, normed bool) []Measure {
	accuracy := func(name string, length func(choice string) float64) Measure {
		right := make([]float64, len(all))
		for i, l := range all {
			d := &documents[i]
			if pick(l.Log, func(k int) float64 { return length(d.Choices[k]) }) == d.Gold {
				right[i] = 1
			}
		}
		return mean(name, right)
	}
	measures := []Measure{accuracy("acc", func(string) float64 { return 1 })}
	if normed {
		measures = append(measures,
			accuracy("acc_norm", func(s string) float64 { return float64(utf8.RuneCountInString(s)) }),
			accuracy("acc_bytes", func(s string) float64 { return float64(len(s)) }))
	}
	return measures
}

// wordMeasures are those of one right continuation: whether it is what the model
// would write, and the perplexity of it as a whole.
func wordMeasures(all []Answer) []Measure {
	greedy, log := make([]float64, len(all)), make([]float64, len(all))
	for i, l := range all {
		if l.Greedy[0] {
			greedy[i] = 1
		}
		log[i] = l.Log[0]
	}
	perplexity := mean("perplexity", log)
	perplexity.value = func(sums []float64, n float64) float64 { return math.Exp(-sums[0] / n) }
	return []Measure{mean("acc", greedy), perplexity}
}
