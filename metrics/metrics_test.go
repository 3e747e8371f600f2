package metrics

import (
	"encoding/json"
	"math"
	"os"
	"testing"
	"unicode/utf8"
)

// TestReference compares with the tools that define the metrics:
// testdata/reference.py.
func TestReference(t *testing.T) {
	text, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Cases []struct {
			Text       string
			References []string
			Exact, F1  float64
			Rouge      []float64
			BLEU, ChrF float64
		}
		BLEU, ChrF float64
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	near := func(what, text string, got, want float64) {
		if !(math.Abs(got-want) <= 1e-12*(1+math.Abs(want))) {
			t.Errorf("%s of %q: got %v, want %v", what, text, got, want)
		}
	}
	var bleu, chrf []float64
	add := func(to *[]float64, more []float64) {
		if *to == nil {
			*to = make([]float64, len(more))
		}
		for i, v := range more {
			(*to)[i] += v
		}
	}
	for _, c := range all.Cases {
		near("exact match", c.Text, ExactMatch(c.Text, c.References), c.Exact)
		near("F1", c.Text, TokenF1(c.Text, c.References), c.F1)
		one, two, longest := Rouge(c.Text, c.References)
		near("ROUGE-1", c.Text, one, c.Rouge[0])
		near("ROUGE-2", c.Text, two, c.Rouge[1])
		near("ROUGE-L", c.Text, longest, c.Rouge[2])
		b, f := BLEUCounts(c.Text, c.References), ChrFCounts(c.Text, c.References)
		near("BLEU", c.Text, BLEU(b), c.BLEU)
		near("chrF", c.Text, ChrF(f), c.ChrF)
		add(&bleu, b)
		add(&chrf, f)
	}
	near("BLEU", "all", BLEU(bleu), all.BLEU)
	near("chrF", "all", ChrF(chrf), all.ChrF)
}

// FuzzMetrics wants figures that are in their ranges, and largest for a text that
// is its own reference.
func FuzzMetrics(f *testing.F) {
	f.Add("The cat, sat.", "a cat sat")
	f.Add("", "x")
	f.Fuzz(func(t *testing.T, text, reference string) {
		if !utf8.ValidString(text) || !utf8.ValidString(reference) || len(text)+len(reference) > 1000 {
			return
		}
		figures := func(reference string) []float64 {
			r := []string{reference}
			one, two, longest := Rouge(text, r)
			return []float64{ExactMatch(text, r), TokenF1(text, r), one, two, longest, BLEU(BLEUCounts(text, r)) / 100, ChrF(ChrFCounts(text, r)) / 100}
		}
		own := figures(text)
		for i, v := range figures(reference) {
			if !(v >= 0 && v <= 1+1e-9) || v > own[i]+1e-9 {
				t.Errorf("figure %d of %q, %q is %v, with itself %v", i, text, reference, v, own[i])
			}
		}
	})
}
