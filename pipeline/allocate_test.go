package pipeline

import (
	"bytes"
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"sparsellm/arch"
	"sparsellm/linalg"
	"sparsellm/prune"
)

// allocated prunes a micro model and returns the reports and the weights.
func (c *trial) allocated(threads int, opt Options[float32]) ([]MatrixReport, map[string]linalg.Matrix[float32]) {
	c.t.Helper()
	m, err := arch.Open[float32](c.ckpt.Config(), c.over)
	if err != nil {
		c.t.Fatal(err)
	}
	stored := map[string]linalg.Matrix[float32]{}
	opt.Sink = keeping(stored)
	reports, err := Run(context.Background(), linalg.NewPool(threads), m, c.rows, opt)
	if err != nil {
		c.t.Fatalf("%s@%s: %v", opt.Method, opt.Allocate, err)
	}
	return reports, stored
}

// TestAllocate wants, of every method with every allocation, the zeros that
// are asked for in all, as many in a matrix as any other method has there, and
// the same weights from any number of threads.
func TestAllocate(t *testing.T) {
	for _, name := range []string{"opt-micro", "llama-micro"} {
		for _, allocate := range Allocations {
			var of map[string]float64 // zeros of the matrices
			for _, method := range append(prune.Names(nil), "sparsellm, compat") {
				opt := options(method, 0.6, prune.Pattern{})
				opt.Allocate = allocate
				opt.Method, _, opt.Compat = strings.Cut(method, ", ")
				label := name + ", " + method + "@" + allocate
				reports, stored := newTrial(t, name).allocated(1, opt)
				zeros, all := 0.0, 0.0
				has := map[string]float64{}
				least, most := 1.0, 0.0
				for _, r := range reports {
					n := float64(r.Rows * r.Cols)
					has[r.Tensor] = r.Sparsity * n
					zeros, all = zeros+has[r.Tensor], all+n
					least, most = min(least, r.Sparsity), max(most, r.Sparsity)
				}
				// A sweep zeroes a weight more in each block of columns, of
				// which no matrix has more than eight.
				if math.Abs(zeros-0.6*all) > 9*float64(len(reports)) {
					t.Errorf("%s: %v of %v weights are zero", label, zeros, all)
				}
				if of == nil {
					of = has
				}
				for tensor, zeros := range has {
					if math.Abs(zeros-of[tensor]) > 9 {
						t.Errorf("%s: %s has %v zeros, by %s %v", label, tensor, zeros, prune.Names(nil)[0], of[tensor])
					}
				}
				if even := most-least < 0.01; even != (allocate == "uniform") {
					t.Errorf("%s: sparsities from %v to %v", label, least, most)
				}
				if most > 1-0.4/3+0.01 {
					t.Errorf("%s: a sparsity of %v", label, most)
				}
				if opt.Method != "sparsellm" && opt.Method != "wanda" {
					continue
				}
				_, again := newTrial(t, name).allocated(3, opt)
				for tensor, w := range stored {
					if !bytes.Equal(bits32(w), bits32(again[tensor])) {
						t.Errorf("%s: %s depends on the threads", label, tensor)
					}
				}
			}
		}
	}
}

// TestAllocateSelected shares out the zeros among the matrices that are
// selected, and leaves the others alone.
func TestAllocateSelected(t *testing.T) {
	for _, allocate := range Allocations {
		c := newTrial(t, "llama-micro")
		opt := options("sparsegpt", 0.6, prune.Pattern{})
		opt.Allocate, opt.First = allocate, 1
		reports, _ := c.allocated(2, opt)
		var zeros, all float64
		for _, r := range reports {
			zeros, all = zeros+r.Sparsity*float64(r.Rows*r.Cols), all+float64(r.Rows*r.Cols)
		}
		if len(reports) != 7 || math.Abs(zeros-0.6*all) > 9*7 {
			t.Errorf("%s: %d matrices, %v of %v weights are zero", allocate, len(reports), zeros, all)
		}
	}
}

