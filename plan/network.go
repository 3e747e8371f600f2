package plan

import (
	"cmp"
	"math"

	"sparsellm/prune"
)

// inOrder is SparseLLM: attention in the order of its data, the feed-forward
// network as a whole.
func (b block) inOrder(base float64, s Settings) (capture, most footprint) {
	w := b.width
	heads := w * b.tokens * b.q
	capture = footprint{heads + w*b.d*b.d, base}
	in, out := 2*w*b.d*b.d, 0.0
	for _, m := range b.attention()[:3] {
		out = max(out, in+b.alone(m, s.local(), s))
	}
	o := matrix{b.d, b.q}
	out = max(out, 2*w*b.d*b.q+b.regression64(o)+w*max(b.q*b.q, b.d*b.q)+b.refitting(o, s))
	network := b.expert().coupled(s)
	if b.experts > 1 { // whose tokens are copies of some of the sublayer's input
		network += w * b.tokens * b.d
	}
	return capture, footprint{max(heads+out, network), base}
}

// local names the method that prunes a matrix.
func (s Settings) local() string { return cmp.Or(s.Local, prune.DefaultLocal) }

// sweeps reports whether that is what the alternation begins with.
func (s Settings) sweeps() bool { return s.local() == prune.DefaultLocal }

// regression64 is the moments of a regression with m's inputs and outputs, and
// their Gram matrix as it is rounded.
func (b block) regression64(m matrix) float64 {
	return 8*(m.in*m.in+m.in*m.out) + b.width*m.in*m.in
}

// refitting is a ridge regression on moments that are there, and pruning by its
// Hessian: that, the ridge's factor in float64 and rounded, or the factor of the
// Hessian or what the local method takes.
func (b block) refitting(m matrix, s Settings) float64 {
	w, n, size := b.width, b.width*m.in*m.in, b.width*m.in*m.out
	factor := 8*m.in*m.in + n
	if w == 8 {
		factor = 2 * n
	}
	pruned := n + n + b.method(m, s.local(), s) // of the ridge; of the Hessian
	polish := size + n + 5*w*min(m.out, 1024)*m.in
	return n + max(factor, n+size, pruned, polish)
}

// coupled is the most that pruning a network as a whole takes at once (see
// prune.SparseLLM).
func (b block) coupled(s Settings) float64 {
	w := b.width
	gates := 1 + b.gates
	square, cross, in := b.f*b.f, b.d*b.f, b.d*b.d
	down := matrix{b.d, b.f}
	chunk := b.chunk()
	fitted := b.tokens
	sets := 1.0 // regressions of what a network produces
	if s.samplesHeld() {
		sets, fitted = 2, b.tokens*float64(s.Samples-s.Samples/8)/float64(s.Samples)
	}
	auxiliaries := w * gates * chunk * b.f
	if b.keepsAll(s) {
		auxiliaries = w * gates * b.tokens * b.f
	}
	buffers := w * gates * chunk * b.f // preactivations of a chunk
	produced := sets * b.regression64(down)
	if b.keeps(s) {
		buffers = 0
		produced += w * gates * fitted * b.f
	}
	// Input and target; dense weights, a copy that stays with the pipeline, the
	// best and their residual; Gram matrix; sums of a chunk; Hessians and
	// factors; the ridge's factor of the input.
	always := 2*w*b.tokens*b.d + 3*w*(1+gates)*cross + w*cross + 8*in + w*max(square, cross) + 2*w*(in+square) + w*in

	others := 1.0 // that are alive beside the best
	if s.sweeps() {
		others = 0 // until W₁ changes
	}
	refit := b.refitting(down, s)
	alone := auxiliaries + produced + b.regression64(down) + w*chunk*b.f + buffers
	most := max(alone, auxiliaries+(1+others)*produced+refit) // the first and second epoch
	if s.Epochs > 2 {
		steps := 8*gates*cross + w*chunk*b.f + w*cross + w*chunk*b.d + w*chunk*b.f // moments, p, its system, and z or s without its bias
		most = max(most, auxiliaries+(1+others)*produced+steps+buffers)
		later := 2*produced + max(refit, w*chunk*b.f+buffers)
		if s.Epochs > 3 {
			later += auxiliaries
		}
		most = max(most, later)
	}
	if s.Epochs > 1 { // the last fit, to all tokens
		all := 0.0
		if sets > 1 {
			all = b.regression64(down)
		}
		most = max(most, 2*produced+all+w*cross+w*square+5*w*min(b.d, 1024)*b.f)
	}
	if s.Epochs == 1 {
		most = alone
	}
	if s.Quantised { // the last Hessian and its factor, and what is kept
		most = max(most, 2*produced+b.regression64(down)+2*w*square+2*w*cross)
	}
	return always + most
}

// released is the most that the released code takes of a network at once.
func (b block) released(s Settings) float64 {
	w := b.width
	gates := 1 + b.gates
	square, cross, in := b.f*b.f, b.d*b.f, b.d*b.d
	chunk := b.chunk()
	auxiliaries := w * gates * b.tokens * b.f
	if s.Auxiliaries == InFile {
		auxiliaries = w * gates * chunk * b.f
	}
	moments := 8*gates*cross + b.regression64(matrix{b.d, b.f})
	always := w*b.tokens*b.d + 2*w*(1+gates)*cross + 8*in + 3*w*in + 3*w*square // target; weights; Hessians and factors
	if s.KeepMask {
		always += w * (1 + gates) * cross
	}
	products := 16 * square * 8 / 4 // a pseudo-inverse, where there is no factor
	update := 0.0
	if s.Epochs > 1 {
		update = moments + w*chunk*b.f*(1+gates) + 8*chunk*(2*b.f+b.d) + w*cross + w*chunk*b.d
	}
	return always + auxiliaries + moments + max(update, 8*cross+products)
}

// keepsAll reports whether z and s are in memory as a whole.
func (b block) keepsAll(s Settings) bool { return s.Auxiliaries == "" || s.Auxiliaries == InMemory }

// keeps reports whether a network's preactivations stay in memory for the z and
// s steps.
func (b block) keeps(s Settings) bool {
	return b.keepsAll(s) && b.preactivations() <= prune.SpareBytes
}

// preactivations is the memory of W₁X, and of W_gX of a gated network.
func (b block) preactivations() float64 { return b.width * b.tokens * b.f * (1 + b.gates) }

// chunk is how many tokens the alternation handles at a time.
func (b block) chunk() float64 {
	return math.Min(b.tokens, float64(prune.ChunkTokens(int(b.tokens))))
}
