package prune

import "sparsellm/linalg"

// Penalties are the weights α, β and γ of the objective's terms.
type Penalties struct {
	Alpha float64 `json:"alpha,omitempty"`
	Beta  float64 `json:"beta,omitempty"`
	Gamma float64 `json:"gamma,omitempty"`
}

// Step is one quantity that the alternation has just computed.
type Step[T linalg.Float] struct {
	Epoch int
	// Name is "up.hessian" or "down.hessian" (before damping of that sweep),
	// "up.updated" (a weight update, before the sweep), "up.pruned", the same
	// for gate and down, or "p", "z", "s".
	Name string
	// Token is the first token of a chunk of p, z or s, 0 for the others.
	Token int
	// Value is only valid during the call, and must not be changed.
	Value linalg.Matrix[T]
}

// Problem is a block's feed-forward network to be pruned as a whole.
type Problem[T linalg.Float] struct {
	Net       *FFN[T]          // dense; pruned in place
	X         linalg.Matrix[T] // its input, tokens × hidden
	Samples   int              // K: into how many samples X's rows fall
	Spec      Spec
	Shares    *Shares // if not nil, sparsities in place of Spec's
	Penalties Penalties
	Epochs    int // of the alternation, at least 1; the first is SparseGPT
	// Held is how many of the last tokens decide which epoch is kept, and are
	// held out of its fits for that. With 0 all tokens do both.
	Held int
	// Local is the method that prunes each matrix after the first epoch; nil is
	// a sweep. Released always sweeps.
	Local   Method[T]
	Observe func(Step[T]) // shown every quantity, if not nil
	// Trace, if not nil, is told what every step did to the objective, which
	// takes time to compute.
	Trace func(Change)
	// Round, if not nil, rounds "up" and "gate" to what will be stored of them,
	// so that down is fitted to what they will produce.
	Round func(name string, w linalg.Matrix[T])
	// Anew has SparseLLM compute z and s from the dense weights whenever a step
	// needs them, so that no memory keeps z and s. With more than AnewEpochs
	// epochs it has no effect.
	Anew bool
	// Storage, if not nil, makes what keeps z, and s, of so many tokens and
	// features. If it is nil, or returns nil, they are in memory.
	Storage func(tokens, features int) (Storage[T], error)
}

// Shares are the sparsities of a network's matrices.
type Shares struct{ Up, Gate, Down float64 }

// specs returns how each matrix is to be pruned.
func (p *Problem[T]) specs() (up, gate, down Spec) {
	up, gate, down = p.Spec, p.Spec, p.Spec
	if p.Shares != nil {
		up.Sparsity, gate.Sparsity, down.Sparsity = p.Shares.Up, p.Shares.Gate, p.Shares.Down
	}
	return up, gate, down
}

// Outcome is what pruning a network as a whole found out on the way.
type Outcome[T linalg.Float] struct {
	// Input and Intermediate are the Hessians of the dense network: of X and of the
	// activations.
	Input, Intermediate *Hessian[T]
	// Objective is ‖Y − f(X)‖²/‖Y‖² of the pruned network f, after each epoch,
	// over all tokens; Y counts without its bias. Of Released it is there only
	// if it is traced.
	Objective []float64
	// Held is the same over the tokens that are held out, if any are.
	Held []float64
	// Final is the objective of the weights as they are left. Of Released it is
	// there only if it is traced.
	Final float64
	// Kept is the epoch whose weights were kept.
	Kept int

	phi nonlinearity[T]
	m   *preactivations[T] // of the network as it is left, if they are known
}

// GiveBack ends the use of the outcome's matrices.
func (o *Outcome[T]) GiveBack(pool *linalg.Pool) {
	o.Input.GiveBack(pool)
	o.Intermediate.GiveBack(pool)
	o.m.giveBack(pool)
}

// handOver has o's matrices outlive the scope that they were taken in.
func (o *Outcome[T]) handOver(scope *linalg.Pool) {
	o.Input.handOver(scope)
	o.Intermediate.handOver(scope)
	if o.m != nil {
		linalg.HandOver(scope, o.m.up, o.m.gate)
	}
}

// Activations returns the activations φ(W₁X) of the pruned network for the
// tokens from ≤ t < to, if they are known. It may be asked once for a token.
func (o *Outcome[T]) Activations(pool *linalg.Pool, from, to int) (p linalg.Matrix[T], known bool) {
	if o.m == nil {
		return p, false
	}
	m := o.m.rows(from, to)
	o.phi.activate(pool, m.up, m.up, m.gate)
	return m.up, true
}
