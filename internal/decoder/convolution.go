package decoder

import (
	"sparsellm/linalg"
	"sparsellm/model"
)

// convolution is a gated short convolution (LFM2, Liquid AI, 2025):
//
//	b, c, v = in·norm(x)
//	x ← x + out·(c ∘ (filter ∗ (b ∘ v)))
//
// The filter is one for each feature, and sees the last Length positions.
type convolution[T linalg.Float] struct {
	branch[T]
	desc    *ConvolutionDescription
	in, out *model.Linear[T]
	filter  []T // hidden × length
	bias    []T // hidden, or nil
	stages  []*model.Stage[T]
}

func newConvolution[T linalg.Float](l *Loader[T], d *Description, b BlockDescription) *convolution[T] {
	desc := b.Convolution
	c := &convolution[T]{
		branch: newBranch(l, d, b, desc.Norms), desc: desc,
		in:     l.Linear(desc.In, 3*d.Hidden, d.Hidden),
		out:    l.Linear(desc.Out, d.Hidden, d.Hidden),
		filter: l.load(l.prefix+desc.Filter+".weight", d.Hidden, 1, desc.Length),
	}
	if desc.Bias {
		c.bias = l.Vector(l.prefix+desc.Filter+".bias", d.Hidden)
	}
	c.stages = []*model.Stage[T]{
		{Linears: []*model.Linear[T]{c.in}, Width: d.Hidden},
		{Linears: []*model.Linear[T]{c.out}, Width: d.Hidden},
	}
	return c
}

// Convolution implements model.Convolving.
func (c *convolution[T]) Convolution() model.Convolution[T] {
	d := c.out.Weight.Inputs()
	return model.Convolution[T]{In: c.in, Out: c.out, Filter: linalg.MatrixOf(d, c.desc.Length, c.filter), Bias: c.bias}
}

// Stages implements model.Sublayer.
func (c *convolution[T]) Stages() []*model.Stage[T] { return c.stages }

// Networks implements model.Sublayer.
func (c *convolution[T]) Networks() []model.Network[T] { return nil }

// Width implements model.Sublayer.
func (c *convolution[T]) Width() int { return c.stages[1].Width }

// Inner implements model.Sublayer.
func (c *convolution[T]) Inner(pool *linalg.Pool, s *model.Scratch[T], dst, in linalg.Matrix[T], seq model.Sequences[T], observe model.Observer[T]) {
	if observe != nil {
		observe(c.stages[0], in)
	}
	all := s.Matrix(in.Rows, 3*c.Width())
	c.in.Apply(pool, all, in)
	c.convolve(pool, s, dst, all, seq)
	if observe != nil {
		observe(c.stages[1], dst)
	}
}

// convolve makes of all that the first linear gives what the last one reads.
func (c *convolution[T]) convolve(pool *linalg.Pool, s *model.Scratch[T], dst, all linalg.Matrix[T], seq model.Sequences[T]) {
	d, n := c.Width(), c.desc.Length
	product := s.Matrix(all.Rows, d)
	EachRow(pool, all.Rows, func(t int) {
		row := all.Row(t)
		for j, b := range row[:d] {
			product.Row(t)[j] = b * row[2*d+j]
		}
	})
	starts, befores := make([]int, len(seq.Lengths)), make([]int, len(seq.Lengths)) // of each sequence's rows: in product, and in the sequence
	for i := range befores {
		befores[i] = seq.Before(i) // without what is appended below
	}
	switch {
	case seq.Shared != nil:
		product = unshare(s, product, seq, starts)
	case seq.Cache != nil:
		starts[0] = seq.Cache.Len() - seq.Cache.Dropped()
		product, _ = seq.Cache.Append(product, linalg.NewMatrix[T](product.Rows, 0))
	default:
		for i, length := range seq.Lengths[:max(len(starts)-1, 0)] {
			starts[i+1] = starts[i] + length
		}
	}
	at := 0
	for q, length := range seq.Lengths {
		before := befores[q]
		EachRow(pool, length, func(i int) {
			row, gate := dst.Row(at+i), all.Row(at + i)[d:2*d]
			for j := range row {
				var y T
				for k := range min(n, before+i+1) { // the filter's last entry is for the position itself
					y += c.filter[j*n+n-1-k] * product.At(starts[q]+i-k, j)
				}
				if c.bias != nil {
					y += c.bias[j]
				}
				row[j] = gate[j] * y
			}
		})
		at += length
	}
	if seq.Cache != nil {
		seq.Cache.Trim(n - 1)
	}
}

// Add implements model.Sublayer.
func (c *convolution[T]) Add(pool *linalg.Pool, x, inner linalg.Matrix[T]) {
	c.add(pool, x, inner, c.out)
}
