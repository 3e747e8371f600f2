package prune

import (
	"context"
	"fmt"
	"math"
	"os"
	"testing"

	"sparsellm/internal/golden"
	"sparsellm/linalg"
)

// full64 are the float64 goldens with every step, too large for testdata.
const full64 = "../../shared/golden"

// TestReleasedFloat64 holds every quantity of the released alternation, run in
// float64 on the golden input, to PyTorch's float64.
func TestReleasedFloat64(t *testing.T) {
	if _, err := os.Stat(full64); err != nil {
		t.Skip("no float64 goldens with all steps beside the repository")
	}
	for _, m := range []struct {
		name, layer, up, gate, down string
		w                           float64
		epochs                      []int
	}{
		{"opt-micro", "model.decoder.layers.%d.", "fc1", "", "fc2", 0.1, []int{4, 4}},
		{"llama-micro", "model.layers.%d.mlp.", "up_proj", "gate_proj", "down_proj", 5, []int{4, 1}},
	} {
		t.Run(m.name, func(t *testing.T) {
			g := golden.Open(t, full64+"/"+m.name, "s50-fp64")
			ck := openModel(t, "../testdata/"+m.name)
			for b, epochs := range m.epochs {
				prefix := fmt.Sprintf(m.layer, b)
				weight := func(name string) linalg.Matrix[float64] { return readMatrix(t, ck, prefix+name+".weight") }
				net := &FFN[float64]{Activation: testActivation(m.gate != ""), Up: weight(m.up), Down: weight(m.down)}
				names := map[string]string{"up": m.up, "down": m.down, "gate": m.gate}
				if m.gate != "" {
					net.Gate = weight(m.gate)
				} else {
					net.UpBias = readMatrix(t, ck, prefix+m.up+".bias").Data
					net.DownBias = readMatrix(t, ck, prefix+m.down+".bias").Data
				}
				xT, _ := g.Tensor(t, fmt.Sprintf("block%d.init.X", b))
				worst := map[string]float64{}
				check := func(s Step[float64]) {
					var want linalg.Matrix[float64]
					var ok bool
					switch s.Name {
					case "p", "z", "s":
						want, ok = g.Tensor(t, fmt.Sprintf("block%d.epoch%d.%s", b, s.Epoch, s.Name))
						want = transposed(want)
					default:
						var l, q string
						fmt.Sscanf(replaceDot(s.Name), "%s %s", &l, &q)
						if q != "hessian" {
							q = "weight_" + q
						}
						want, ok = g.Tensor(t, fmt.Sprintf("%s%s.epoch%d.%s", prefix, names[l], s.Epoch, q))
					}
					if !ok {
						if s.Epoch < epochs {
							t.Errorf("block %d, epoch %d: no golden for %s", b, s.Epoch, s.Name)
						}
						return
					}
					diff, masks := distance(s.Value, want)
					worst[s.Name] = max(worst[s.Name], diff)
					if diff > 1e-8 || masks > 0 && s.Name != "p" && s.Name != "z" {
						t.Errorf("block %d, epoch %d: %s is off by %.3g, %d masks differ", b, s.Epoch, s.Name, diff, masks)
					}
				}
				_, err := Released(context.Background(), nil, Problem[float64]{
					Net: net, X: transposed(xT), Samples: g.Samples, Epochs: epochs + 1,
					Penalties: Penalties{m.w, m.w, m.w}, Observe: check,
					Spec: Spec{Sparsity: g.Sparsity, BlockSize: g.BlockSize, Damping: g.Damping, Bits: g.Bits},
				})
				if err != nil {
					t.Fatal(err)
				}
				t.Log(b, worst)
			}
		})
	}
}

// distance returns the largest difference relative to the largest entry, and
// how many entries are zero in one matrix only.
func distance(got, want linalg.Matrix[float64]) (diff float64, masks int) {
	var top float64
	for i := range want.Rows {
		for j, w := range want.Row(i) {
			v := got.At(i, j)
			top = max(top, math.Abs(w))
			diff = max(diff, math.Abs(v-w))
			if (v == 0) != (w == 0) {
				masks++
			}
		}
	}
	return diff / top, masks
}
