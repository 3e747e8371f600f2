package prune

import (
	"errors"

	"sparsellm/linalg"
)

// alternation is what SparseLLM and Released alternate over: the weights, which
// are updated in place, the network's input and target, and the auxiliary
// variables. Its memory is a scope's.
type alternation[T linalg.Float] struct {
	pool           *linalg.Pool
	net            *FFN[T]
	phi            nonlinearity[T]
	up, gate, down *layer[T]        // net's W₁, W_g and W₂; gate is nil without one
	x, y           linalg.Matrix[T] // tokens × hidden: input, and the dense network's output less b₂
	z, s           auxiliary[T]     // tokens × intermediate: pre-activation and, if gated, the gate's
	penalties      Penalties
	onX            *regression[T] // of any target on X: its Gram matrix
	acc            *accumulator[T]
	fitted         int // tokens; those after them are held out
	chunk          int // tokens that are handled at once
	epoch, epochs  int
	energy         float64 // ‖Y − b₂‖²

	stored  error // the first of a storage
	observe func(Step[T])
	trace   func(Change)
}

// newAlternation runs the dense network on X: z and s start as its own
// pre-activations, and its output is the target. The returned regression is
// that of Y − b₂ on the dense activations p = φ(z, s), over the tokens
// that are fitted; of the target the regression has the energy alone, unless sums
// are exact or traced. Ridges pull towards dense, from which z and s are computed
// anew where they are not kept.
func newAlternation[T linalg.Float](pool *linalg.Pool, prob Problem[T], dense *FFN[T], exact bool) (*alternation[T], *regression[T], error) {
	net, x := prob.Net, prob.X
	phi, err := phiOf[T](net.Activation, net.gated())
	if err != nil {
		return nil, nil, err
	}
	d, f := net.Up.Cols, net.Up.Rows
	a := &alternation[T]{
		pool: pool, net: net, phi: phi, x: x, y: linalg.Take[T](pool, x.Rows, d),
		penalties: prob.Penalties, acc: &accumulator[T]{exact: exact}, epochs: prob.Epochs,
		fitted: x.Rows - prob.Held, chunk: ChunkTokens(x.Rows), observe: prob.Observe, trace: prob.Trace,
	}
	upSpec, gateSpec, downSpec := prob.specs()
	a.up = &layer[T]{name: "up", w: net.Up, bias: net.UpBias, dense: dense.Up, spec: upSpec}
	a.down = &layer[T]{name: "down", w: net.Down, bias: net.DownBias, dense: dense.Down, spec: downSpec}
	var errZ, errS error
	a.z, errZ = prob.newAuxiliary(pool, a.up)
	if net.gated() {
		a.gate = &layer[T]{name: "gate", w: net.Gate, bias: net.GateBias, dense: dense.Gate, spec: gateSpec}
		a.s, errS = prob.newAuxiliary(pool, a.gate)
	}
	a.stored = errors.Join(errZ, errS)
	onDense := newRegression(pool, d, f, a.acc)
	buffer := linalg.Take[T](pool, min(a.chunk, x.Rows), f)
	for c := range a.auxiliaryChunks(x.Rows, false, false) { // an error of the storage shows when they are read
		p := buffer.Slice(0, c.x.Rows, 0, f)
		a.preactivate(preactivations[T]{up: c.z, gate: c.s}, c.x)
		a.phi.activate(pool, p, c.z, c.s)
		affine(pool, c.y, p, net.Down, nil)
		energy := dot(pool, c.y, c.y)
		a.energy += energy
		if c.token >= a.fitted {
			continue
		}
		a.acc.gram(pool, onDense.gram, p)
		onDense.energy += energy
		if exact || a.trace != nil {
			a.acc.product(pool, onDense.cross, c.y, p)
		}
	}
	linalg.GiveBack(pool, buffer)
	a.onX = &regression[T]{gram: linalg.TakeZero[float64](pool, d, d), acc: a.acc}
	for c := range a.chunks(0, a.fitted) {
		a.acc.gram(pool, a.onX.gram, c.x)
	}
	return a, onDense, nil
}

// first returns the matrices that read X: W₁ and, if gated, W_g.
func (a *alternation[T]) first() []*layer[T] {
	if a.gate == nil {
		return []*layer[T]{a.up}
	}
	return []*layer[T]{a.up, a.gate}
}

// newTargets returns the regressions of z and, if gated, of s on X, which are
// to be filled.
func (a *alternation[T]) newTargets() (onZ, onS *regression[T]) {
	onZ = a.onX.another(a.pool, a.up.w.Rows)
	if a.gate != nil {
		onS = a.onX.another(a.pool, a.gate.w.Rows)
	}
	return onZ, onS
}
