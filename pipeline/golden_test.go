package pipeline

import (
	"context"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"text/tabwriter"

	"sparsellm/arch"
	"sparsellm/checkpoint"
	"sparsellm/internal/golden"
	"sparsellm/internal/long"
	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/perplexity"
	"sparsellm/prune"
)

// A golden case is pruned in float64 and in float32. The float64 run must be
// PyTorch's float64 run to rounding, masks and all. The float32 run may be no
// farther from that than twice what PyTorch's float32 is.

// cases of the micro models, whose goldens are in testdata.
var cases = []string{"sparsegpt-s50", "s50", "s80", "2of4", "4of8", "s50-w4-b16"}

type result[T linalg.Float] struct {
	weights map[string]linalg.Matrix[T]
	perpl   float64
}

// pruneCase runs a golden case's settings on the model in folder dir.
func pruneCase[T linalg.Float](t testing.TB, dir string, g *golden.Case, threads int) result[T] {
	t.Helper()
	ck, over := openOverlay[T](t, dir)
	return pruneOver[T](t, dir, ck, over, g, threads)
}

func openOverlay[T linalg.Float](t testing.TB, dir string) (*checkpoint.Checkpoint, *checkpoint.Overlay) {
	t.Helper()
	ck, err := checkpoint.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ck.Close() })
	over, err := checkpoint.NewOverlay(ck, precision[T]())
	if err != nil {
		t.Fatal(err)
	}
	return ck, over
}

