package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"testing"
)

// tracedParts are a total's parts.
type tracedParts struct {
	Fit        float64 `json:"fit"`
	Activation float64 `json:"activation"`
	Output     float64 `json:"output"`
	Ridge      float64 `json:"ridge"`
}

func (p tracedParts) sum() float64 { return p.Fit + p.Activation + p.Output + p.Ridge }

// tracedStep is a line of a trace, read independently.
type tracedStep struct {
	Block       int         `json:"block"`
	Epoch       int         `json:"epoch"`
	Step        string      `json:"step"`
	Lowers      bool        `json:"lowers"`
	Before      float64     `json:"before"`
	After       float64     `json:"after"`
	Energy      float64     `json:"energy"`
	PartsBefore tracedParts `json:"parts_before"`
	PartsAfter  tracedParts `json:"parts_after"`
}

// traceOf prunes a built-in model in float64 and returns the trace.
func traceOf(t *testing.T, model string, more ...string) []tracedStep {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "trace.jsonl")
	must(t, append([]string{"prune", "--model", micro(model), "--calib", filepath.Join(micro(model), "calib.rows.json"),
		"--out", filepath.Join(dir, "out"), "--nsamples", "16", "--precision", "f64", "--trace", path, "--quiet"}, more...)...)
	var steps []tracedStep
	for i, line := range bytes.Split(bytes.TrimSuffix(read(t, path), []byte("\n")), []byte("\n")) {
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		var s tracedStep
		if err := d.Decode(&s); err != nil {
			t.Fatalf("line %d: %v: %s", i+1, err, line)
		}
		steps = append(steps, s)
	}
	return steps
}

// TestTraceOfModels: on real models, too, a step that minimises its objective
// does not raise it, in any block and epoch, and says what it did.
func TestTraceOfModels(t *testing.T) {
	for _, c := range []struct {
		model  string
		exact  []string // these have to be held to it
		others []string
		more   []string
	}{
		{"opt-micro", []string{"p", "z", "up.updated", "down.updated", "down.refitted"}, []string{"up.pruned", "down.pruned"}, nil},
		{"opt-micro", []string{"p", "z", "up.updated", "down.updated", "down.refitted"}, []string{"up.pruned", "down.pruned"},
			[]string{"--pattern", "2:4", "--alpha", "0.3", "--beta", "2", "--gamma", "5"}},
		{"llama-micro", []string{"p", "z", "s", "up.updated", "gate.updated", "down.updated", "down.refitted"},
			[]string{"up.pruned", "gate.pruned", "down.pruned"}, []string{"--sparsity", "0.7"}},
		{"llama-micro", []string{"p", "z", "s", "up.updated", "gate.updated", "down.updated", "down.refitted"},
			[]string{"up.pruned", "gate.pruned", "down.pruned"}, []string{"--alpha", "0.3", "--beta", "2", "--gamma", "5"}},
	} {
		t.Run(fmt.Sprint(c.model, c.more), func(t *testing.T) {
			seen := map[string]int{}
			for _, s := range traceOf(t, c.model, c.more...) {
				at := fmt.Sprintf("block %d, epoch %d, %s", s.Block, s.Epoch, s.Step)
				seen[fmt.Sprint(s.Block, s.Step)]++
				if exact := slices.Contains(c.exact, s.Step); exact != s.Lowers || !exact && !slices.Contains(c.others, s.Step) {
					t.Errorf("%s: exact: %v", at, s.Lowers)
				}
				// A total is a sum of up to 16·64 tokens × 128 neurons squares.
				// They are differences of terms as large as those of z and Y.
				rounding := 16 * 64 * 128 * 0x1p-52 * (s.Before + s.After + s.Energy)
				if s.Lowers && s.After > s.Before+rounding {
					t.Errorf("%s takes its objective from %v to %v", at, s.Before, s.After)
				}
				for _, total := range [][2]float64{{s.Before, s.PartsBefore.sum()}, {s.After, s.PartsAfter.sum()}} {
					if math.Abs(total[0]-total[1]) > 1e-12*math.Abs(total[0]) {
						t.Errorf("%s: the parts of %v sum to %v", at, total[0], total[1])
					}
				}
			}
			for _, block := range []int{0, 1} {
				for _, step := range append(c.exact, c.others...) {
					if seen[fmt.Sprint(block, step)] == 0 {
						t.Errorf("block %d has no step %s: %v", block, step, seen)
					}
				}
			}
		})
	}
}
