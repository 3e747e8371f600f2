package plan

import (
	"sparsellm/model"
	"sparsellm/pipeline"
)

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
	if err := s.check(c); err != nil {
		return Plan{}, err
	}
	b := blockOf(c, s)
	pruned, all := float64(s.End-s.First), float64(s.End)
	m := memoryOf(c, b, s)
	capture, prune, run := b.apart(s)
	if s.info().Alternates {
		capture, prune, run = b.together(s)
	}
	var p Plan
	add := func(name string, w Work, f footprint) {
		if s.Width > 4 {
			w = w.double()
		}
		p.Phases = append(p.Phases, Phase{name, w, w.Flops(), r.Seconds(w), f.bytes(s.Threads, b.packs())})
	}
	add("load", Work{Bytes: 8 * b.tokens * b.d}, m.load)
	if s.Allocate != pipeline.Allocations[0] {
		add("allocate zeros", b.survey(s.Allocate).plus(b.load()).times(all), m.allocate)
	}
	add("capture dense blocks", capture.plus(b.load()).times(pruned), m.capture)
	add("prune", prune.times(pruned), m.prune)
	dense := b.headsOutput().plus(b.project()).plus(b.inner()).plus(b.down()).plus(b.load())
	add("run pruned blocks", run.times(pruned-1).plus(dense.times(float64(s.First))), m.run) // nobody reads the last block's output
	if s.Evaluated > 0 {
		add("perplexity", Work{}, m.evaluate)
	}
	for _, x := range p.Phases {
		p.Flops += x.Flops
		p.Seconds += x.Seconds
		p.Bytes = max(p.Bytes, x.Bytes)
	}
	return p, nil
}

// apart is pruning each matrix of a block for itself.
func (b block) apart(s Settings) (capture, prune, run Work) {
	capture = b.headsOutput().plus(b.project()).plus(b.inner())
	run = capture.plus(b.down())
	add := func(n float64, tokens block, hessians float64) {
		capture = capture.plus(tokens.gram(n))
		if s.factors() {
			prune = prune.plus(factor(n).times(hessians))
		}
	}
	add(b.d, b, 1)
	add(b.q, b, 1)
	add(b.d, b.reached(), b.experts)
	add(b.f, b.reached(), b.experts)
	for _, m := range b.matrices() {
		prune = prune.plus(b.by(m, s.Method)).plus(b.settle(m, s)).plus(m.finish())
	}
	return capture, prune, run
}

// together is SparseLLM: attention in the order of its data, the feed-forward
// network as a whole. It may end before its last epoch.
func (b block) together(s Settings) (capture, prune, run Work) {
	capture = b.headsOutput().plus(b.gram(b.d))
	add := func(all ...Work) {
		for _, w := range all {
			prune = prune.plus(w)
		}
	}
	local := s.local()
	for _, m := range b.attention()[:3] {
		add(b.by(m, local), b.settle(m, s), m.finish())
	}
	o := matrix{b.d, b.q}
	add(factor(b.d), b.headsOutput(), b.project(), b.regression(o), b.refit(o, local), o.score(), o.polish(), b.settle(o, s), o.finish())
	add(b.project(), b.expert().alternation(s).times(b.experts))
	if b.keeps(s) {
		return capture, prune, b.down()
	}
	return capture, prune, b.inner().plus(b.down())
}

// alternation is SparseLLM's of a network that all of the block's tokens reach.
func (b block) alternation(s Settings) (prune Work) {
	add := func(all ...Work) {
		for _, w := range all {
			prune = prune.plus(w)
		}
	}
	local, down, up := s.local(), matrix{b.d, b.f}, matrix{b.f, b.d}
	ups := 1 + b.gates
	add(b.inner(), b.down(), b.gram(b.f)) // the dense network
	add(b.gram(b.d), factor(b.d), factor(b.f), b.sweep(up).plus(b.settle(up, s)).times(ups), b.sweep(down), ridge(b.d))
	actual := b.inner().plus(b.regression(down))
	add(actual, down.score())
	for e := 1; e < s.Epochs; e++ {
		if e == 1 && !s.sweeps() {
			add(b.by(up, local).plus(b.settle(up, s)).times(ups), actual, down.score())
		}
		if e > 1 {
			auxiliaries := b.down().times(2).plus(b.product(up).times(ups)) // p; the moments of z and s
			if !b.keeps(s) {
				auxiliaries = auxiliaries.plus(b.product(up).times(ups))
			}
			if s.Auxiliaries == Anew {
				auxiliaries = auxiliaries.plus(b.product(up).times(ups))
			}
			auxiliaries.Product += 4 * b.d * b.d * b.f
			auxiliaries.Exp += b.tokens * b.f * (1 + 8*b.gates)
			add(auxiliaries, up.solve().plus(b.by(up, local)).plus(b.settle(up, s)).times(ups), actual)
		}
		add(b.refit(down, local), down.score())
	}
	if s.Epochs > 1 {
		add(down.polish())
	}
	if s.Quantised {
		add(factor(b.f), b.settle(down, s), down.score())
	}
	for _, m := range b.network() {
		add(m.finish())
	}
	return prune
}
