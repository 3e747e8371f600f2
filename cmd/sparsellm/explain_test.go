package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
)

// explained is what explain --json writes, read independently.
type explained struct {
	Settings  map[string]any `json:"settings"`
	Block     int            `json:"block"`
	Name      string         `json:"name"`
	Tensor    string         `json:"tensor"`
	Rows      int            `json:"rows"`
	Cols      int            `json:"cols"`
	Row       int            `json:"row"`
	Sweep     [2]int         `json:"sweep"`
	Damping   float64        `json:"damping"`
	Threshold *float64       `json:"threshold"`
	Columns   []struct {
		Column  int       `json:"column"`
		Dense   float64   `json:"dense"`
		Scored  float64   `json:"scored"`
		R       float64   `json:"r"`
		Score   float64   `json:"score"`
		Weight  float64   `json:"weight"`
		Zeroed  bool      `json:"zeroed"`
		Kept    float64   `json:"kept"`
		Err     float64   `json:"err"`
		Updates []float64 `json:"updates"`
		Dead    bool      `json:"dead"`
	} `json:"columns"`
}

// TestExplain holds the numbers to the row that prune writes, and to one
// another.
func TestExplain(t *testing.T) {
	for _, c := range []struct {
		model, matrix string
		block, row    int
		more          []string
	}{
		{"opt-micro", "fc1", 0, 3, nil},
		{"opt-micro", "self_attn.out_proj", 1, 31, []string{"--sparsity", "0.7"}},
		{"opt-micro", "fc2", 1, 0, []string{"--pattern", "2:4"}},
		{"llama-micro", "q_proj", 0, 0, []string{"--blocksize", "16"}},
		{"llama-micro", "down_proj", 1, 7, []string{"--pattern", "1:4", "--blocksize", "32"}},
		{"llama-micro", "gate_proj", 1, 2, []string{"--sparsity", "0"}},
	} {
		name := fmt.Sprint(c.model, " ", c.matrix, c.more)
		calib := []string{"--calib", filepath.Join(micro(c.model), "calib.rows.json"), "--nsamples", "4", "--seqlen", "32", "--quiet"}
		out := filepath.Join(t.TempDir(), "out")
		must(t, append(append([]string{"prune", "--model", micro(c.model), "--out", out, "--method", "sparsegpt",
			"--layers", fmt.Sprintf("%d:%d", c.block, c.block+1), "--only", strings.ReplaceAll(c.matrix, ".", `\.`)}, calib...), c.more...)...)
		pruned := tensors(t, read(t, filepath.Join(out, "model.safetensors")))

		for _, columns := range []string{"", "16:32"} {
			var e explained
			path := filepath.Join(t.TempDir(), "e.json")
			text := must(t, append(append([]string{"explain", "--model", micro(c.model), "--block", fmt.Sprint(c.block),
				"--matrix", c.matrix, "--row", fmt.Sprint(c.row), "--columns", columns, "--json", path}, calib...), c.more...)...)
			checkWidth(t, text)
			readJSON(t, path, &e)
			want := 16
			if columns == "" {
				want = 8
			}
			if len(e.Columns) != want || !strings.HasSuffix(e.Name, c.matrix) || e.Block != c.block || e.Row != c.row {
				t.Fatalf("%s, columns %q: %+v", name, columns, e)
			}
			w := pruned[e.Tensor]
			for i, col := range e.Columns {
				j := e.Row*e.Cols + col.Column
				stored := float64(math.Float32frombits(binary.LittleEndian.Uint32(w.data[4*j:])))
				// Both are the same float32 arithmetic but for the order of
				// fused operations: 2⁻²⁴ of the terms, which number less than
				// 128 and are of the weights' size.
				if col.Zeroed != (stored == 0) || math.Abs(col.Kept-stored) > 128*0x1p-24*(1+math.Abs(stored)) {
					t.Errorf("%s: column %d: kept %v, prune has %v", name, col.Column, col.Kept, stored)
				}
				same := func(what string, a, b float64) {
					if math.Abs(a-b) > 1e-6*(math.Abs(a)+math.Abs(b)) {
						t.Errorf("%s: column %d: %s is %v, by hand %v", name, col.Column, what, a, b)
					}
				}
				same("score", col.Score, col.Scored*col.Scored/(col.R*col.R))
				same("err", col.Err, (col.Weight-col.Kept)/col.R)
				if e.Threshold != nil && col.Zeroed != (col.Score <= *e.Threshold) {
					t.Errorf("%s: column %d: score %v against %v, zeroed: %v", name, col.Column, col.Score, *e.Threshold, col.Zeroed)
				}
				if len(col.Updates) != len(e.Columns)-1-i {
					t.Errorf("%s: column %d has %d updates", name, col.Column, len(col.Updates))
				}
				for _, number := range []string{digits(col.Score), digits(col.Err), digits(col.Weight)} {
					if !strings.Contains(text, number) {
						t.Errorf("%s: the table lacks %s", name, number)
					}
				}
				for _, u := range col.Updates {
					if u != 0 && !strings.Contains(text, change(u)) {
						t.Errorf("%s: the table lacks the update %v", name, u)
					}
				}
			}
			if e.Threshold != nil && !strings.Contains(text, digits(*e.Threshold)) {
				t.Errorf("%s: the text lacks the threshold", name)
			}
		}
	}
}

// TestExplainJSONAlone writes nothing but JSON to standard output.
func TestExplainJSONAlone(t *testing.T) {
	out := must(t, "explain", "--model", micro("opt-micro"), "--calib", filepath.Join(micro("opt-micro"), "calib.rows.json"),
		"--block", "1", "--matrix", "fc1", "--row", "0", "--columns", "30:", "--json", "-")
	var e explained
	if err := json.Unmarshal([]byte(out), &e); err != nil || len(e.Columns) != 2 {
		t.Errorf("%v: %s", err, out)
	}
}

// TestExplainOfDeadFeature says of a feature that was zero in every sample
// that it is.
func TestExplainOfDeadFeature(t *testing.T) {
	model := copyModel(t, "opt-micro")
	path := filepath.Join(model, "model.safetensors")
	file := read(t, path)
	for _, part := range []string{"weight", "bias"} {
		b := tensors(t, file)["model.decoder.layers.0.final_layer_norm."+part].data
		copy(b[4*2:4*3], make([]byte, 4)) // feature 2 of the network's input
	}
	write(t, path, string(file))
	text := must(t, "explain", "--model", model, "--calib", filepath.Join(model, "calib.rows.json"), "--nsamples", "2",
		"--block", "0", "--matrix", "fc1", "--row", "3", "--quiet")
	if !strings.Contains(text, "\n2* ") || !strings.Contains(text, "zero in every sample") {
		t.Error(text)
	}
}
