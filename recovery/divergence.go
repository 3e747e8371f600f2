package recovery

import (
	"sparsellm/linalg"
	"sparsellm/model"
)

// divergence returns the mean over tokens of the Kullback-Leibler divergence of
// the student's next token from the teacher's, for the last blocks' outputs x and
// y. If dx is not empty, the derivative by x is written to it.
func divergence[T linalg.Float](pool *linalg.Pool, student, teacher model.Model[T], dx, x, y linalg.Matrix[T]) (float64, error) {
	vocab := student.Config().Vocab
	chunk := model.LogitRows[T](model.LogitBytes/2, x.Rows, vocab)
	release, err := teacher.HoldHead() // the student's stays in any case
	if err != nil {
		return 0, err
	}
	defer release()
	l, t := linalg.Take[T](pool, chunk, vocab), linalg.Take[T](pool, chunk, vocab)
	defer linalg.GiveBack(pool, l, t)
	losses := make([]float64, x.Rows)
	for r0 := 0; r0 < x.Rows; r0 += chunk {
		r1 := min(r0+chunk, x.Rows)
		l, t := l.Slice(0, r1-r0, 0, vocab), t.Slice(0, r1-r0, 0, vocab)
		if err := student.Logits(pool, l, x.Slice(r0, r1, 0, x.Cols)); err != nil {
			return 0, err
		}
		if err := teacher.Logits(pool, t, y.Slice(r0, r1, 0, y.Cols)); err != nil {
			return 0, err
		}
		pool.For(r1-r0, func(i int) {
			a, b := l.Row(i), t.Row(i)
			apart := linalg.LogSumExp(a) - linalg.LogSumExp(b)
			d := make([]T, vocab)
			for j := range d {
				d[j] = b[j] - a[j]
			}
			linalg.Softmax(b)
			losses[r0+i] = linalg.Dot(b, d) + apart
			if dx.Data == nil {
				return
			}
			copy(d, a)
			linalg.Softmax(d)
			for j := range d {
				b[j] = (d[j] - b[j]) / T(x.Rows)
			}
		})
		if dx.Data == nil {
			continue
		}
		at := x.Slice(r0, r1, 0, x.Cols)
		if err := student.(model.DifferentiableModel[T]).BackLogits(pool, dx.Slice(r0, r1, 0, x.Cols), at, l, t); err != nil {
			return 0, err
		}
	}
	var sum float64
	for _, v := range losses {
		sum += v
	}
	return sum / float64(len(losses)), nil
}
