package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"sparsellm/internal/atomicfile"
	"sparsellm/pipeline"
)

// pruneResult is what prune --json writes.
type pruneResult struct {
	Settings  settings                `json:"settings"`
	Eval      []pruneEval             `json:"eval"`
	Layers    []pipeline.MatrixReport `json:"layers"`
	Size      sizes                   `json:"size"`
	Phases    []phase                 `json:"phases"`
	Seconds   float64                 `json:"seconds"`
	PeakBytes int64                   `json:"peak_bytes"`
}

// pruneEval is the perplexity of one text before and after.
type pruneEval struct {
	text
	Dense  number `json:"dense"`
	Pruned number `json:"pruned"`
}

// evalResult is what eval --json writes.
type evalResult struct {
	Settings  settings   `json:"settings"`
	Eval      []evalEval `json:"eval"`
	Seconds   float64    `json:"seconds"`
	PeakBytes int64      `json:"peak_bytes"`
}

// evalEval is the perplexity of one text.
type evalEval struct {
	text
	Perplexity number `json:"perplexity"`
}

// compareResult is what compare --json writes.
type compareResult struct {
	Settings  settings     `json:"settings"`
	Dense     []evalEval   `json:"dense"`
	Runs      []compareRun `json:"runs"`
	Phases    []phase      `json:"phases"`
	Seconds   float64      `json:"seconds"`
	PeakBytes int64        `json:"peak_bytes"`
}

// compareRun is one cell of compare's table.
type compareRun struct {
	Method   string                  `json:"method"`
	Target   string                  `json:"target"`
	Sparsity float64                 `json:"sparsity"` // that was reached
	Eval     []evalEval              `json:"eval"`
	Layers   []pipeline.MatrixReport `json:"layers"`
	Seconds  float64                 `json:"seconds"`
	Error    string                  `json:"error,omitempty"`
}

// text says what a perplexity was measured on.
type text struct {
	File   string `json:"file"`
	SeqLen int    `json:"seqlen"` // tokens in the longest window
	Tokens int    `json:"tokens"` // in all windows
}

// number is a float64 that JSON can hold: one that is not finite is null.
type number float64

// MarshalJSON implements json.Marshaler.
func (n number) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(n)) || math.IsInf(float64(n), 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// String has as many digits as perplexities are quoted with.
func (n number) String() string {
	switch f := float64(n); {
	case f < 1000:
		return fmt.Sprintf("%.2f", f)
	case f < 100000:
		return fmt.Sprintf("%.0f", f)
	default: // NaN, too
		return fmt.Sprintf("%.3g", f)
	}
}

// writeJSON writes v to the file path in one step, or to standard output if
// path is "-".
func (c *console) writeJSON(path string, v any) error {
	if path == "-" {
		return encodeJSON(c.out, v)
	}
	if err := atomicfile.Write(path, func(w io.Writer) error { return encodeJSON(w, v) }); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return nil
}

// report writes the result v as JSON to the file path, if there is one, and
// else to standard output as print does.
func (c *console) report(path string, v any, print func(io.Writer) error) error {
	if path != "" {
		if err := c.writeJSON(path, v); err != nil || path == "-" {
			return err
		}
	}
	return print(c.out)
}

func encodeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// writable says early whether writeJSON will find a folder to write to.
func writable(path string) error {
	if path == "" || path == "-" {
		return nil
	}
	dir := filepath.Dir(path)
	if st, err := os.Stat(dir); err != nil || !st.IsDir() {
		return fmt.Errorf("cannot write %s: there is no folder %s", path, dir)
	}
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return fmt.Errorf("cannot write %s: it is a folder", path)
	}
	return nil
}
