package linalg

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestForCallsEachOnce: whoever calls, how often, from how many goroutines, and
// from within.
func TestForCallsEachOnce(t *testing.T) {
	for _, threads := range []int{0, 1, 2, 3, 8} {
		p := NewPool(threads)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for n := range 40 {
					calls := make([]atomic.Int32, n)
					inner := make([]atomic.Int32, n*3)
					p.For(n, func(i int) {
						calls[i].Add(1)
						p.For(3, func(j int) { inner[3*i+j].Add(1) })
					})
					for i := range calls {
						if calls[i].Load() != 1 {
							t.Errorf("%d threads: f(%d) is called %d times", threads, i, calls[i].Load())
						}
					}
					for i := range inner {
						if inner[i].Load() != 1 {
							t.Errorf("%d threads: within, f(%d) is called %d times", threads, i, inner[i].Load())
						}
					}
				}
			})
		}
		wg.Wait()
	}
}

// TestForUsesItsThreads: pieces run side by side, after a pause too, when the
// workers are asleep.
func TestForUsesItsThreads(t *testing.T) {
	p := NewPool(3)
	for _, pause := range []time.Duration{0, 3 * vigil} {
		time.Sleep(pause)
		var here sync.WaitGroup
		here.Add(3)
		p.For(3, func(int) {
			here.Done()
			here.Wait() // for the other two
		})
	}
}

// TestPoolsEnd: a pool that nobody holds leaves no goroutine.
func TestPoolsEnd(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 20 {
		NewPool(4).For(8, func(int) {})
	}
	for range 200 {
		runtime.GC()
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}
