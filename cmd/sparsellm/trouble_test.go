package main

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"sparsellm/pipeline"
)

// TestTrouble prunes a model of which features are dead or alike, and wants
// that to be told on the way, in the summary and in the JSON.
func TestTrouble(t *testing.T) {
	dir := copyModel(t, "opt-micro")
	weights := filepath.Join(dir, "model.safetensors")
	file := read(t, weights)
	all := tensors(t, file)
	set := func(name string, alive map[int]float32) {
		data := all["model.decoder.layers.1."+name].data
		clear(data)
		for i, v := range alive {
			binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(v))
		}
	}
	set("final_layer_norm.weight", nil)
	set("final_layer_norm.bias", map[int]float32{3: 1, 4: 1}) // 30 of 32 features are dead, 2 are one
	write(t, weights, string(file))

	result := filepath.Join(t.TempDir(), "result.json")
	o := sparse(pruneArgs(dir, filepath.Join(t.TempDir(), "out"), "--percdamp", "0", "--json", result, "--quiet=false")...)
	if o.code != exitOK {
		t.Fatalf("exit code %d: %s", o.code, o.err)
	}
	for _, want := range []string{
		"warning: block 2/2, fc1: the Hessian is not positive definite; damping raised to 0.001\n",
	} {
		if !strings.Contains(o.err, want) {
			t.Errorf("standard error lacks %q: %s", want, o.err)
		}
	}
	for _, want := range []string{
		"block 1, fc1: the Hessian's damping was raised to 0.001\n",
		" input features were zero in every calibration sample",
	} {
		if !strings.Contains(o.out, want) {
			t.Errorf("the summary lacks %q: %s", want, o.out)
		}
	}
	var r struct{ Layers []pipeline.MatrixReport }
	if err := json.Unmarshal(read(t, result), &r); err != nil {
		t.Fatal(err)
	}
	for _, l := range r.Layers {
		if l.Block == 1 && l.Name == "fc1" {
			if l.Dead != 30 || l.Damping != 0.001 {
				t.Errorf("fc1 has %d dead features and damping %v", l.Dead, l.Damping)
			}
			return
		}
	}
	t.Error("no report of fc1")
}
