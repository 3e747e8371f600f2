package plan

import (
	"fmt"

	"sparsellm/model"
	"sparsellm/perplexity"
	"sparsellm/pipeline"
	"sparsellm/prune"
)

// Where SparseLLM's auxiliary variables z and s, its largest, can be. Where they
// are changes no bit of what comes out.
const (
	InMemory = "memory"
	Anew     = "anew" // nowhere: they are computed when they are needed
	InFile   = "file"
)

// Auxiliaries are these places, the fastest first.
var Auxiliaries = []string{InMemory, Anew, InFile}

const anewEpochs = prune.AnewEpochs

// Fit returns the first of Auxiliaries with which a run stays within so many
// bytes, and what it needs with that; an error says what it needs with the
// last.
func Fit(c model.Config, s Settings, budget float64) (auxiliaries string, bytes float64, err error) {
	for _, s.Auxiliaries = range Auxiliaries {
		if s.Auxiliaries == Anew && !s.anew() {
			continue
		}
		p, err := Make(c, s, Rates{})
		if err != nil {
			return "", 0, err
		}
		if bytes = p.Bytes; bytes <= budget {
			return s.Auxiliaries, bytes, nil
		}
		if !s.info().Alternates {
			break // it has none
		}
	}
	return "", bytes, fmt.Errorf("plan: a run with these settings needs %.0f MB, whatever can be kept in a file being there; fewer --nsamples or a shorter --seqlen need less", bytes/1e6)
}

// Of the process, besides what its heap has in use. These were measured.
const (
	// OutsideHeap is what the runtime does not count as its memory: code, and
	// pages of mapped files.
	OutsideHeap = 25 << 20
	runtimeHeap = 8 << 20  // what the program has of its own, and the runtime's
	thread      = 64 << 10 // of each thread: stacks, and where it packs the least of products
	packing     = 2 << 20  // of each thread of a large model
	region      = 32 << 20 // the pool takes no more than this beyond what it is asked for
	scattered   = 1.12     // memory of the pool, over that which is lent, for gaps between what is lent
	garbage     = 1.05     // heap, over what is in use, before it is collected
)

// footprint is memory in use: of the pool, and of the heap besides.
type footprint struct{ pool, heap float64 }

// bytes is what the process has then, of threads of which each packs so much.
func (f footprint) bytes(threads int, packs float64) float64 {
	return OutsideHeap + float64(threads)*(thread+packs) + scattered*f.pool + min(region, f.pool/2) + garbage*(f.heap+runtimeHeap)
}

// packs is what a thread packs of its products: parts of the network's matrices
// and of squares on a support.
func (b block) packs() float64 { return min(packing, b.width*b.f*b.f/4) }

// memory is the most memory in use in each phase.
type memory struct{ load, allocate, capture, prune, run, evaluate footprint }

func memoryOf(c model.Config, b block, s Settings) memory {
	batch := min(b.tokens, max(b.length, pipeline.BatchTokens))
	scores := float64(s.Threads) * 126 * (b.length + b.headDim)
	scratch := b.width * max(batch*(b.d+2*b.q+2*b.kv)+scores, batch*(b.d+(1+b.gates)*b.f))
	hidden := b.width*b.tokens*b.d + 8*b.tokens + s.Laid                                   // ids, too
	base := hidden + b.width*b.weights() + scratch + b.width*max(b.f, b.d)*max(b.f, b.d)/2 // of which a triangle is packed
	m := memory{
		load:     footprint{0, hidden},
		allocate: b.allocating(base, s),
		run:      footprint{0, base},
	}
	switch {
	case s.together():
		m.capture, m.prune = b.inOrder(base, s)
	default:
		m.capture, m.prune = b.atOnce(base, batch, s)
	}
	if s.Evaluated > 0 {
		one := b.width * (b.length*(b.d+2*b.q+2*b.kv) + scores)
		vocab := float64(c.Vocab)
		states := min(perplexity.BatchBytes, b.width*s.Evaluated*b.d)
		logits := min(model.LogitBytes, b.width*s.Evaluated*vocab)
		m.evaluate = footprint{0, s.Laid + states + logits + b.width*vocab*b.d + b.width*b.weights() + one}
	}
	return m
}

// allocating is a survey of the dense blocks.
func (b block) allocating(base float64, s Settings) footprint {
	largest := b.width * b.d * b.f
	switch s.Allocate {
	case "error": // a dense copy, scores, sorted scores; the first tokens thrice
		return footprint{3 * largest, base + 5*b.width*pipeline.ProbeTokens*b.d}
	case "owl":
		return footprint{largest, base}
	case "alpha": // of each matrix the smaller Gram matrix in float64, of which each thread finds the eigenvalues
		grams, side := 0.0, 0.0
		for _, m := range b.matrices() {
			n := min(m.out, m.in)
			grams += 8 * n * n
			side = max(side, n)
		}
		return footprint{8 * b.d * b.f, base + grams + float64(s.Threads)*4*8*side*side}
	}
	return footprint{}
}

// atOnce is pruning after one pass of the dense block.
func (b block) atOnce(base, batch float64, s Settings) (capture, most footprint) {
	w := b.width
	coupled := s.info().Alternates // the released code
	hessians := w * (b.d*b.d + b.q*b.q)
	matrices := b.attention()
	if !coupled {
		hessians += w * b.experts * (b.d*b.d + b.f*b.f)
		matrices = append(matrices, b.network()...)
	} else {
		base += w * b.tokens * b.d // the network's input
	}
	capture = footprint{hessians + w*batch*b.d, base}
	factors := 0.0
	if s.factors() {
		factors = hessians
	}
	for _, m := range matrices {
		most.pool = max(most.pool, hessians+factors+b.alone(m, s.Method, s))
	}
	if coupled {
		most.pool = max(most.pool, b.expert().released(s))
	}
	most.heap = base
	return capture, most
}

// alone is what pruning one matrix takes besides the Hessian of its input: a
// dense copy, and then the method's, or the error's and what is stored.
func (b block) alone(m matrix, method string, s Settings) float64 {
	size := b.width * m.out * m.in
	return size + max(b.method(m, method, s), size+b.width*m.in*min(m.in, 1024), 2*size)
}

// method is what a method takes of a matrix, its Hessian and a factor of that
// being there.
func (b block) method(m matrix, method string, s Settings) float64 {
	w, c := b.width, costOf(method)
	if s.Quantised && c.Matrices < 1 { // what is kept, and the errors of some columns
		c.Matrices, c.Columns = 1, 1
	}
	elements := c.Squares*m.in*m.in + c.Matrices*m.out*m.in + c.Rows*min(m.out, 1024)*m.in + c.Columns*m.out*min(float64(s.BlockSize), m.in)
	return w*elements + c.Masks*m.out*m.in + c.Features*m.in + c.Bytes
}
