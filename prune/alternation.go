package prune

import (
	"errors"
	"fmt"

	"sparsellm/linalg"
)

// Weights are the penalties α, β and γ of the objective.
type Weights struct{ Alpha, Beta, Gamma float64 }

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
	Net     *FFN[T]          // dense; pruned in place
	X       linalg.Matrix[T] // its input, tokens × hidden
	Samples int              // K: into how many samples X's rows fall
	Spec    Spec
	Shares  *Shares // if not nil, sparsities in place of Spec's
	Weights Weights
	Epochs  int // of the alternation, at least 1; the first is SparseGPT
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
	// Anew has z and s computed anew by SparseLLM, from the dense weights, when
	// they are needed, rather than kept from the start, which takes no memory. It
	// has no effect with more than AnewEpochs.
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
	// Input and Hidden are the Hessians of the dense network: of X and of the
	// activations.
	Input, Hidden *Hessian[T]
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

	m *preactivations[T] // of the network as it is left, if they are known
}

// GiveBack ends the use of the outcome's matrices.
func (o *Outcome[T]) GiveBack(pool *linalg.Pool) {
	o.Input.GiveBack(pool)
	o.Hidden.GiveBack(pool)
	o.m.giveBack(pool)
}

// handOver has o's matrices outlive the scope that they were taken in.
func (o *Outcome[T]) handOver(scope *linalg.Pool) {
	o.Input.handOver(scope)
	o.Hidden.handOver(scope)
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
	activate(pool, m.up, m.up, m.gate)
	return m.up, true
}

// alternation is the state of the alternating optimisation of one
// feed-forward network: the weights, which are updated in place, the network's
// input and target, and the auxiliary variables. Its memory is a scope's.
type alternation[T linalg.Float] struct {
	pool   *linalg.Pool
	net    *FFN[T]
	x, y   linalg.Matrix[T] // tokens × hidden: input, and the dense network's output less b₂
	z, s   variable[T]      // tokens × intermediate: pre-activation and, if gated, the gate's
	w      Weights
	sums   *sums[T]
	fitted int // tokens; those after them are held out
	chunk  int // tokens that are handled at once

	stored  error // the first of a storage
	epoch   int
	last    bool    // nothing will follow from the z and s of this epoch
	energy  float64 // ‖Y − b₂‖²
	observe func(Step[T])
	trace   func(Change)
}

// note shows a quantity to the observer.
func (a *alternation[T]) note(name string, token int, value linalg.Matrix[T]) {
	if a.observe != nil {
		a.observe(Step[T]{a.epoch, name, token, value})
	}
}

// newAlternation runs the dense network on X: z and s start as its own
// pre-activations, and its output is the target. The returned regression is
// that of Y − b₂ on the dense activations p = φ(z, s), over the tokens
// that are fitted; of the target it has the energy alone unless somebody needs
// more. dense is what z and s are computed from anew, if they are.
func newAlternation[T linalg.Float](pool *linalg.Pool, prob Problem[T], dense *FFN[T], exact bool) (*alternation[T], *regression[T]) {
	net, x := prob.Net, prob.X
	d, f := net.Up.Cols, net.Up.Rows
	a := &alternation[T]{
		pool: pool, net: net, x: x, w: prob.Weights, sums: &sums[T]{exact: exact}, observe: prob.Observe, trace: prob.Trace,
		y:      linalg.Take[T](pool, x.Rows, d),
		fitted: x.Rows - prob.Held, chunk: ChunkTokens(x.Rows),
	}
	var errZ, errS error
	a.z, errZ = prob.newVariable(pool, net.Up, dense.Up, net.UpBias)
	if net.gated() {
		a.s, errS = prob.newVariable(pool, net.Gate, dense.Gate, net.GateBias)
	}
	a.stored = errors.Join(errZ, errS)
	reg := a.newRegression()
	p := linalg.Take[T](pool, min(a.chunk, x.Rows), f)
	defer linalg.GiveBack(pool, p)
	// An error of the storage shows when z and s are first read.
	_ = a.eachAuxiliary(x.Rows, false, func(c chunk[T]) {
		p := p.Slice(0, c.x.Rows, 0, f)
		affine(pool, c.z, c.x, net.Up, net.UpBias)
		if net.gated() {
			affine(pool, c.s, c.x, net.Gate, net.GateBias)
		}
		activate(a.pool, p, c.z, c.s)
		affine(pool, c.y, p, net.Down, nil)
		energy := dot(pool, c.y, c.y)
		a.energy += energy
		if c.token >= a.fitted {
			return
		}
		a.sums.gram(pool, reg.gram, p)
		reg.energy += energy
		if exact || a.trace != nil {
			a.sums.product(pool, reg.cross, c.y, p)
		}
	})
	return a, reg
}

