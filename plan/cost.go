package plan

import (
	"sparsellm/model"
	"sparsellm/pipeline"
	"sparsellm/prune"
)

// gradientSteps is how many conjugate gradients a fit on a support takes,
// about: they end by what they gain.
const gradientSteps = 5

// block is one decoder block and the tokens that go through it.
type block struct {
	d, q, kv, f   float64 // widths: hidden, of all heads, of all keys, intermediate
	gates         float64 // 1 if the feed-forward network has a gate
	experts       float64 // feed-forward networks
	active        float64 // of them that a token reaches
	tokens        float64
	length, heads float64 // of a sample; query heads
	headDim       float64
	width         float64 // bytes of a number
	columns       float64 // that a sweep handles at a time
}

func blockOf(c model.Config, s Settings) block {
	b := block{
		d: float64(c.Hidden), q: float64(c.Heads * c.HeadDim), kv: float64(c.KVHeads * c.HeadDim), f: float64(c.Intermediate),
		tokens: float64(s.Samples) * float64(s.SeqLen), length: float64(s.SeqLen), heads: float64(c.Heads), headDim: float64(c.HeadDim),
		width: float64(s.Width), columns: float64(s.BlockSize),
		experts: float64(max(c.Experts, 1)), active: float64(max(c.Active, 1)),
	}
	if c.Gated {
		b.gates = 1
	}
	return b
}

// matrix is the shape of a weight, out × in.
type matrix struct{ out, in float64 }

func (b block) attention() []matrix {
	return []matrix{{b.q, b.d}, {b.kv, b.d}, {b.kv, b.d}, {b.d, b.q}}
}

func (b block) network() []matrix {
	all := []matrix{{b.f, b.d}, {b.d, b.f}}
	if b.gates > 0 {
		all = append(all, matrix{b.f, b.d})
	}
	return all
}

// matrices are all of the block's.
func (b block) matrices() []matrix {
	all := b.attention()
	for range int(b.experts) {
		all = append(all, b.network()...)
	}
	return all
}

// weights returns the number of weights in the block's matrices.
func (b block) weights() float64 {
	n := 0.0
	for _, m := range b.matrices() {
		n += m.out * m.in
	}
	return n
}

// reached is the block with the tokens that all of its networks see, in sum.
func (b block) reached() block {
	b.tokens *= b.active
	return b
}

// expert is the block with one network, and the tokens that reach it.
func (b block) expert() block {
	b.tokens *= b.active / b.experts
	b.experts, b.active = 1, 1
	return b
}

// product is that of all tokens with weights, in which rows of both are read
// or written once more by what surrounds it.
func (b block) product(m matrix) Work {
	return Work{Product: 2 * b.tokens * m.out * m.in, Bytes: 4 * b.tokens * (m.in + m.out)}
}

// headsOutput is norm, q, k, v, rotation and attention. Half of the scores are
// above the diagonal.
func (b block) headsOutput() Work {
	w := b.product(matrix{b.q + 2*b.kv, b.d})
	scores := b.heads * b.tokens * b.length / 2
	w.Attention = 4 * scores * b.headDim
	w.Exp = scores
	w.Bytes += 4 * b.tokens * (4*b.d + 4*(b.q+b.kv))
	return w
}

func (b block) project() Work { return b.product(matrix{b.d, b.q}) }

func (b block) inner() Work {
	b = b.reached()
	w := b.product(matrix{(1 + b.gates) * b.f, b.d})
	w.Exp = b.tokens * b.f * b.gates
	w.Bytes += 4 * b.tokens * 4 * b.d
	return w
}

func (b block) down() Work { return b.reached().product(matrix{b.d, b.f}) }

func (b block) gram(n float64) Work { return Work{Gram: b.tokens * n * n, Bytes: 4 * b.tokens * n} }

func (b block) load() Work { return Work{Bytes: 8 * b.weights()} }

// factor is that of a Hessian of n features, with its copies.
func factor(n float64) Work { return Work{Factor: 2.0 / 3 * n * n * n, Bytes: 40 * n * n} }

