package likelihood

import (
	"context"
	"unsafe"

	"sparsellm/linalg"
	"sparsellm/model"
)

// logitBytes bounds the logits that exist at a time.
const logitBytes = 64 << 20

// logits is memory for those of some rows.
type logits[T linalg.Float] struct{ rows linalg.Matrix[T] }

// each calls use with the logits of every row of x, the last block's output,
// from several goroutines.
func (l *logits[T]) each(ctx context.Context, pool *linalg.Pool, m model.Model[T], x linalg.Matrix[T], use func(row int, logits []T)) error {
	var zero T
	vocab := m.Config().Vocab
	if l.rows.Cols != vocab {
		l.rows = linalg.NewMatrix[T](max(1, logitBytes/int(unsafe.Sizeof(zero))/vocab), vocab)
	}
	for t0 := 0; t0 < x.Rows; t0 += l.rows.Rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		t1 := min(t0+l.rows.Rows, x.Rows)
		some := l.rows.Slice(0, t1-t0, 0, vocab)
		if err := m.Logits(pool, some, x.Slice(t0, t1, 0, x.Cols)); err != nil {
			return err
		}
		pool.For(t1-t0, func(i int) { use(t0+i, some.Row(i)) })
	}
	return nil
}
