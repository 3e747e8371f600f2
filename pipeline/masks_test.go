package pipeline

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"sparsellm/linalg"
	"sparsellm/prune"
)

// everyWay returns the options of each method, each local method and the
// released code.
func everyWay(sparsity float64, p prune.Pattern) (all []Options[float32]) {
	for _, method := range prune.Names(nil) {
		all = append(all, options(method, sparsity, p))
	}
	for _, local := range prune.Locals()[1:] {
		opt := options("sparsellm", sparsity, p)
		opt.Local = local
		all = append(all, opt)
	}
	compat := options("sparsellm", sparsity, p)
	compat.Compat = true
	return append(all, compat)
}

func wayOf(opt Options[float32]) string {
	return fmt.Sprintf("%s, local %q, compat %v, %s allocation, global %v, to %v %v",
		opt.Method, opt.Local, opt.Compat, opt.Allocate, opt.Global, opt.Spec.Sparsity, opt.Spec.Pattern)
}

// checkStored prunes c and checks the zeros of each matrix: those that it had
// stay if they are to be kept, a pattern holds in every group.
func checkStored(t *testing.T, label string, c *trial, opt Options[float32]) (zeros, weights int) {
	t.Helper()
	stored := map[string]linalg.Matrix[float32]{}
	opt.Sink = keeping(stored)
	label += ", " + wayOf(opt)
	if _, err := c.prune(opt); err != nil {
		t.Errorf("%s: %v", label, err)
		return 0, 0
	}
	p := opt.Spec.Pattern
	for tensor, w := range stored {
		old, filled, full := c.weights(tensor), 0, 0
		for i := range w.Rows {
			kept := 0
			for j, v := range w.Row(i) {
				if v != 0 {
					kept++
				}
				if old.At(i, j) == 0 && v != 0 {
					filled++
				}
				if p.Structured() && (j+1)%p.Of == 0 {
					if kept > p.Keep {
						full++
					}
					kept = 0
				}
			}
		}
		if opt.Spec.KeepMask && filled > 0 {
			t.Errorf("%s: %s has %d zeros filled", label, tensor, filled)
		}
		if full > 0 {
			t.Errorf("%s: %s has %d groups that keep too many weights", label, tensor, full)
		}
		weights += len(w.Data)
		for _, v := range w.Data {
			if v == 0 {
				zeros++
			}
		}
	}
	return zeros, weights
}

// TestKeepMaskUnderPatterns: whatever zeros there are, a pattern tighter than
// them, looser, or another can be had with them.
func TestKeepMaskUnderPatterns(t *testing.T) {
	for _, name := range []string{"opt-micro", "llama-micro"} {
		for _, had := range []Options[float32]{
			options("magnitude", 0.7, prune.Pattern{}), options("magnitude", 0, prune.Pattern{Keep: 2, Of: 4}),
		} {
			sparse := newTrial(t, name)
			if _, err := sparse.prune(had); err != nil {
				t.Fatal(err)
			}
			for _, p := range []prune.Pattern{{Keep: 2, Of: 4}, {Keep: 1, Of: 4}, {Keep: 6, Of: 8}} {
				for _, opt := range everyWay(0, p) {
					opt.Spec.KeepMask = true
					c := newTrial(t, name)
					c.over = sparse.over
					checkStored(t, fmt.Sprintf("%s of %v %v", name, had.Spec.Sparsity, had.Spec.Pattern), c, opt)
				}
			}
		}
	}
}

// TestKeepMaskOfMatricesWithMore: a matrix that has more zeros than its share
// stays as sparse as it is, the others become as sparse as they are to be.
func TestKeepMaskOfMatricesWithMore(t *testing.T) {
	const first = "model.layers.0.self_attn.q_proj.weight"
	for _, allocate := range Allocations {
		for _, opt := range everyWay(0.5, prune.Pattern{}) {
			opt.Allocate, opt.Spec.KeepMask = allocate, true
			c := newTrial(t, "llama-micro")
			n := 0
			c.change(first, func(w linalg.Matrix[float32]) {
				for i := range w.Data {
					if n = len(w.Data); i%10 > 0 {
						w.Data[i] = 0
					}
				}
			})
			zeros, weights := checkStored(t, "nine tenths of one", c, opt)
			got, want := float64(zeros), 0.5*float64(weights)
			if allocate == "uniform" {
				want += 0.4 * float64(n)
			}
			// Wanda rounds in each row, a sweep in each block of columns.
			if math.Abs(got-want) > 0.005*float64(weights) {
				t.Errorf("%s: %v of %d weights are zero, want about %v", wayOf(opt), got, weights, want)
			}
		}
	}
}

