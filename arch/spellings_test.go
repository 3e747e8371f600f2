package arch_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"sparsellm/linalg"
)

// spelling is a model of testdata/spellings.json.
type spelling struct {
	model variant
	want  map[string]expected // by version of transformers
}

type expected struct {
	Loss       float64   `json:"loss"`
	LastLogits []float64 `json:"last_logits"` // the first few
}

func readSpellings(t testing.TB) (ids []int, models map[string]spelling) {
	t.Helper()
	text, err := os.ReadFile("testdata/spellings.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		IDs    []int
		Shapes []synthetic
		Models map[string]struct {
			Config string
			Shapes int
			Old    *expected `json:"4.45.1"`
			New    *expected `json:"5.24.0"`
		}
	}
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	models = map[string]spelling{}
	for name, m := range f.Models {
		s := spelling{variant{Config: []byte(m.Config), Shapes: f.Shapes[m.Shapes]}, map[string]expected{}}
		for version, e := range map[string]*expected{"4.45.1": m.Old, "5.24.0": m.New} {
			if e != nil {
				s.want[version] = *e
			}
		}
		models[name] = s
	}
	return f.IDs, models
}

// TestSpellings compares what is made of each config.json with what the
// versions of transformers that read it make of it, in float64 throughout.
func TestSpellings(t *testing.T) {
	ids, models := readSpellings(t)
	for name, s := range models {
		t.Run(name, func(t *testing.T) {
			_, logits := run(t, nil, openVariant[float64](t, s.model), ids)
			if len(s.want) == 0 {
				t.Error("no version reads it")
			}
			for version, want := range s.want {
				n := len(want.LastLogits)
				d := worst(logits.Slice(len(ids)-1, len(ids), 0, n), linalg.MatrixOf(1, n, want.LastLogits))
				d = max(d, math.Abs(meanLoss(logits, ids)/want.Loss-1))
				// As in TestVariants.
				const units = 50
				if !(d < units*0x1p-52) {
					t.Errorf("off by %.1e from transformers %s", d, version)
				}
			}
		})
	}
}
