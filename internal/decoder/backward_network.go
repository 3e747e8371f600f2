package decoder

import (
	"sparsellm/internal/activation"
	"sparsellm/linalg"
	"sparsellm/model"
)

// Backward implements model.Differentiable. With p = φ(up·n) or φ(gate·n)∘up·n
// for n = norm(x):
//
//	dp = dy·Down
//	dz = dp∘φ'(z)                      without a gate
//	dz = dp∘φ(s),  ds = dp∘z∘φ'(s)     with one
//	dn = dz·Up + ds·Gate
func (f *feedForward[T]) Backward(pool *linalg.Pool, x, dx linalg.Matrix[T], _ []int, grad model.Gradient[T]) {
	w := backward[T]{pool, grad}
	in := linalg.Take[T](pool, x.Rows, x.Cols)
	z := linalg.Take[T](pool, x.Rows, f.width)
	p := linalg.Take[T](pool, x.Rows, f.width)
	dp := linalg.Take[T](pool, x.Rows, f.width)
	s := z // what φ is of
	defer func() { linalg.GiveBack(pool, in, z, p, dp) }()
	f.Read(pool, in, x)
	f.Up.Apply(pool, z, in)
	if f.Gate != nil {
		s = linalg.Take[T](pool, x.Rows, f.width)
		defer linalg.GiveBack(pool, s)
		f.Gate.Apply(pool, s, in)
	}
	EachRow(pool, x.Rows, func(t int) { f.row(p.Row(t), z.Row(t), s.Row(t)) })
	f.backAdd(w, dp, dx, x, p, f.Down)
	phi := p // no longer asked for
	EachRow(pool, x.Rows, func(t int) {
		f.phi(phi.Row(t), s.Row(t), nil)
		d, value, at, up := dp.Row(t), phi.Row(t), s.Row(t), z.Row(t)
		for i := range d {
			slope := T(f.slope(float64(at[i]), float64(value[i])))
			if f.Gate == nil {
				d[i] *= slope
			} else {
				at[i] = d[i] * up[i] * slope
				d[i] *= value[i]
			}
		}
	})
	din := linalg.Take[T](pool, x.Rows, x.Cols)
	if f.Gate != nil {
		w.linear(f.Gate, s, in, 0, din)
		w.linear(f.Up, dp, in, 1, din)
	} else {
		w.linear(f.Up, dp, in, 0, din)
	}
	f.backRead(pool, din, x)
	Add(pool, dx, din)
	linalg.GiveBack(pool, din)
}

// Backward implements model.Differentiable. With y the filter's output, p = b∘v
// what it reads, and dinner the derivative by c∘y:
//
//	dc = dinner∘y,  dy = dinner∘c,  dp at t = Σ filter(k)·dy at t+k,  db = dp∘v,  dv = dp∘b
func (c *convolution[T]) Backward(pool *linalg.Pool, x, dx linalg.Matrix[T], lengths []int, grad model.Gradient[T]) {
	w := backward[T]{pool, grad}
	d, n := c.Width(), c.desc.Length
	in, inner := linalg.NewMatrix[T](x.Rows, x.Cols), linalg.NewMatrix[T](x.Rows, d)
	all, dall := linalg.NewMatrix[T](x.Rows, 3*d), linalg.NewMatrix[T](x.Rows, 3*d)
	dinner := linalg.NewMatrix[T](x.Rows, d)
	c.Read(pool, in, x)
	c.in.Apply(pool, all, in)
	c.convolve(pool, new(model.Scratch[T]), inner, all, model.Sequences[T]{Lengths: lengths})
	c.backAdd(w, dinner, dx, x, inner, c.out)
	at := 0
	for _, length := range lengths {
		EachRow(pool, length, func(i int) {
			row, to := all.Row(at+i), dall.Row(at+i)
			for j := range d {
				var y, dp T
				for k := range min(n, i+1) {
					before := all.Row(at + i - k)
					y += c.filter[j*n+n-1-k] * before[j] * before[2*d+j]
				}
				if c.bias != nil {
					y += c.bias[j]
				}
				for k := range min(n, length-i) {
					dp += c.filter[j*n+n-1-k] * dinner.At(at+i+k, j) * all.At(at+i+k, d+j)
				}
				to[j], to[d+j], to[2*d+j] = dp*row[2*d+j], dinner.At(at+i, j)*y, dp*row[j]
			}
		})
		at += length
	}
	din := linalg.NewMatrix[T](x.Rows, x.Cols)
	w.linear(c.in, dall, in, 0, din)
	c.backRead(pool, din, x)
	Add(pool, dx, din)
}

// derivative returns φ of rows by itself, and φ' given x and φ(x).
func derivative[T linalg.Float](name string) (phi func(dst, z, s []T), slope func(x, phi float64) float64, err error) {
	if phi, err = activation.Row[T](name, false); err != nil {
		return nil, nil, err
	}
	slope, err = activation.Slope(name)
	return phi, slope, err
}