// moments are sums over tokens of products of the auxiliary variables: all
// that the weight updates need of them.
type moments[T linalg.Float] struct {
	zx linalg.Matrix[float64] // (z − b₁)·Xᵀ, intermediate × hidden
	sx linalg.Matrix[float64] // (s − b_gate)·Xᵀ, the same
	// p is the regression of Y − b₂ on p; nil if not wanted.
	p *regression[T]
	// ‖z − b₁‖² and ‖s − b_gate‖², for those who trace.
	zEnergy, sEnergy float64
}

// fits returns the regressions of z and of s on X, of which gram is X·Xᵀ.
func (m *moments[T]) fits(gram linalg.Matrix[float64]) (z, s *regression[T]) {
	z = &regression[T]{gram: gram, cross: m.zx, energy: m.zEnergy}
	s = &regression[T]{gram: gram, cross: m.sx, energy: m.sEnergy}
	return z, s
}

// giveBack ends the use of m.
func (m *moments[T]) giveBack(pool *linalg.Pool) {
	linalg.GiveBack(pool, m.zx, m.sx)
	if m.p != nil {
		m.p.giveBack(pool)
	}
}

func (a *alternation[T]) newMoments(withP bool) *moments[T] {
	d, f := a.net.Up.Cols, a.net.Up.Rows
	m := &moments[T]{zx: linalg.TakeZero[float64](a.pool, f, d)}
	if a.net.gated() {
		m.sx = linalg.TakeZero[float64](a.pool, f, d)
	}
	if withP {
		m.p = a.newRegression()
	}
	return m
}

func (a *alternation[T]) newRegression() *regression[T] {
	return newRegression(a.pool, a.net.Down.Rows, a.net.Down.Cols, a.sums)
}

// accumulate adds a chunk to the moments that are wanted.
func (a *alternation[T]) accumulate(m *moments[T], c chunk[T], p linalg.Matrix[T]) {
	z := centered(a.pool, c.z, a.net.UpBias)
	a.sums.product(a.pool, m.zx, z, c.x)
	if a.trace != nil {
		m.zEnergy += dot(a.pool, z, z)
	}
	if a.net.gated() {
		s := centered(a.pool, c.s, a.net.GateBias)
		a.sums.product(a.pool, m.sx, s, c.x)
		if a.trace != nil {
			m.sEnergy += dot(a.pool, s, s)
		}
	}
	if m.p != nil {
		m.p.add(a.pool, c.y, p)
	}
}

// centered returns m less the row bias, which may be nil.
func centered[T linalg.Float](pool *linalg.Pool, m linalg.Matrix[T], bias []T) linalg.Matrix[T] {
	if bias == nil {
		return m
	}
	c := linalg.NewMatrix[T](m.Rows, m.Cols)
	pool.For(m.Rows, func(i int) {
		from, to := m.Row(i), c.Row(i)
		for j, b := range bias {
			to[j] = from[j] - b
		}
	})
	return c
}

// gram returns the lower triangle of X·Xᵀ over the tokens that are fitted,
// hidden × hidden.
func (a *alternation[T]) gram() linalg.Matrix[float64] {
	g := linalg.TakeZero[float64](a.pool, a.x.Cols, a.x.Cols)
	a.eachChunk(0, a.fitted, func(c chunk[T]) { a.sums.gram(a.pool, g, c.x) })
	return g
}

// updates are how z and s follow p, which the two forms of the alternation do
// differently: per entry, over a token's intermediate features. z and s are
// changed in place.
type updates[T linalg.Float] struct {
	// z, given p, m = W₁x + b₁ and, if gated, s, which is nil otherwise.
	z func(z, p, m, s []T, alpha, gamma T)
	// s, given p, m = W_gate·x and z. Not called without a gate.
	s func(s, p, m, z []T, alpha, gamma T)
	// Whether they cannot raise the objective.
	zLowers, sLowers bool
}