func (b block) sweep(m matrix) Work {
	return Work{Product: m.out * m.in * m.in, Sweep: m.out * m.in * min(b.columns, m.in), Bytes: 16 * m.out * m.in}
}

// settle is the sweep that moves weights to a grid, if there is one.
func (b block) settle(m matrix, s Settings) Work {
	if !s.Quantised {
		return Work{}
	}
	return b.sweep(m)
}

// by is pruning m by a method for single matrices, the factor of the Hessian
// being there where one is needed.
func (b block) by(m matrix, method string) Work {
	c, weights := costOf(method), m.out*m.in
	solve := Work{Product: 2 * weights * m.in, Bytes: 60 * weights} // by a factor, and choosing
	cholesky := Work{Factor: m.in * m.in * m.in / 3, Bytes: 20 * m.in * m.in}
	w := Work{Bytes: 100*weights*c.Sorts + 60*m.in*weights*c.Swaps}
	w = w.plus(b.sweep(m).times(c.Sweeps)).plus(solve.times(c.Solves))
	return w.plus(cholesky.times(c.Choleskys)).plus(m.polish().times(c.Fits))
}

// costOf is what a method takes of a matrix; Settings.check has found it.
func costOf(method string) prune.Cost {
	info, _ := prune.MethodNamed(method)
	return info.Cost
}

// finish is the error of a pruned matrix, against two dense products by half
// of the Hessian, and storing it.
func (m matrix) finish() Work {
	return Work{Product: 2 * m.out * m.in * m.in, Bytes: 60 * m.out * m.in}
}

// solve is a ridge regression whose factor is there: the residual of the dense
// weights, and the correction.
func (m matrix) solve() Work {
	return Work{Product: 4 * m.out * m.in * m.in, Bytes: 40*m.out*m.in + 20*m.in*m.in}
}

// ridge is the factor of a ridge regression on n features.
func ridge(n float64) Work { return Work{Double: n * n * n / 3, Bytes: 40 * n * n} }

// refit is a ridge regression and pruning with the Hessian of its inputs.
func (b block) refit(m matrix, method string) Work {
	return ridge(m.in).plus(m.solve()).plus(factor(m.in)).plus(b.by(m, method))
}

// score is the objective of weights, of their moments.
func (m matrix) score() Work {
	return Work{Product: 2 * m.out * m.in * m.in, Bytes: 30*m.out*m.in + 20*m.in*m.in}
}

// polish is the fit of the kept weights on their support.
func (m matrix) polish() Work {
	square := m.out * m.in * m.in
	return Work{
		Product: (gradientSteps + 1) * 2 * square, // and what they lower the objective by
		Bytes:   100*m.out*m.in + gradientSteps*40*m.out*m.in + 60*m.in*m.in,
	}
}

// regression adds all tokens to the moments of a target on inputs, by chunks
// that are summed in float64.
func (b block) regression(m matrix) Work {
	w := b.product(m).plus(b.gram(m.in))
	chunks := b.tokens / b.chunk()
	w.Bytes += chunks * (16*m.out*m.in + 12*m.in*m.in)
	return w
}

// survey is what sharing out the zeros takes of a block. By error, the tokens
// go through it twice, the second time to see where its halves meet, and once
// more for each matrix: of the feed-forward network, through that half alone.
// OWL takes all tokens once; of alpha's eigenvalues a matrix takes some 9n³ in
// float64.
func (b block) survey(allocate string) Work {
	first, second := b.headsOutput().plus(b.project()), b.inner().plus(b.down())
	switch allocate {
	case "owl":
		return first.plus(second).plus(Work{Bytes: 100 * b.weights()})
	case "alpha":
		var w Work
		for _, m := range b.matrices() {
			n := min(m.out, m.in)
			w.Double += n*m.out*m.in + 9*n*n*n
		}
		return w
	}
	b.tokens = min(b.tokens, pipeline.ProbeTokens)
	first, second = b.headsOutput().plus(b.project()), b.inner().plus(b.down())
	attention, network := float64(len(b.attention())), b.experts*float64(len(b.network()))
	return first.times(2 + attention).plus(second.times(1 + attention + network)).plus(Work{Bytes: 100 * b.weights()})
}
