package report

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// prunedModel is the data of a made-up run: blocks of seven matrices, with
// masks by a 2:4 pattern if group is 4 and at random otherwise.
func prunedModel(t *testing.T, blocks, hidden, group int) *Data {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	d := &Data{
		Title: "A made-up model, 70% zeros", Subtitle: "SparseLLM, 64 samples of 2048 tokens of wikitext2", Group: group,
		Facts:    []Fact{{"18.31", "perplexity, dense"}, {"31.87", "perplexity, pruned"}, {"70.0%", "zeros in 210 matrices"}, {"12 min 04 s", "in all"}, {"1.6 GB", "memory at most"}},
		Settings: []Setting{{"version", "1.0"}, {"method", "sparsellm"}, {"sparsity", "0.7"}, {"seed", "0"}, {"calib", "<wikitext2> & more"}},
		Texts:    []Text{{"wikitext2", 2048, 300000, 18.31, 31.87}, {"ptb", 2048, 80000, 28.1, math.Inf(1)}},
		Phases:   []Phase{{"dense perplexity", 60, 8e8}, {"pruning", 500.5, 16e8}, {"pruned perplexity", 0.61, 16e8}},
	}
	for b := range blocks {
		first := 0.02 * math.Exp(0.1*float64(b)) * (1 + 0.3*r.Float64())
		block := Block{Block: b, Objective: []float64{first}, Kept: 3}
		for e := 1; e < 4; e++ {
			v := first * (1 - 0.12*float64(e) + 0.02*r.Float64())
			block.Objective = append(block.Objective, v)
			block.Updates = append(block.Updates, Update{e, Parts{v, 0, v * 0.3}, Parts{v * 3 / float64(e), v * 0.1, v * 0.02 * float64(e)}})
		}
		if b == 2 {
			block.Kept = 0
		}
		block.Final = block.Objective[block.Kept]
		d.Blocks = append(d.Blocks, block)
		for k, name := range []string{"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"} {
			rows, cols := hidden, hidden
			if k == 4 || k == 5 {
				rows *= 3
			}
			if k == 6 {
				cols *= 3
			}
			w := make([]float32, rows*cols)
			zeros := 0
			for i := range w {
				if group == 4 && i%4 < 2 {
					w[i&^3+r.IntN(4)] = 1
				} else if group != 4 && r.Float64() > 0.7 {
					w[i] = 1
				}
			}
			for _, v := range w {
				if v == 0 {
					zeros++
				}
			}
			mask, err := NewMask(rows, cols, w, PictureBytes/(7*blocks))
			if err != nil {
				t.Fatal(err)
			}
			d.Matrices = append(d.Matrices, Matrix{b, name, rows, cols, float64(zeros) / float64(len(w)), first * (1 + float64(k)), 1 + r.Float64(), mask})
		}
	}
	return d
}

// compared is the data of a made-up comparison, in which one run failed.
func compared() *Data {
	d := &Data{
		Title: "Methods on a made-up model", Facts: []Fact{{"18.31", "perplexity, dense"}},
		Texts: []Text{{Name: "wikitext2", SeqLen: 2048, Tokens: 300000, Dense: 18.31}},
	}
	for m, name := range []string{"magnitude", "wanda", "sparsegpt", "sparsellm"} {
		for _, s := range []float64{0.5, 0.6, 0.7, 0.8} {
			p := 18.31 * math.Exp(math.Pow(s, 3)*(8-2*float64(m)))
			d.Runs = append(d.Runs, Run{Method: name, Target: fmt.Sprint(s), Sparsity: s, Perplexities: []float64{p}, Seconds: 10})
		}
		d.Runs = append(d.Runs, Run{Method: name, Target: "2:4", Sparsity: 0.5, Structured: true, Perplexities: []float64{18.31 * math.Exp(0.2*(8-2*float64(m)))}, Seconds: 10})
	}
	d.Runs[1].Perplexities, d.Runs[1].Error = nil, "block 3: the Hessian <is> not finite"
	return d
}

func written(t *testing.T, d *Data) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
