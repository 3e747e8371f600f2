package plan

import (
	"fmt"
	"slices"

	"sparsellm/model"
)

// Settings of a run.
type Settings struct {
	Method  string `json:"method"` // one of Methods
	Samples int    `json:"nsamples"`
	SeqLen  int    `json:"seqlen"` // tokens of each
	Epochs  int    `json:"epochs"` // of SparseLLM, the first of which is SparseGPT
	Threads int    `json:"threads"`
	Storage string `json:"storage,omitempty"` // one of Storages, the first if empty
}

// Methods are those that can be planned: the others iterate until they are
// done, which depends on the weights.
var Methods = []string{"magnitude", "wanda", "sparsegpt", "sparsellm"}

// Phase is a part of a run, as prune reports it.
type Phase struct {
	Name    string  `json:"name"`
	Work    Work    `json:"work"`
	Flops   float64 `json:"flops"`
	Seconds float64 `json:"seconds"`
	Bytes   float64 `json:"bytes"` // most memory while it lasts
}

// Plan is what a run takes.
type Plan struct {
	Phases  []Phase `json:"phases"`
	Flops   float64 `json:"flops"`
	Seconds float64 `json:"seconds"`
	Bytes   float64 `json:"bytes"` // most memory, without that of mapped files
}

// Make plans a run on a machine of the given rates.
func Make(c model.Config, s Settings, r Rates) (Plan, error) {
	switch {
	case !slices.Contains(Methods, s.Method):
		return Plan{}, fmt.Errorf("plan: method %q cannot be planned: only %v can", s.Method, Methods)
	case s.Samples < 1 || s.SeqLen < 1 || s.Epochs < 1 || s.Threads < 1:
		return Plan{}, fmt.Errorf("plan: %d samples of %d tokens, %d epochs and %d threads: each must be at least 1", s.Samples, s.SeqLen, s.Epochs, s.Threads)
	case s.SeqLen > c.MaxPositions:
		return Plan{}, fmt.Errorf("plan: the model takes %d tokens at most, not %d", c.MaxPositions, s.SeqLen)
	}
	b, blocks := blockOf(c, s), float64(c.Blocks)
	m := memoryOf(b, s)
	capture, prune, run := b.apart(s.Method)
	if s.Method == "sparsellm" {
		capture, prune, run = b.together(s.Epochs, s.Storage)
	}
	var p Plan
	add := func(name string, w Work, bytes float64) {
		p.Phases = append(p.Phases, Phase{name, w, w.Flops(), r.Seconds(w), bytes})
	}
	add("load", Work{Bytes: 8 * b.tokens * b.d}, m.hidden)
	if s.Method == "sparsellm" {
		add("allocate zeros", b.survey().plus(b.load()).times(blocks), m.run)
	}
	add("capture dense blocks", capture.plus(b.load()).times(blocks), m.capture)
	add("prune", prune.times(blocks), m.prune)
	add("run pruned blocks", run.times(blocks-1), m.run) // nobody reads the last block's output
	for _, x := range p.Phases {
		p.Flops += x.Flops
		p.Seconds += x.Seconds
		p.Bytes = max(p.Bytes, x.Bytes)
	}
	return p, nil
}

// apart is pruning each matrix of a block for itself.
func (b block) apart(method string) (capture, prune, run Work) {
	capture = b.headsOutput().plus(b.project()).plus(b.hidden())
	run = capture.plus(b.down())
	for _, n := range []float64{b.d, b.q, b.d, b.f} {
		capture = capture.plus(b.gram(n))
		if method == "sparsegpt" {
			prune = prune.plus(factor(n))
		}
	}
	for _, m := range append(b.attention(), b.network()...) {
		if method == "sparsegpt" {
			prune = prune.plus(m.sweep())
		} else {
			prune.Bytes += 100 * m.out * m.in // sorting
		}
		prune = prune.plus(m.finish())
	}
	return capture, prune, run
}

// together is SparseLLM: attention in the order of its data, the feed-forward
// network as a whole. It may end before its last epoch.
func (b block) together(epochs int, storage string) (capture, prune, run Work) {
	capture = b.headsOutput().plus(b.gram(b.d))
	add := func(all ...Work) {
		for _, w := range all {
			prune = prune.plus(w)
		}
	}
	for _, m := range b.attention()[:3] {
		add(m.sweep(), m.finish())
	}
	o, down, up := matrix{b.d, b.q}, matrix{b.d, b.f}, matrix{b.f, b.d}
	ups := 1 + b.gates
	add(factor(b.d), b.headsOutput(), b.project(), b.regression(o), o.refit(), o.score(), o.polish(), o.finish())
	add(b.project(), b.hidden(), b.down(), b.gram(b.f)) // the dense network
	add(b.gram(b.d), factor(b.d), factor(b.f), up.sweep().times(ups), down.sweep(), ridge(b.d))
	actual := b.hidden().plus(b.regression(down))
	add(actual, down.score())
	for e := 1; e < epochs; e++ {
		if e > 1 {
			auxiliaries := b.down().times(2).plus(b.product(up).times(ups)) // p; the moments of z and s
			if !b.keeps(storage) {
				auxiliaries = auxiliaries.plus(b.product(up).times(ups))
			}
			if storage == "anew" {
				auxiliaries = auxiliaries.plus(b.product(up).times(ups))
			}
			auxiliaries.Product += 4 * b.d * b.d * b.f
			auxiliaries.Exp += b.tokens * b.f * (1 + 8*b.gates)
			add(auxiliaries, up.solve().plus(up.sweep()).times(ups), actual)
		}
		add(down.refit(), down.score())
	}
	if epochs > 1 {
		add(down.polish())
	}
	for _, m := range b.network() {
		add(m.finish())
	}
	if b.keeps(storage) {
		return capture, prune, b.down()
	}
	return capture, prune, b.hidden().plus(b.down())
}