// pruneOver is pruneCase for the model as over has it, which takes the pruned
// weights.
func pruneOver[T linalg.Float](t testing.TB, dir string, ck *checkpoint.Checkpoint, over *checkpoint.Overlay, g *golden.Case, threads int) result[T] {
	t.Helper()
	m, err := arch.Open[T](ck.Config(), over)
	if err != nil {
		t.Fatal(err)
	}
	r := result[T]{weights: map[string]linalg.Matrix[T]{}}
	pool := linalg.NewPool(threads)
	opt := Options[T]{
		Settings: Settings{Method: "sparsellm", Compat: true, Epochs: g.Epochs, Spec: specOf(g)},
		Sink: storing[T](func(tensor string, w linalg.Matrix[T]) error {
			r.weights[tensor] = w.Clone()
			return lay(over, tensor, w.Data)
		}),
	}
	ctx := context.Background()
	if _, err := Run(ctx, pool, m, golden.Rows(t, dir+"/calib.rows.json", g.Samples, g.SeqLen), opt); err != nil {
		t.Fatal(err)
	}
	p, err := perplexity.Of(ctx, pool, m, golden.Rows(t, dir+"/test.rows.json", 32, g.SeqLen), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.perpl = p.Perplexity
	return r
}

func precision[T linalg.Float]() checkpoint.DType {
	var x T
	if _, ok := any(x).(float64); ok {
		return checkpoint.F64
	}
	return checkpoint.F32
}

func specOf(g *golden.Case) prune.Spec {
	s := prune.Spec{Sparsity: g.Sparsity, BlockSize: g.BlockSize, Damping: g.Damping, Bits: g.Bits}
	if g.Of > 0 {
		s.Pattern = prune.Pattern{Keep: g.Of - g.Zeros, Of: g.Of}
	}
	return s
}

var _ model.Source = (*checkpoint.Overlay)(nil)

// pruned returns the case's final weights of a tensor.
func pruned(t *testing.T, g *golden.Case, tensor string) (linalg.Matrix[float64], bool) {
	name := strings.TrimSuffix(tensor, ".weight")
	if w, ok := g.Tensor(t, name+".weight_pruned"); ok {
		return w, true
	}
	for e := g.Epochs - 1; e >= 0; e-- {
		if w, ok := g.Tensor(t, fmt.Sprintf("%s.epoch%d.weight_pruned", name, e)); ok {
			return w, true
		}
	}
	return linalg.Matrix[float64]{}, false
}

// distance returns the largest difference over entries that are zero in both
// matrices or in neither, relative to the largest entry, and the number of
// the others.
func distance[A, B linalg.Float](a linalg.Matrix[A], b linalg.Matrix[B]) (diff float64, masks int) {
	var top float64
	for i := range b.Rows {
		for j, w := range b.Row(i) {
			v, w := float64(a.At(i, j)), float64(w)
			if top = max(top, math.Abs(w)); (v == 0) != (w == 0) {
				masks++
			} else {
				diff = max(diff, math.Abs(v-w))
			}
		}
	}
	return diff / top, masks
}

func TestGolden(t *testing.T) {
	table := &strings.Builder{}
	tw := tabwriter.NewWriter(table, 2, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(tw, "case\tours in 64\tin 32\tPyTorch's in 32\tmasks\tPyTorch's\tperplexity\tours in 32\tPyTorch's in 32\t\n")
	for _, m := range []string{"opt-micro", "llama-micro"} {
		for _, name := range cases {
			t.Run(m+"/"+name, func(t *testing.T) {
				checkCase(t, tw, "../testdata/"+m, "../testdata/golden/"+m, name)
			})
		}
	}
	for _, m := range []string{"stories260k", "opt-tiny-4m"} {
		for _, name := range []string{"sparsegpt-s50", "sparsegpt-s70", "s50", "s70"} {
			t.Run(m+"/"+name, func(t *testing.T) {
				if _, err := os.Stat("../../shared/models/" + m); err != nil {
					t.Skip("the model is not beside the repository")
				}
				if m == "opt-tiny-4m" || strings.HasSuffix(name, "70") {
					long.Only(t)
				}
				checkCase(t, tw, "../../shared/models/"+m, "../../shared/golden/"+m, name)
			})
		}
	}
	tw.Flush()
	t.Logf("largest differences of final weights from float64, relative to a matrix's largest entry\n%s", table)
}

func checkCase(t *testing.T, table *tabwriter.Writer, dir, goldens, name string) {
	g32, truth64 := golden.Open(t, goldens, name+"-fp32"), (*golden.Case)(nil)
	if _, err := os.Stat(goldens + "/" + name + "-fp64.json"); err == nil {
		truth64 = golden.Open(t, goldens, name+"-fp64")
	}
	ours64 := pruneCase[float64](t, dir, g32, 2)
	ours32 := pruneCase[float32](t, dir, g32, 2)
	var d64, d32, torch float64
	var m64, m32, mTorch int
	for tensor, w := range ours64.weights {
		truth := w // where PyTorch's float64 weights were not kept
		if truth64 != nil {
			if want, ok := pruned(t, truth64, tensor); ok {
				truth = want
				d, m := distance(w, truth)
				d64, m64 = max(d64, d), m64+m
			}
		}
		want, ok := pruned(t, g32, tensor)
		if !ok {
			continue // a case of perplexities only
		}
		d, m := distance(ours32.weights[tensor], truth)
		d32, m32 = max(d32, d), m32+m
		d, m = distance(want, truth)
		torch, mTorch = max(torch, d), mTorch+m
	}
	perpl := ours64.perpl
	if truth64 != nil {
		perpl = truth64.PrunedPerpl
	}
	fmt.Fprintf(table, "%s\t%.1e\t%.1e\t%.1e\t%d\t%d\t%.3f\t%.3f\t%.3f\t\n", t.Name()[len("TestGolden/"):],
		d64, d32, torch, m32, mTorch, perpl, ours32.perpl, g32.PrunedPerpl)
	if bar := bar64(g32); d64 > bar || m64 > 0 || math.Abs(ours64.perpl/perpl-1) > bar {
		t.Errorf("float64 is off PyTorch's by %.3g, %d masks; perplexity %v, not %v", d64, m64, ours64.perpl, perpl)
	}
	if d32 > 2*torch || m32 > 2*mTorch {
		t.Errorf("float32 is off by %.3g, %d masks; PyTorch's by %.3g, %d masks", d32, m32, torch, mTorch)
	}
	o, p := math.Abs(ours32.perpl-perpl), math.Abs(g32.PrunedPerpl-perpl)
	if o <= 2*p || o <= 1e-6*perpl {
		return
	}
	// Where a mask flips at a near-tie, PyTorch's distance is one draw of many.
	// Others: the same run with its weights off by half a unit of float32.
	for seed := range uint64(6) {
		p = max(p, math.Abs(pruneChanged(t, dir, g32, jitter(seed, 0x1p-24)).perpl-perpl))
	}
	t.Logf("float32's perplexity is %.2g off; with weights off by half a unit of float32, up to %.2g", o, p)
	if o > 2*p {
		t.Errorf("perplexity in float32 is %v, in float64 %v, PyTorch's %v", ours32.perpl, perpl, g32.PrunedPerpl)
	}
}

// bar64 is how far two float64 runs may be apart. OPT's differ by rounding,
// which an ill-conditioned least squares multiplies. Of LLaMA, transformers
// computes the rotary angles in float32 whatever the model's type, which turns
// a head at position t by up to t·2⁻²⁴ too far.
func bar64(g *golden.Case) float64 {
	if g.Family == "opt" {
		return 1e-8
	}
	return float64(g.SeqLen) * 0x1p-24
}
