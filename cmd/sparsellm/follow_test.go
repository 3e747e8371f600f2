package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// TestProgressSaysTheObjective: a line for each block, with what the
// alternation has come to where there is one, and none where it shall be quiet.
func TestProgressSaysTheObjective(t *testing.T) {
	for _, c := range []struct {
		method    string
		objective bool
	}{{"sparsellm", true}, {"sparsegpt", false}} {
		out := filepath.Join(t.TempDir(), "out")
		o := sparse(pruneArgs(micro("opt-micro"), out, "--method", c.method, "--quiet=false", "--json", "-")...)
		if o.code != exitOK {
			t.Fatal(o.err)
		}
		var r struct {
			Layers []struct {
				Block   int
				Network *struct {
					Objective []float64
					Kept      int
				}
			}
		}
		if err := json.Unmarshal([]byte(o.out), &r); err != nil {
			t.Fatal(err)
		}
		said := 0
		for _, l := range r.Layers {
			if l.Network == nil {
				continue
			}
			said++
			want := fmt.Sprintf(", objective %.3g, ", l.Network.Objective[l.Network.Kept])
			line := strings.Split(o.err, "\n")[l.Block]
			if !strings.HasPrefix(line, fmt.Sprintf("block %d/2: ", l.Block+1)) || !strings.Contains(line, want) {
				t.Errorf("%s: block %d: %q lacks %q", c.method, l.Block, line, want)
			}
		}
		if (said == 2) != c.objective || !c.objective && strings.Contains(o.err, "objective") {
			t.Errorf("%s: %d objectives: %s", c.method, said, o.err)
		}
	}
	if o := sparse(pruneArgs(micro("opt-micro"), filepath.Join(t.TempDir(), "out"))...); o.err != "" {
		t.Errorf("quiet, and yet: %s", o.err)
	}
}