// updateAuxiliaries does the p, z and s steps for the tokens that are fitted,
// with the pruned weights held fixed, and returns the moments of the result,
// those of p if wanted. m are the weights' preactivations, if they are known.
func (a *alternation[T]) updateAuxiliaries(u updates[T], m *preactivations[T], withP bool) (*moments[T], error) {
	scope := a.pool.Scope()
	defer scope.End()
	correct, err := a.activationSolver(scope)
	if err != nil {
		return nil, err
	}
	f, alpha, gamma := a.net.Up.Rows, T(a.w.Alpha), T(a.w.Gamma)
	mom := a.newMoments(withP)
	n := min(a.chunk, a.x.Rows)
	pBuf := linalg.Take[T](scope, n, f)
	if m == nil {
		m = a.newPreactivations(scope, n, false)
	}
	trace := a.newAuxiliaryTrace()
	err = a.eachAuxiliary(a.fitted, true, func(c chunk[T]) {
		p, known := pBuf.Slice(0, c.x.Rows, 0, f), m.kept
		m := m.of(c)
		if !known {
			a.preactivate(m, c.x)
		}
		activate(a.pool, p, c.z, c.s)
		trace.measure(0, c, p, m)
		correct(p, c.y)
		trace.measure(1, c, p, m)
		a.eachToken(c, func(t int, s []T) { u.z(c.z.Row(t), p.Row(t), m.up.Row(t), s, alpha, gamma) })
		trace.measure(2, c, p, m)
		if a.net.gated() {
			a.eachToken(c, func(t int, s []T) { u.s(s, p.Row(t), m.gate.Row(t), c.z.Row(t), alpha, gamma) })
			trace.measure(3, c, p, m)
			a.note("s", c.token, c.s)
		}
		a.note("p", c.token, p)
		a.note("z", c.token, c.z)
		a.accumulate(mom, c, p)
	})
	if err != nil {
		return nil, fmt.Errorf("prune: auxiliary variables: %w", err)
	}
	trace.tell(u)
	return mom, nil
}

// eachToken calls f with each token of a chunk, and its s, nil without a gate.
func (a *alternation[T]) eachToken(c chunk[T], f func(t int, s []T)) {
	a.pool.For(c.x.Rows, func(t int) {
		var s []T
		if a.net.gated() {
			s = c.s.Row(t)
		}
		f(t, s)
	})
}

// activationSolver returns the p step. It minimises γ‖p − φ‖² + β‖Y − b₂ − W₂p‖²
// (paper, eq. 8), whose solution
//
//	p = (βW₂ᵀW₂ + γI)⁻¹ (βW₂ᵀ(Y − b₂) + γφ)
//
// is, by the push-through identity (AᵀA + cI)⁻¹Aᵀ = Aᵀ(AAᵀ + cI)⁻¹,
//
//	p = φ + W₂ᵀ K⁻¹ (Y − b₂ − W₂φ),   K = W₂W₂ᵀ + (γ/β)I:
//
// a system of the hidden size in place of the intermediate, and a correction
// of φ, which loses no digits where W₂φ is near Y already. The function takes
// φ in p (tokens × intermediate), replaces it by the solution, and reads y,
// which is Y − b₂ (tokens × hidden). It has memory of the pool's.
func (a *alternation[T]) activationSolver(pool *linalg.Pool) (correct func(p, y linalg.Matrix[T]), err error) {
	down := a.net.Down
	k := linalg.Take[T](pool, down.Rows, down.Rows)
	defer linalg.GiveBack(pool, k)
	linalg.Syrk(pool, linalg.NoTrans, 1, down, 0, k)
	for i := range k.Rows {
		k.Data[i*k.Stride+i] += T(a.w.Gamma / a.w.Beta)
	}
	if err := linalg.Potrf(pool, k); err != nil {
		return nil, fmt.Errorf("prune: p step: W₂W₂ᵀ + (γ/β)I: %w", err)
	}
	back := linalg.TakeCopy(pool, down) // K⁻¹·W₂
	linalg.Trsm(pool, linalg.Left, linalg.NoTrans, k, back)
	linalg.Trsm(pool, linalg.Left, linalg.Trans, k, back)
	residual := linalg.Take[T](pool, min(a.chunk, a.x.Rows), down.Rows)
	return func(p, y linalg.Matrix[T]) {
		r := residual.Slice(0, p.Rows, 0, down.Rows)
		linalg.Copy(r, y)
		linalg.Gemm(pool, linalg.NoTrans, linalg.Trans, -1, p, down, 1, r)
		linalg.Gemm(pool, linalg.NoTrans, linalg.NoTrans, 1, r, back, 1, p)
	}, nil
}
