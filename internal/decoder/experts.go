package decoder

import (
	"slices"

	"sparsellm/linalg"
	"sparsellm/model"
)

// experts is a feed-forward sublayer of several networks (Shazeer et al., 2017),
// of which each token reaches a few:
//
//	x ← x + Σ_e g_e(in)·network_e(in),  in = norm(x)
//
// where g is the softmax of the router's scores, 0 but for the largest. What it
// leaves to add is the sum.
type experts[T linalg.Float] struct {
	branch[T]
	desc     *ExpertsDescription
	router   linalg.Matrix[T] // experts × hidden
	networks []network[T]
	stages   []*model.Stage[T] // two of each network
}

func newExperts[T linalg.Float](l *Loader[T], d *Description, b BlockDescription) (*experts[T], error) {
	e := &experts[T]{branch: newBranch(l, d, b, b.Experts.Norms), desc: b.Experts}
	e.router = l.Matrix(l.prefix+b.Experts.Router, len(b.Experts.Experts), d.Hidden)
	for _, desc := range b.Experts.Experts {
		n, err := newNetwork(l, d, desc)
		if err != nil {
			return nil, err
		}
		e.networks = append(e.networks, n)
		for _, stage := range n.stages() {
			stage.Expert = true
			e.stages = append(e.stages, stage)
		}
	}
	return e, nil
}

// Stages implements model.Sublayer.
func (e *experts[T]) Stages() []*model.Stage[T] { return e.stages }

// Networks implements model.Sublayer.
func (e *experts[T]) Networks() []model.Network[T] {
	var all []model.Network[T]
	for _, n := range e.networks {
		all = append(all, n.Network)
	}
	return all
}

// Route implements model.Sublayer.
func (e *experts[T]) Route(pool *linalg.Pool, in linalg.Matrix[T]) [][]int {
	rows, _ := e.route(pool, in)
	return rows
}

// Width implements model.Sublayer.
func (e *experts[T]) Width() int { return e.router.Cols }

// route returns for each expert the rows of in that reach it, and their weights.
func (e *experts[T]) route(pool *linalg.Pool, in linalg.Matrix[T]) (rows [][]int, weights [][]T) {
	scores := linalg.NewMatrix[T](in.Rows, e.router.Rows)
	linalg.Gemm(pool, linalg.NoTrans, linalg.Trans, 1, in, e.router, 0, scores)
	rows, weights = make([][]int, e.router.Rows), make([][]T, e.router.Rows)
	order := make([]int, e.router.Rows)
	for t := range in.Rows {
		row := scores.Row(t)
		linalg.Softmax(row)
		for k := range order {
			order[k] = k
		}
		slices.SortStableFunc(order, func(a, b int) int {
			switch {
			case row[a] > row[b]:
				return -1
			case row[a] < row[b]:
				return 1
			}
			return 0
		})
		var sum T
		for _, k := range order[:e.desc.Active] {
			sum += row[k]
		}
		if !e.desc.Normalise {
			sum = 1
		}
		for _, k := range order[:e.desc.Active] {
			rows[k], weights[k] = append(rows[k], t), append(weights[k], row[k]/sum)
		}
	}
	return rows, weights
}

// Inner implements model.Sublayer.
func (e *experts[T]) Inner(pool *linalg.Pool, _ *model.Scratch[T], dst, in linalg.Matrix[T], _ model.Sequences[T], observe model.Observer[T]) {
	dst.Zero()
	rows, weights := e.route(pool, in)
	for k, n := range e.networks {
		if len(rows[k]) == 0 {
			continue
		}
		var s model.Scratch[T] // as much as its tokens take
		x, inner, y := s.Matrix(len(rows[k]), in.Cols), s.Matrix(len(rows[k]), n.width), s.Matrix(len(rows[k]), dst.Cols)
		for i, t := range rows[k] {
			copy(x.Row(i), in.Row(t))
		}
		if observe != nil {
			observe(e.stages[2*k], x)
		}
		n.inner(pool, &s, inner, x)
		if observe != nil {
			observe(e.stages[2*k+1], inner)
		}
		n.Down.Apply(pool, y, inner)
		EachRow(pool, y.Rows, func(i int) {
			row := dst.Row(rows[k][i])
			for j, v := range y.Row(i) {
				row[j] += weights[k][i] * v
			}
		})
	}
}

// Add implements model.Sublayer.
func (e *experts[T]) Add(pool *linalg.Pool, x, inner linalg.Matrix[T]) {
	y := inner
	if e.adds {
		y = linalg.TakeCopy(pool, inner)
		defer linalg.GiveBack(pool, y)
	}
	e.addOutput(pool, x, y)
}
