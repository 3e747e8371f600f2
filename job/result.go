package job

import (
	"encoding/json"
	"math"

	"sparsellm/inspect"
	"sparsellm/pipeline"
	"sparsellm/report"
)

// Result is what Prune has done.
type Result struct {
	Settings  Settings                `json:"settings"`
	Eval      []BeforeAfter           `json:"eval"`
	Layers    []pipeline.MatrixReport `json:"layers"`
	Size      inspect.Sizes           `json:"size"`
	Packed    *inspect.Storage        `json:"packed,omitempty"`
	Phases    []Phase                 `json:"phases"`
	Seconds   float64                 `json:"seconds"`
	PeakBytes int64                   `json:"peak_bytes"`

	masks []*report.Mask // of Layers, for a report
}

// BeforeAfter is the perplexity of one text before and after.
type BeforeAfter struct {
	Text
	Dense  Number `json:"dense"`
	Pruned Number `json:"pruned"`
}

// Evaluation is what Evaluate has measured.
type Evaluation struct {
	Settings  Settings     `json:"settings"`
	Eval      []Evaluated  `json:"eval"`
	Tasks     []TaskResult `json:"tasks,omitempty"`
	Against   []Distance   `json:"against,omitempty"`
	Seconds   float64      `json:"seconds"`
	PeakBytes int64        `json:"peak_bytes"`
}

// Evaluated is the perplexity of one text.
type Evaluated struct {
	Text
	Perplexity Number `json:"perplexity"`
}

// Text says what a perplexity was measured on.
type Text struct {
	File   string `json:"file"`
	SeqLen int    `json:"seqlen"` // tokens in the longest window
	Tokens int    `json:"tokens"` // of it, in all windows
}

// Number is a float64 that JSON can hold: one that is not finite is null.
type Number float64

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(n)) || math.IsInf(float64(n), 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// String has as many digits as perplexities are quoted with.
func (n Number) String() string { return report.Perplexity(float64(n)) }

// Sparsity is the share of zeros of all layers.
func Sparsity(layers []pipeline.MatrixReport) float64 {
	var zeros, all float64
	for _, l := range layers {
		n := float64(l.Rows) * float64(l.Cols)
		zeros += n * l.Sparsity
		all += n
	}
	return zeros / max(all, 1)
}

// sizes returns those of the pruned matrices, and of the model with them.
func (s *session) sizes(layers []pipeline.MatrixReport) inspect.Sizes {
	var all inspect.Sizes
	for _, r := range layers {
		zeros := int(math.Round(r.Sparsity * float64(r.Rows*r.Cols)))
		all.Matrices = all.Matrices.Plus(inspect.SizeOf(r.Rows, r.Cols, zeros, s.storedAs(r.Tensor).Size()))
	}
	rest := -all.Matrices.Dense // of the tensors that were not pruned
	for _, name := range s.ckpt.Names() {
		shape, _ := s.ckpt.Shape(name)
		n := s.storedAs(name).Size()
		for _, d := range shape {
			n *= int64(d)
		}
		rest += n
	}
	all.Model = all.Matrices.Plus(inspect.Size{Dense: rest, Bitmask: rest, CSR: rest})
	return all
}
