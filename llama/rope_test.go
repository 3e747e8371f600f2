package llama

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// FuzzConfig: no text panics, and what is taken turns every sequence, the
// longest too, by finite angles.
func FuzzConfig(f *testing.F) {
	text, err := os.ReadFile("../arch/testdata/spellings.json")
	if err != nil {
		f.Fatal(err)
	}
	var seeds struct {
		Models map[string]struct{ Config string }
	}
	if err := json.Unmarshal(text, &seeds); err != nil {
		f.Fatal(err)
	}
	for _, m := range seeds.Models {
		f.Add([]byte(m.Config))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := parse(text)
		if err != nil {
			return
		}
		r := &c.rope
		if r.longest < r.positions || c.MaxPositions != r.longest {
			t.Fatalf("%d positions, %d stretched, %d at most", r.positions, r.longest, c.MaxPositions)
		}
		if r.dim > 1<<12 {
			return // such tables are large, not other
		}
		for _, tokens := range []int{1, 2, r.positions, r.positions + 1, int(min(r.original, 1<<30)), r.longest} {
			for j, freq := range r.frequencies(tokens) {
				last := float64(r.longest-1) * freq
				if math.IsNaN(last) || math.IsInf(last, 0) || freq < 0 {
					t.Fatalf("pair %d turns by %g in a sequence of %d", j, freq, tokens)
				}
			}
		}
		turns := newTurns[float32](r, min(r.longest, 3))
		for _, x := range append(turns.cos.Data, turns.sin.Data...) {
			if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
				t.Fatalf("%+v turns by %g", r, x)
			}
		}
	})
}
