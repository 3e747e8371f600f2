package linalg

import (
	"sync"
	"unsafe"
)

// workspace is memory for packed operands, reused from call to call.
type workspace[T Float] struct{ data []T }

var idle32, idle64 sync.Pool

func idle[T Float]() *sync.Pool {
	var x T
	if unsafe.Sizeof(x) == 4 {
		return &idle32
	}
	return &idle64
}

// minWorkspace makes even the smallest workspace an allocation of whole pages,
// so that packed vectors do not straddle cache lines.
const minWorkspace = 1 << 14

// borrow returns a workspace of n elements of any value.
func borrow[T Float](n int) *workspace[T] {
	w, _ := idle[T]().Get().(*workspace[T])
	if w == nil {
		w = new(workspace[T])
	}
	if cap(w.data) < n {
		w.data = make([]T, max(n, minWorkspace))
	}
	w.data = w.data[:n]
	return w
}

// lend returns memory of n elements of any value, p's if there is a p, until
// done is called.
func lend[T Float](p *Pool, n int) (data []T, done func()) {
	if p == nil {
		w := borrow[T](n)
		return w.data, w.giveBack
	}
	m := Take[T](p, 1, n)
	return m.Data, func() { GiveBack(p, m) }
}

func (w *workspace[T]) giveBack() { idle[T]().Put(w) }