// TestAllocateKeepsMask fills no zero that there is, and has as many in all as
// are asked for.
func TestAllocateKeepsMask(t *testing.T) {
	for _, allocate := range Allocations[1:] {
		for _, method := range []string{"magnitude", "wanda", "swaps", "sparsellm"} {
			c := newTrial(t, "llama-micro")
			before := options("magnitude", 0.4, prune.Pattern{})
			before.Global = true
			if _, err := c.prune(before); err != nil {
				t.Fatal(err)
			}
			opt := options(method, 0.5, prune.Pattern{})
			opt.Allocate, opt.Spec.KeepMask = allocate, true
			reports, stored := c.allocated(2, opt)
			var zeros, all float64
			for _, r := range reports {
				zeros, all = zeros+r.Sparsity*float64(r.Rows*r.Cols), all+float64(r.Rows*r.Cols)
				now := stored[r.Tensor]
				for i, v := range c.weights(r.Tensor).Data {
					if v == 0 && now.Data[i] != 0 {
						t.Fatalf("%s@%s fills a zero of %s", method, allocate, r.Tensor)
					}
				}
			}
			// Rows that have more than their part keep it (see TestKeepMask).
			above := 0.001
			if method == "wanda" {
				above = 0.07
			}
			if got := zeros / all; got < 0.4995 || got > 0.5+above {
				t.Errorf("%s@%s: %v of the weights are zero", method, allocate, got)
			}
		}
	}
}

// TestAllocateResumes goes on from a saved state with the same sparsities, and
// refuses a state without them.
func TestAllocateResumes(t *testing.T) {
	for _, allocate := range Allocations[1:] {
		c := newTrial(t, "opt-micro")
		opt := options("sparsellm", 0.6, prune.Pattern{})
		opt.Allocate = allocate
		var saved bytes.Buffer
		opt.Save = func(s State[float32]) error {
			saved.Reset()
			return s.Write(&saved)
		}
		want, whole := c.allocated(2, opt)
		var err error
		if opt.Resume, err = ReadState[float32](bytes.NewReader(saved.Bytes()), int64(saved.Len())); err != nil {
			t.Fatal(err)
		}
		opt.Progress = func(e Event) {
			if e.Stage == "allocate" {
				t.Errorf("%s: allocated again", allocate)
			}
		}
		got, rest := c.allocated(2, opt)
		if len(got) != len(want) || len(rest) != len(whole)/2 {
			t.Errorf("%s: %d reports and %d tensors", allocate, len(got), len(rest))
		}
		for tensor, w := range rest {
			if !bytes.Equal(bits32(w), bits32(whole[tensor])) {
				t.Errorf("%s: %s differs", allocate, tensor)
			}
		}
		if opt.Resume, err = ReadState[float32](bytes.NewReader(saved.Bytes()), int64(saved.Len())); err != nil {
			t.Fatal(err)
		}
		opt.Resume.Sparsities = nil
		if _, err := c.prune(opt); err == nil || !strings.Contains(err.Error(), "saved state does not fit") {
			t.Errorf("%s: a state without sparsities: %v", allocate, err)
		}
	}
}

