package plan

import (
	"fmt"

	"sparsellm/model"
)

// Storages are where SparseLLM's auxiliary variables, its largest, can be:
// in memory as they are; nowhere, where they can be computed anew; in memory,
// rounded to bfloat16; or in a file.
var Storages = []string{"memory", "anew", "bfloat16", "file"}

// Fit returns the first of Storages with which a run stays within so many
// bytes, and what it needs with that; an error says what it needs with the
// last. anew says whether the run can compute its auxiliary variables anew.
func Fit(c model.Config, s Settings, anew bool, budget float64) (storage string, bytes float64, err error) {
	for _, s.Storage = range Storages {
		if s.Storage == "anew" && !anew {
			continue
		}
		p, err := Make(c, s, Rates{})
		if err != nil {
			return "", 0, err
		}
		if bytes = p.Bytes; bytes <= budget {
			return s.Storage, bytes, nil
		}
	}
	return "", bytes, fmt.Errorf("plan: a run with these settings needs %.0f MB, whatever can be kept in a file being there; fewer --nsamples or a shorter --seqlen need less", bytes/1e6)
}

// resident is what the program takes that no model's size changes: code,
// runtime, workspaces of products.
const resident = 42 << 20

// slack is how far the heap grows beyond what is in use before garbage is
// collected.
const slack = 1.15

// memory is the most bytes in use in each phase.
type memory struct{ hidden, capture, prune, run float64 }

// batchTokens is how many tokens go through a block together, unless one
// sample has more.
const batchTokens = 2048

func memoryOf(b block, s Settings) memory {
	batch := min(b.tokens, max(b.length, batchTokens))
	scores := float64(s.Threads) * 126 * (b.length + b.headDim)
	scratch := 4 * max(batch*(b.d+2*b.q+2*b.kv)+scores, batch*(b.d+(1+b.gates)*b.f))
	base := 4*b.tokens*b.d + 4*b.weights() + scratch
	m := memory{hidden: 4 * b.tokens * b.d}
	if s.Method == "sparsellm" {
		m.capture, m.prune = b.memoryTogether(base, s.Storage, s.Epochs)
	} else {
		m.capture, m.prune = b.memoryApart(base, batch, s.Method)
	}
	m.run = base
	for _, p := range []*float64{&m.hidden, &m.capture, &m.prune, &m.run} {
		*p = resident + slack**p
	}
	return m
}

func (b block) memoryApart(base, batch float64, method string) (capture, prune float64) {
	hessians := 4 * (2*b.d*b.d + b.q*b.q + b.f*b.f)
	capture = base + hessians + 4*batch*b.d
	prune = base + hessians
	if method == "sparsegpt" {
		prune += hessians // their factors
	}
	return capture, prune + 16*b.d*b.f // a dense copy, the difference, a product of it, one to store
}

func (b block) memoryTogether(base float64, storage string, epochs int) (capture, prune float64) {
	capture = base + 4*b.tokens*b.q + 4*b.d*b.d
	x, y := 4*b.tokens*b.d, 4*b.tokens*b.d
	chunks := 4 * min(b.tokens, b.chunk()) * b.f * (1 + b.gates)
	auxiliaries, kept := b.preactivations(), 0.0
	if b.keeps(storage) {
		kept = auxiliaries
	}
	switch storage {
	case "bfloat16":
		auxiliaries = auxiliaries/2 + chunks
	case "anew", "file":
		auxiliaries = chunks
	}
	square, cross := b.f*b.f, b.d*b.f
	hessians := 8 * square                   // of the activations, and its factor
	regression := 12*square + 8*cross        // its moments, and their rounding
	weights := 3 * 4 * (2 + b.gates) * cross // dense, best, before
	always := base + x + y + hessians + regression + 4*square + weights

	// While z and s are updated; while the last matrix is fitted to what the
	// first epoch's others give; and to what the last epoch's do, beside the best.
	update := auxiliaries + kept + chunks*(2+b.gates)/(1+b.gates) + 8*cross*(1+b.gates)
	refit := 16*square + 16*cross // Hessian, ridge, and a factor; rows
	first := auxiliaries + kept + refit
	last := 2*kept + regression + refit
	if epochs > 3 { // z and s are to be used again
		last += auxiliaries
	}
	return capture, always + max(update, first, last)
}
