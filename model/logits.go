package model

import (
	"context"
	"unsafe"

	"sparsellm/linalg"
)

// LogitBytes bounds the logits that exist at a time.
const LogitBytes = 64 << 20

// LogitRows returns of how many of so many tokens there are logits at a time, at
// least one, where they may take so many bytes.
func LogitRows[T linalg.Float](bytes, tokens, vocab int) int {
	var zero T
	return max(1, min(tokens, bytes/int(unsafe.Sizeof(zero))/vocab))
}

// Logits makes logits of some tokens at a time. It keeps the memory for them from
// one use to the next. The zero value is ready to use.
type Logits[T linalg.Float] struct{ memory linalg.Matrix[T] }

// Each calls use with the logits of every row of x, the last block's output of m,
// from several goroutines. It stops soon after ctx is done.
func (l *Logits[T]) Each(ctx context.Context, pool *linalg.Pool, m Model[T], x linalg.Matrix[T], use func(row int, logits []T)) error {
	vocab := m.Config().Vocab
	rows := LogitRows[T](LogitBytes, x.Rows, vocab)
	if l.memory.Rows < rows || l.memory.Cols != vocab {
		l.memory = linalg.NewMatrix[T](rows, vocab)
	}
	release, err := m.HoldHead()
	if err != nil {
		return err
	}
	defer release()
	for t0 := 0; t0 < x.Rows; t0 += rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		t1 := min(t0+rows, x.Rows)
		some := l.memory.Slice(0, t1-t0, 0, vocab)
		if err := m.Logits(pool, some, x.Slice(t0, t1, 0, x.Cols)); err != nil {
			return err
		}
		pool.For(t1-t0, func(i int) { use(t0+i, some.Row(i)) })
	}
	return nil
}
