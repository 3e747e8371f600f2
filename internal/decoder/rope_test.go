package decoder

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// FuzzRope: no text panics, and what is taken turns every sequence, the longest
// too, by finite angles.
func FuzzRope(f *testing.F) {
	text, err := os.ReadFile("../../arch/testdata/spellings.json")
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
		c, err := ParseConfig(text)
		if err != nil {
			return
		}
		dim := 2 * c.Int("head_dim", 4, 1, 1<<11)
		r := ParseRope(c, dim, c.Int("max_position_embeddings", 64, 1, MaxPositions), []string{"full_attention"}, RopeChoices{Partial: 1})
		if c.Err() != nil {
			return
		}
		if r.longest < r.positions {
			t.Fatalf("%d positions, %d stretched", r.positions, r.longest)
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
