package prune

import "sparsellm/linalg"

// Objective is what the alternation minimises, a sum over all tokens: the
// paper's equation 4, and the ridge of the weight updates.
type Objective struct {
	Fit        float64 `json:"fit"`        // α‖z − W₁X − b₁‖², and α‖s − W_gX‖² of a gated network
	Activation float64 `json:"activation"` // γ‖p − φ(z)‖²
	Output     float64 `json:"output"`     // β‖Y − W₂p − b₂‖²
	Ridge      float64 `json:"ridge"`      // λ‖W − W₀‖² of the matrix under way, times α or β
}

// Total is the sum of the parts.
func (o Objective) Total() float64 { return o.Fit + o.Activation + o.Output + o.Ridge }

func (o Objective) plus(p Objective) Objective {
	return Objective{o.Fit + p.Fit, o.Activation + p.Activation, o.Output + p.Output, o.Ridge + p.Ridge}
}

// Change is what one step of the alternation did to its objective.
type Change struct {
	Epoch int `json:"epoch"`
	// Step is "p", "z" or "s"; or "up.updated" (fitted to z), "up.pruned"
	// (swept), the same for gate and down, or "down.refitted" (fitted once
	// more, on its support).
	Step string `json:"step"`
	// Lowers says of a step that it cannot raise its objective, but for
	// rounding. A sweep can: zeros are what it is about.
	Lowers bool `json:"lowers"`
	// Before and After have the parts that the step can change, and those that
	// it minimises them against; the others are zero. Of down, p is what the
	// network now produces.
	Before Objective `json:"before"`
	After  Objective `json:"after"`
	// Energy is ‖Y − b₂‖²: over it, and over β, Output is a relative error.
	Energy float64 `json:"energy"`
}

// weightTrace runs a step that fits or prunes a matrix, and tells who looks on,
// if anybody does, what it did.
type weightTrace func(step string, pull ridge, lowers bool, do func() error) error

func (w weightTrace) run(step string, pull ridge, lowers bool, do func() error) error {
	if w == nil {
		return do()
	}
	return w(step, pull, lowers, do)
}

// watching returns the trace of the steps that fit or prune l. on is the
// regression that l is fitted to; nil stands for that of l's own dense output.
func (a *alternation[T]) watching(l *layer[T], on *regression[T]) weightTrace {
	measure := func(ridge) (none Objective) { return none }
	if a.trace != nil {
		if on == nil {
			on = ownOutput(a.pool, l.dense, a.onX.gram)
		}
		measure = func(pull ridge) Objective {
			fit, ridge := on.objective(a.pool, l.w), float64(pull)*squaredDistance(l.w, l.dense)
			if l == a.down {
				return Objective{Output: a.penalties.Beta * fit, Ridge: a.penalties.Beta * ridge}
			}
			return Objective{Fit: a.penalties.Alpha * fit, Ridge: a.penalties.Alpha * ridge}
		}
	}
	return func(step string, pull ridge, lowers bool, do func() error) error {
		before := measure(pull)
		if err := do(); err != nil {
			return err
		}
		a.show(l.name+"."+step, 0, l.w)
		if a.trace != nil {
			a.trace(Change{a.epoch, l.name + "." + step, lowers, before, measure(pull), a.energy})
			on.forgetRounded(a.pool)
		}
		return nil
	}
}

// show shows a quantity to the observer.
func (a *alternation[T]) show(name string, token int, value linalg.Matrix[T]) {
	if a.observe != nil {
		a.observe(Step[T]{a.epoch, name, token, value})
	}
}

// ownOutput is the regression of a matrix's own dense output on its input, of
// which gram is X·Xᵀ.
func ownOutput[T linalg.Float](pool *linalg.Pool, dense linalg.Matrix[T], gram linalg.Matrix[float64]) *regression[T] {
	g := gram.Clone()
	linalg.Symmetrize(pool, g)
	r := &regression[T]{gram: g, cross: linalg.NewMatrix[float64](dense.Rows, dense.Cols)}
	w := linalg.Convert[float64](pool, dense)
	linalg.Gemm(pool, linalg.NoTrans, linalg.NoTrans, 1, w, g, 0, r.cross)
	r.energy = dot(pool, r.cross, w)
	linalg.GiveBack(pool, w)
	return r
}

// traced returns u with steps that tell the tracer, if there is one, what they do
// to the objective, and whether the z and the s step can raise it. The objective
// is summed over chunks, before the p step and after each step.
func (a *alternation[T]) traced(u steps[T], zLowers, sLowers bool) steps[T] {
	if a.trace == nil {
		return u
	}
	n, d, f := min(a.chunk, a.x.Rows), a.net.Up.Cols, a.net.Up.Rows
	phiBuf, yBuf := linalg.NewMatrix[T](n, f), linalg.NewMatrix[T](n, d) // φ(z, s), W₂p
	var sums [4]Objective
	measure := func(after int, c chunk[T]) {
		phi, y := phiBuf.Slice(0, c.x.Rows, 0, f), yBuf.Slice(0, c.x.Rows, 0, d)
		o := Objective{Fit: a.penalties.Alpha * squaredDistance(c.z, c.m.up)}
		if a.gate != nil {
			o.Fit += a.penalties.Alpha * squaredDistance(c.s, c.m.gate)
		}
		a.phi.activate(a.pool, phi, c.z, c.s)
		o.Activation = a.penalties.Gamma * squaredDistance(c.p, phi)
		if after <= 1 { // later steps leave p as it is
			affine(a.pool, y, c.p, a.net.Down, nil)
		}
		o.Output = a.penalties.Beta * squaredDistance(c.y, y)
		sums[after] = sums[after].plus(o)
	}
	trace := func(k int, name string, lowers bool, step func(chunk[T])) func(chunk[T]) {
		return func(c chunk[T]) {
			if k == 1 {
				measure(0, c)
			}
			step(c)
			measure(k, c)
			if c.token+c.x.Rows == a.fitted {
				a.trace(Change{a.epoch, name, lowers, sums[k-1], sums[k], a.energy})
			}
		}
	}
	u.p, u.z = trace(1, "p", true, u.p), trace(2, "z", zLowers, u.z)
	if a.gate != nil {
		u.s = trace(3, "s", sLowers, u.s)
	}
	return u
}

// squaredDistance returns ‖a − b‖² in float64.
func squaredDistance[T linalg.Float](a, b linalg.Matrix[T]) float64 {
	var s float64
	for i := range a.Rows {
		rb := b.Row(i)
		for j, v := range a.Row(i) {
			d := float64(v) - float64(rb[j])
			s += d * d
		}
	}
	return s
}
