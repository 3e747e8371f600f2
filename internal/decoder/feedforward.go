package decoder

import (
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
	network[T]
	both []*model.Stage[T]
}

func newFeedForward[T linalg.Float](l *Loader[T], d *Description, b BlockDescription) (*feedForward[T], error) {
	n, err := newNetwork(l, d, b.Network)
	if err != nil {
		return nil, err
	}
	return &feedForward[T]{newBranch(l, d, b, b.Network.Norms), n, n.stages()}, nil
}

// Stages implements model.Sublayer.
func (f *feedForward[T]) Stages() []*model.Stage[T] { return f.both }

// Networks implements model.Sublayer.
func (f *feedForward[T]) Networks() []model.Network[T] { return []model.Network[T]{f.Network} }

// Width implements model.Sublayer.
func (f *feedForward[T]) Width() int { return f.width }

// Inner implements model.Sublayer.
func (f *feedForward[T]) Inner(pool *linalg.Pool, s *model.Scratch[T], dst, in linalg.Matrix[T], _ model.Sequences[T], observe model.Observer[T]) {
	if observe != nil {
		observe(f.both[0], in)
	}
	f.inner(pool, s, dst, in)
	if observe != nil {
		observe(f.both[1], dst)
	}
}

// Add implements model.Sublayer.
func (f *feedForward[T]) Add(pool *linalg.Pool, x, inner linalg.Matrix[T]) {
	f.add(pool, x, inner, f.Down)
}
