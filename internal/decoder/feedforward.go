package decoder

import (
	"sparsellm/internal/activation"
	"sparsellm/linalg"
	"sparsellm/model"
)

// feedForward is the feed-forward sublayer:
//
//	x ← x + down·φ(up·norm(x))                  without a gate
//	x ← x + down·(φ(gate·norm(x)) ∘ up·norm(x))  with one
//
// or, with the norm last, x ← norm(x + down·φ(up·x)).
type feedForward[T linalg.Float] struct {
	branch[T]
	stages  []*model.Stage[T]
	network model.Network[T]
	row     func(dst, z, s []T) // φ
}

func newFeedForward[T linalg.Float](l *Loader[T], d *Description, b BlockDescription) (*feedForward[T], error) {
	row, err := activation.Row[T](string(d.Activation), d.Gated)
	if err != nil {
		return nil, err
	}
	n := model.Network[T]{Activation: d.Activation}
	n.Up = l.Linear(b.Network.Up, d.Intermediate, d.Hidden)
	if d.Gated {
		n.Gate = l.Linear(b.Network.Gate, d.Intermediate, d.Hidden)
	}
	n.Down = l.Linear(b.Network.Down, d.Hidden, d.Intermediate)
	f := &feedForward[T]{branch: newBranch(l, d, b.Network.Norm, b.NormLast), network: n, row: row}
	f.stages = []*model.Stage[T]{{Linears: n.First(), Width: d.Hidden}, {Linears: []*model.Linear[T]{n.Down}, Width: d.Intermediate}}
	return f, nil
}

// Stages implements model.Sublayer.
func (f *feedForward[T]) Stages() []*model.Stage[T] { return f.stages }

// Networks implements model.Sublayer.
func (f *feedForward[T]) Networks() []model.Network[T] { return []model.Network[T]{f.network} }

// Width implements model.Sublayer.
func (f *feedForward[T]) Width() int { return f.stages[1].Width }

// Inner implements model.Sublayer.
func (f *feedForward[T]) Inner(pool *linalg.Pool, s *model.Scratch[T], dst, in linalg.Matrix[T], _ model.Sequences[T], observe model.Observer[T]) {
	if observe != nil {
		observe(f.stages[0], in)
	}
	var gate linalg.Matrix[T]
	if f.network.Gate != nil {
		gate = s.Matrix(dst.Rows, dst.Cols)
		f.network.Gate.Apply(pool, gate, in)
	}
	f.network.Up.Apply(pool, dst, in)
	EachRow(pool, dst.Rows, func(t int) {
		if gate.Rows > 0 {
			f.row(dst.Row(t), dst.Row(t), gate.Row(t))
		} else {
			f.row(dst.Row(t), dst.Row(t), nil)
		}
	})
	if observe != nil {
		observe(f.stages[1], dst)
	}
}

// Add implements model.Sublayer.
func (f *feedForward[T]) Add(pool *linalg.Pool, x, inner linalg.Matrix[T]) {
	f.network.Down.AddTo(pool, x, inner)
	f.end(pool, x)
}
