package linalg

import (
	"sync"
	"sync/atomic"
)

// Pool runs the pieces of a routine on a fixed number of threads. The zero of
// it, a nil *Pool, runs them on the calling goroutine.
type Pool struct{ threads int }

// NewPool returns a pool of the given number of threads, at least one.
func NewPool(threads int) *Pool { return &Pool{max(threads, 1)} }

// Threads returns the number of threads, 1 for a nil pool.
func (p *Pool) Threads() int {
	if p == nil {
		return 1
	}
	return p.threads
}

// For calls f(i) once for every i in [0, n), in any order and at most
// Threads() at a time, and returns when all have returned. The calls must be
// independent of one another.
func (p *Pool) For(n int, f func(i int)) {
	workers := min(p.Threads(), n)
	if workers <= 1 {
		for i := range n {
			f(i)
		}
		return
	}
	var next atomic.Int64
	work := func() {
		for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
			f(int(i))
		}
	}
	var wg sync.WaitGroup
	for range workers - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
}