// TestKeepMaskOfAZeroMatrix: a matrix has all its weights zero, or all of a
// block do.
func TestKeepMaskOfAZeroMatrix(t *testing.T) {
	for _, zero := range [][]string{
		{"mlp.up_proj"},
		{"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.up_proj", "mlp.gate_proj", "mlp.down_proj"},
	} {
		for _, allocate := range Allocations {
			for _, opt := range everyWay(0.8, prune.Pattern{}) {
				opt.Allocate, opt.Spec.KeepMask = allocate, true
				c := newTrial(t, "llama-micro")
				for _, name := range zero {
					c.change("model.layers.0."+name+".weight", func(w linalg.Matrix[float32]) { clear(w.Data) })
				}
				zeros, weights := checkStored(t, fmt.Sprint("zero ", zero), c, opt)
				if float64(zeros) < 0.799*float64(weights) {
					t.Errorf("%s: %d of %d weights are zero", wayOf(opt), zeros, weights)
				}
			}
		}
	}
}

// TestPatternsHoldOfFewTokens: two tokens and no damping make singular Hessians.
func TestPatternsHoldOfFewTokens(t *testing.T) {
	for _, name := range []string{"opt-micro", "llama-micro"} {
		for _, opt := range everyWay(0, prune.Pattern{Keep: 2, Of: 4}) {
			if opt.Compat { // does not raise a damping that does not suffice
				continue
			}
			for _, opt.Spec.Damping = range []float64{0, 1e-9} {
				c := newTrial(t, name)
				c.rows = [][]int{c.rows[0][:2]}
				checkStored(t, name+" of two tokens", c, opt)
			}
		}
	}
}

// TestGlobalTies: of weights of few values so many go as are asked for, also if
// the run is resumed on the way.
func TestGlobalTies(t *testing.T) {
	coarse := func() *trial {
		c := newTrial(t, "llama-micro")
		m, err := c.model()
		if err != nil {
			t.Fatal(err)
		}
		for i := range m.Config().Blocks {
			b, err := m.Block(i)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range b.Linears() {
				c.change(l.Slot.Tensor, func(w linalg.Matrix[float32]) {
					for k, v := range w.Data {
						w.Data[k] = float32(math.Copysign(math.Ceil(math.Abs(float64(v))*20)/20, float64(v)))
					}
				})
			}
		}
		return c
	}
	opt := options("magnitude", 0.4, prune.Pattern{})
	opt.Global = true
	zeros, weights := checkStored(t, "coarse", coarse(), opt)
	if want := int(0.4 * float64(weights)); zeros != want {
		t.Errorf("%d of %d weights are zero, want %d", zeros, weights, want)
	}
	var saved bytes.Buffer
	opt.Save = func(s State[float32]) error {
		saved.Reset()
		return s.Write(&saved)
	}
	before, _ := checkStored(t, "coarse", coarse(), opt)
	resumed := 0
	opt.Sink = storing[float32](func(_ string, w linalg.Matrix[float32]) error {
		for _, v := range w.Data {
			if v == 0 {
				resumed++
			}
		}
		return nil
	})
	var err error
	if opt.Resume, err = ReadState[float32](bytes.NewReader(saved.Bytes()), int64(saved.Len())); err != nil {
		t.Fatal(err)
	}
	reports := opt.Resume.Reports
	if _, err := coarse().prune(opt); err != nil {
		t.Fatal(err)
	}
	for _, r := range reports {
		resumed += int(math.Round(r.Sparsity * float64(r.Rows*r.Cols)))
	}
	if resumed != before {
		t.Errorf("%d weights are zero after a resumed run, %d without", resumed, before)
	}
}