// TestAllocateRefuses what leaves nothing to allocate.
func TestAllocateRefuses(t *testing.T) {
	for want, change := range map[string]func(o *Options[float32]){
		"pattern 2:4 makes all matrices alike": func(o *Options[float32]) { o.Spec.Pattern = prune.Pattern{Keep: 2, Of: 4} },
		"leave out allocate owl":               func(o *Options[float32]) { o.Method, o.Global = "magnitude", true },
		"allocate even is none of uniform":     func(o *Options[float32]) { o.Allocate = "even" },
	} {
		opt := options("sparsegpt", 0.5, prune.Pattern{})
		opt.Allocate = "owl"
		change(&opt)
		if _, err := newTrial(t, "opt-micro").prune(opt); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestAllocateTrouble allocates among matrices of which some are dead, and
// says of inputs that are not finite where they are.
func TestAllocateTrouble(t *testing.T) {
	const block = "model.decoder.layers.0."
	for _, allocate := range Allocations[1:] {
		opt := options("sparsegpt", 0.5, prune.Pattern{})
		opt.Allocate = allocate
		c := newTrial(t, "opt-micro")
		for _, l := range []string{"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj", "fc1", "fc2"} {
			c.change(block+l+".weight", func(w linalg.Matrix[float32]) { clear(w.Data) })
		}
		if _, err := c.prune(opt); err != nil {
			t.Errorf("%s, of a dead block: %v", allocate, err)
		}
		c = newTrial(t, "opt-micro")
		c.change(block+"fc1.bias", func(w linalg.Matrix[float32]) { w.Data[7] = float32(math.Inf(1)) })
		const want = "block 0: the input of fc2 has a +Inf at token 0 of calibration sample 0, in feature 7"
		if _, err := c.prune(opt); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", allocate, err, want)
		}
	}
}

// TestAllocateByScores holds the order of the blocks' sparsities to that of
// their scores.
func TestAllocateByScores(t *testing.T) {
	c := newTrial(t, "opt-micro")
	// Block 1 gets outliers, and spectra that are nearly flat.
	for _, l := range []string{"q_proj", "k_proj", "v_proj", "out_proj"} {
		c.change("model.decoder.layers.1.self_attn."+l+".weight", func(w linalg.Matrix[float32]) {
			for i := range w.Rows {
				w.Set(i, i, 3)
			}
		})
	}
	for allocate, more := range map[string]int{"owl": 0, "alpha": 1} { // the sparser block
		opt := options("magnitude", 0.6, prune.Pattern{})
		opt.Allocate = allocate
		reports, _ := c.allocated(2, opt)
		var s [2]float64
		for _, r := range reports {
			s[r.Block] += r.Sparsity / float64(len(reports)/2)
		}
		if got := slices.Index(s[:], max(s[0], s[1])); got != more {
			t.Errorf("%s: sparsities %v", allocate, s)
		}
	}
}

// TestAllocateByDamage: a matrix that moves the hidden states more keeps more,
// and one that does not move them at all keeps least.
func TestAllocateByDamage(t *testing.T) {
	sparsities := func(change func(c *trial)) map[string]float64 {
		c := newTrial(t, "opt-micro")
		change(c)
		opt := options("magnitude", 0.6, prune.Pattern{})
		opt.Allocate = "error"
		reports, _ := c.allocated(2, opt)
		all := map[string]float64{}
		for _, r := range reports {
			all[r.Tensor] = r.Sparsity
		}
		return all
	}
	const block = "model.decoder.layers.1."
	plain := sparsities(func(*trial) {})
	changed := sparsities(func(c *trial) {
		c.change(block+"fc2.weight", func(w linalg.Matrix[float32]) {
			for i := range w.Data {
				w.Data[i] *= 4
			}
		})
		// Scores that are all the same: the softmax sees no queries.
		c.change(block+"self_attn.k_proj.weight", func(w linalg.Matrix[float32]) { clear(w.Data) })
		c.change(block+"self_attn.k_proj.bias", func(w linalg.Matrix[float32]) { clear(w.Data) })
	})
	if fc2 := block + "fc2.weight"; !(changed[fc2] < plain[fc2]-0.05) {
		t.Errorf("a louder fc2 has %v, not less than %v", changed[fc2], plain[fc2])
	}
	q := block + "self_attn.q_proj.weight"
	for tensor, v := range changed {
		if v > changed[q] && !strings.HasSuffix(tensor, "k_proj.weight") { // which are zero
			t.Errorf("%s has %v, a matrix without effect %v", tensor, v, changed[q])
		}
	}
}

// TestAllocateFollowsTheModel: what a survey looks at, block after block, is
// what flows through the dense model.
func TestAllocateFollowsTheModel(t *testing.T) {
	for _, name := range []string{"opt-micro", "llama-micro"} {
		c := newTrial(t, name)
		m, err := arch.Open[float32](c.ckpt.Config(), c.over)
		if err != nil {
			t.Fatal(err)
		}
		opt := options("magnitude", 0.6, prune.Pattern{})
		opt.End = m.Config().Blocks + 1 // so that the last block is run, too
		opt.Allocate = Allocations[0]
		seen, plain := &run[float32]{ctx: context.Background(), model: m, opt: opt}, &run[float32]{ctx: context.Background(), model: m, opt: opt}
		for _, r := range []*run[float32]{seen, plain} {
			if _, err := r.start(c.rows); err != nil {
				t.Fatal(err)
			}
		}
		for i := range m.Config().Blocks {
			b, err := m.Block(i)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := seen.inputNorms(b, seen.samples); err != nil {
				t.Fatal(err)
			}
			if err := plain.forward(i, b); err != nil {
				t.Fatal(err)
			}
			for k, v := range plain.hidden.Data {
				if math.Abs(float64(seen.hidden.Data[k]-v)) > 1e-4*(1+math.Abs(float64(v))) {
					t.Fatalf("%s: after block %d entry %d is %v, not %v", name, i, k, seen.hidden.Data[k], v)
				}
			}
		}
	}
}
