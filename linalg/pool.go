package linalg

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Pool runs the pieces of a routine on a fixed number of threads, and keeps
// memory for large matrices (Take). The zero of it, a nil *Pool, runs them on
// the calling goroutine, and keeps none.
type Pool struct {
	*shared
	outer *Pool // of which it is a scope; nil if it is none
}

// shared is what a pool has in common with its scopes.
type shared struct {
	threads int
	memory  memory
	start   sync.Once
	crew    []*worker // all but the callers'
}

// NewPool returns a pool of the given number of threads, at least one.
func NewPool(threads int) *Pool { return &Pool{shared: &shared{threads: max(threads, 1)}} }

// Threads returns the number of threads, 1 for a nil pool.
func (p *Pool) Threads() int {
	if p == nil {
		return 1
	}
	return p.threads
}

// For calls f(i) once for every i in [0, n), in any order and at most
// Threads() at a time, and returns when all have returned. The calls must be
// independent of one another. It may be called from several goroutines, and
// from f: workers that are busy are then done without.
func (p *Pool) For(n int, f func(i int)) {
	if min(p.Threads(), n) <= 1 {
		for i := range n {
			f(i)
		}
		return
	}
	p.start.Do(p.hire)
	t := newTask(n, p.Threads(), f)
	offered := make([]*worker, 0, 8)
	for _, w := range p.crew[:min(len(p.crew), n-1)] {
		if w.offer(t) {
			offered = append(offered, w)
		}
	}
	t.work(0)
	taken := int64(0)
	for _, w := range offered {
		if !w.slot.CompareAndSwap(t, nil) {
			taken++
		}
	}
	for since := time.Now(); t.done.Load() < taken; {
		if time.Since(since) < vigil {
			runtime.Gosched()
		} else {
			time.Sleep(vigil / 10)
		}
	}
	runtime.KeepAlive(p)
}

// hire starts the workers, which end when the pool and its scopes are
// forgotten.
func (s *shared) hire() {
	crew := make([]*worker, s.threads-1)
	for i := range crew {
		crew[i] = &worker{id: i + 1, wake: make(chan struct{}, 1)}
		go crew[i].run()
	}
	s.crew = crew
	runtime.AddCleanup(s, func(crew []*worker) {
		for _, w := range crew {
			w.offer(leave)
		}
	}, crew)
}

// task is one call of For. Each thread begins with a part of its own, the same
// from call to call, so that it finds in its caches what it has made before;
// one that is done with it helps with the others'.
type task struct {
	f     func(i int)
	parts []part
	done  atomic.Int64 // workers that have done what they could
}

// part is a run of calls, from next up to end, in a cache line of its own.
type part struct {
	next atomic.Int64
	end  int64
	_    [48]byte
}

func newTask(n, threads int, f func(i int)) *task {
	t := &task{f: f, parts: make([]part, min(threads, n))}
	for k := range t.parts {
		t.parts[k].next.Store(int64(k * n / len(t.parts)))
		t.parts[k].end = int64((k + 1) * n / len(t.parts))
	}
	return t
}

func (t *task) work(id int) {
	for k := range t.parts {
		p := &t.parts[(id+k)%len(t.parts)]
		for i := p.next.Add(1) - 1; i < p.end; i = p.next.Add(1) - 1 {
			t.f(int(i))
		}
	}
}

// What a worker's slot holds besides a task that is offered to it.
var busy, leave = &task{}, &task{}

// worker is a goroutine that waits for tasks. The routines of this package
// share out pieces of some microseconds, and to wake a thread takes longer than
// that: so a worker keeps looking for a while before it sleeps.
type worker struct {
	id     int                  // its part's; the caller's is 0
	slot   atomic.Pointer[task] // nil: idle
	asleep atomic.Bool
	wake   chan struct{}
}

// vigil is how long a worker looks for the next task.
const vigil = 200 * time.Microsecond

// offer gives t to the worker, unless it has something else to do. Who offers
// may take it back until the worker begins.
func (w *worker) offer(t *task) bool {
	if !w.slot.CompareAndSwap(nil, t) {
		return false
	}
	if w.asleep.CompareAndSwap(true, false) {
		w.wake <- struct{}{}
	}
	return true
}

func (w *worker) run() {
	for idle := time.Now(); ; {
		t := w.slot.Load()
		switch {
		case t == leave:
			return
		case t != nil && w.slot.CompareAndSwap(t, busy):
			t.work(w.id)
			w.slot.Store(nil)
			t.done.Add(1)
			idle = time.Now()
		case time.Since(idle) < vigil:
			runtime.Gosched()
		default:
			w.asleep.Store(true)
			if w.slot.Load() == nil || !w.asleep.CompareAndSwap(true, false) {
				<-w.wake
			}
			idle = time.Now()
		}
	}
}
