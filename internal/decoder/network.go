package decoder

import (
	"cmp"

	"sparsellm/internal/activation"
	"sparsellm/linalg"
	"sparsellm/model"
)

// network is one feed-forward network with the means to run it.
type network[T linalg.Float] struct {
	model.Network[T]
	width int
	row   func(dst, z, s []T) // φ, with the gate
	// phi is φ by itself, and slope φ' at x, given φ(x).
	phi   func(dst, z, s []T)
	slope func(x, phi float64) float64
}

func newNetwork[T linalg.Float](l *Loader[T], d *Description, desc NetworkDescription) (network[T], error) {
	row, err := activation.Row[T](string(d.Activation), d.Gated)
	if err != nil {
		return network[T]{}, err
	}
	n := network[T]{width: cmp.Or(desc.Width, d.Intermediate), row: row}
	if n.phi, n.slope, err = derivative[T](string(d.Activation)); err != nil {
		return network[T]{}, err
	}
	n.Activation = d.Activation
	n.Up = l.Linear(desc.Up, n.width, d.Hidden)
	if d.Gated {
		n.Gate = l.Linear(desc.Gate, n.width, d.Hidden)
	}
	n.Down = l.Linear(desc.Down, d.Hidden, n.width)
	return n, nil
}

// stages returns what of the network reads its input, and what its inner
// activations.
func (n *network[T]) stages() []*model.Stage[T] {
	return []*model.Stage[T]{
		{Linears: n.First(), Width: n.Up.Weight.Inputs()},
		{Linears: []*model.Linear[T]{n.Down}, Width: n.width},
	}
}

// inner writes the activations for input in to dst, tokens × width.
func (n *network[T]) inner(pool *linalg.Pool, s *model.Scratch[T], dst, in linalg.Matrix[T]) {
	var gate linalg.Matrix[T]
	if n.Gate != nil {
		gate = s.Matrix(dst.Rows, dst.Cols)
		model.ApplyEach(pool, []*model.Linear[T]{n.Gate, n.Up}, []linalg.Matrix[T]{gate, dst}, in)
	} else {
		n.Up.Apply(pool, dst, in)
	}
	EachRow(pool, dst.Rows, func(t int) {
		if n.Gate != nil {
			n.row(dst.Row(t), dst.Row(t), gate.Row(t))
		} else {
			n.row(dst.Row(t), dst.Row(t), nil)
		}
	})
}
