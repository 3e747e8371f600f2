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

// watch runs a step that fits or prunes a matrix, and tells the tracer, if
// there is one, what it did.
type watch func(step string, pull ridge, lowers bool, do func() error) error

func (w watch) do(step string, pull ridge, lowers bool, do func() error) error {
	if w == nil {
		return do()
	}
	return w(step, pull, lowers, do)
}

// watching returns the watch of the steps that fit or prune l, whose regression
// is given by a function, since only a tracer needs it.
func (a *alternation[T]) watching(l *local[T], regression func() *regression[T]) watch {
	if a.trace == nil {
		return nil
	}
	reg := regression()
	measure := func(pull ridge) Objective {
		fit, ridge := reg.objective(a.pool, l.w), float64(pull)*squaredDistance(l.w, l.dense)
		if l.name == "down" {
			return Objective{Output: a.w.Beta * fit, Ridge: a.w.Beta * ridge}
		}
		return Objective{Fit: a.w.Alpha * fit, Ridge: a.w.Alpha * ridge}
	}
	return func(step string, pull ridge, lowers bool, do func() error) error {
		before := measure(pull)
		if err := do(); err != nil {
			return err
		}
		a.trace(Change{a.epoch, l.name + "." + step, lowers, before, measure(pull), a.energy})
		reg.forgetRounded(a.pool)
		return nil
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

// watches returns the watch of each of the released code's matrices in the
// epoch; in the first, z, s and p are the dense network's own.
func (a *alternation[T]) watches(all []*local[T], mom *moments[T], gram linalg.Matrix[float64]) []watch {
	watches := make([]watch, len(all))
	for k, l := range all {
		watches[k] = a.watching(l, func() *regression[T] {
			onZ, onS := mom.fits(gram)
			switch {
			case l.name == "down":
				return mom.p
			case a.epoch == 0:
				return ownOutput(a.pool, l.w, gram)
			case l.name == "gate":
				return onS
			default:
				return onZ
			}
		})
	}
	return watches
}

// auxiliaryTrace sums the objective over chunks: before the p, z and s steps,
// and after each.
type auxiliaryTrace[T linalg.Float] struct {
	a      *alternation[T]
	at     [4]Objective
	phi, y linalg.Matrix[T] // of a chunk: φ(z, s), W₂p
}

// newAuxiliaryTrace returns nil, which does nothing, if nobody asks.
func (a *alternation[T]) newAuxiliaryTrace() *auxiliaryTrace[T] {
	if a.trace == nil {
		return nil
	}
	n, d, f := min(a.chunk, a.x.Rows), a.net.Up.Cols, a.net.Up.Rows
	return &auxiliaryTrace[T]{a: a, phi: linalg.NewMatrix[T](n, f), y: linalg.NewMatrix[T](n, d)}
}

// measure adds chunk c as it is before the first step, or after so many steps;
// m are its preactivations.
func (t *auxiliaryTrace[T]) measure(steps int, c chunk[T], p linalg.Matrix[T], m preactivations[T]) {
	if t == nil {
		return
	}
	a, n := t.a, c.x.Rows
	rows := func(m linalg.Matrix[T]) linalg.Matrix[T] { return m.Slice(0, n, 0, m.Cols) }
	phi, y := rows(t.phi), rows(t.y)
	o := Objective{Fit: a.w.Alpha * squaredDistance(c.z, m.up)}
	if a.net.gated() {
		o.Fit += a.w.Alpha * squaredDistance(c.s, m.gate)
	}
	activate(a.pool, phi, c.z, c.s)
	o.Activation = a.w.Gamma * squaredDistance(p, phi)
	if steps <= 1 { // later ones leave p as it is
		affine(a.pool, y, p, a.net.Down, nil)
	}
	o.Output = a.w.Beta * squaredDistance(c.y, y)
	t.at[steps] = t.at[steps].plus(o)
}

// tell reports the steps, u being those that were taken.
func (t *auxiliaryTrace[T]) tell(u updates[T]) {
	if t == nil {
		return
	}
	steps, lowers := []string{"p", "z", "s"}, []bool{true, u.zLowers, u.sLowers}
	if !t.a.net.gated() {
		steps = steps[:2]
	}
	for i, name := range steps {
		t.a.trace(Change{t.a.epoch, name, lowers[i], t.at[i], t.at[i+1], t.a.energy})
	}
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
