package decoder

import (
	"errors"
	"fmt"
	"math"

	"sparsellm/linalg"
	"sparsellm/model"
)

// backward is what all that is run backward has at hand. For a loss L, dx is
// ∂L/∂x throughout, in the shape of x.
type backward[T linalg.Float] struct {
	pool *linalg.Pool
	grad model.Gradient[T] // nil where no weight's is asked for
}

// linear computes din ← beta·din + dy·W, and tells of the gradient dyᵀ·in
// of y = W·in + b.
func (b backward[T]) linear(l *model.Linear[T], dy, in linalg.Matrix[T], beta T, din linalg.Matrix[T]) {
	linalg.Gemm(b.pool, linalg.NoTrans, linalg.NoTrans, 1, dy, l.Matrix(), beta, din)
	if b.grad != nil {
		b.grad(l, dy, in)
	}
}

// back makes dy, the derivative by the norm's output for x, that by x:
//
//	RMSNorm:    dx = r·(g − x·r²·mean(g∘x)),           g = w∘dy, r = 1/√(mean(x²) + eps)
//	LayerNorm:  dx = r·(g − mean(g) − x̂·mean(g∘x̂)),   x̂ = (x − mean(x))·r, r = 1/√(var(x) + eps)
func (n *norm[T]) back(pool *linalg.Pool, dy, x linalg.Matrix[T]) {
	EachRow(pool, x.Rows, func(t int) {
		src, d := x.Row(t), dy.Row(t)
		size := float64(len(src))
		var mean, square float64
		if n.kind.Mean {
			for _, v := range src {
				mean += float64(v)
			}
			mean /= size
		}
		for _, v := range src {
			c := float64(v) - mean
			square += c * c
		}
		r := 1 / math.Sqrt(square/size+n.kind.Eps)
		g := func(i int) float64 {
			if n.weight == nil {
				return float64(d[i])
			}
			return float64(d[i]) * float64(n.weight[i])
		}
		var sum, along float64
		for i, v := range src {
			sum += g(i)
			along += g(i) * (float64(v) - mean) * r
		}
		if sum /= size; !n.kind.Mean {
			sum = 0
		}
		along /= size
		for i, v := range src {
			d[i] = T(r * (g(i) - sum - (float64(v)-mean)*r*along))
		}
	})
}

// back is norm.back of each of the norms.
func (n headNorms[T]) back(pool *linalg.Pool, dy, x linalg.Matrix[T]) {
	for i := range n {
		n[i].back(pool, n.of(i, dy), n.of(i, x))
	}
}

// backRead makes din, the derivative by what Read gives for x, that by x.
func (b *branch[T]) backRead(pool *linalg.Pool, din, x linalg.Matrix[T]) {
	if b.reads {
		b.input.back(pool, din, x)
	}
}

// backAdd runs add backward. dx comes as the derivative by what add leaves for x,
// and becomes that by x as far as x passes by the sublayer; dinner becomes that
// by inner.
func (b *branch[T]) backAdd(w backward[T], dinner, dx, x, inner linalg.Matrix[T], out *model.Linear[T]) {
	y := linalg.Take[T](w.pool, x.Rows, x.Cols)
	defer linalg.GiveBack(w.pool, y)
	if b.adds || b.last {
		out.Apply(w.pool, y, inner)
	}
	if b.last {
		sum := linalg.TakeCopy(w.pool, x)
		added := linalg.TakeCopy(w.pool, y)
		b.addOutput(w.pool, sum, added)
		b.input.back(w.pool, dx, sum)
		linalg.GiveBack(w.pool, sum, added)
	}
	dy := dx
	if !b.plain() {
		dy = linalg.TakeCopy(w.pool, dx)
		defer linalg.GiveBack(w.pool, dy)
		for t := range dy.Rows {
			row := dy.Row(t)
			for j := range row {
				row[j] *= b.scale
			}
		}
		if b.adds {
			b.output.back(w.pool, dy, y)
		}
	}
	w.linear(out, dy, inner, 0, dinner)
}

// BackLogits implements model.DifferentiableModel.
func (m *transformer[T]) BackLogits(pool *linalg.Pool, dx, x, logits, dlogits linalg.Matrix[T]) error {
	if scale, limit := T(m.desc.LogitScale), T(m.desc.LogitCap); scale != 0 || limit != 0 {
		EachRow(pool, dlogits.Rows, func(t int) {
			row, l := dlogits.Row(t), logits.Row(t)
			for j := range row {
				if limit != 0 {
					row[j] *= 1 - l[j]*l[j]/(limit*limit)
				}
				if scale != 0 {
					row[j] *= scale
				}
			}
		})
	}
	to := dx
	if m.projectOut != nil {
		to = linalg.NewMatrix[T](x.Rows, m.desc.WordWidth)
	}
	if err := m.head.backProduct(pool, to, dlogits); err != nil {
		return fmt.Errorf("arch: %w", err)
	}
	if m.projectOut != nil {
		if err := m.projectOut.backProduct(pool, dx, to); err != nil {
			return fmt.Errorf("arch: %w", err)
		}
	}
	if m.desc.FinalNorm != "" {
		m.norm.back(pool, dx, x)
	}
	return nil
}

// backProduct computes dx ← dy·E, the derivative of Product.
func (e *Table[T]) backProduct(pool *linalg.Pool, dx, dy linalg.Matrix[T]) error {
	w, err := e.load()
	if err != nil {
		return err
	}
	dense, ok := w.RowWeight.(model.Dense[T])
	if !ok {
		return errors.New("the head is packed: only one of plain numbers can be run backward")
	}
	linalg.Gemm(pool, linalg.NoTrans, linalg.NoTrans, 1, dy, dense.Matrix, 0, dx)
	return nil
}
