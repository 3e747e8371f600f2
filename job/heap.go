package job

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"

	"sparsellm/plan"
)

// heapSlack is how far the heap may grow, over the most that has been in use at
// once.
const heapSlack = 1.15

// limitHeap has garbage collected in time for the process to stay within a
// budget, 0 for none, and returns what ends that.
func limitHeap(budget float64) func() {
	if budget == 0 {
		return func() {}
	}
	old := debug.SetMemoryLimit(int64(budget) - plan.OutsideHeap - overshoot)
	return func() { debug.SetMemoryLimit(old) }
}

// overshoot is how far the heap may grow beyond its limit while it is collected.
const overshoot = 4 << 20

// tightHeap keeps the heap from growing far beyond the most that has been in
// use at once, and returns what ends that. Go would let it grow to twice what
// is in use, which is mostly the memory that the pool keeps for matrices and of
// which nothing is ever garbage. To let it grow by little only would collect it
// all the time while it is little.
func tightHeap() func() {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	t := &heapTuner{before: debug.SetMemoryLimit(-1)}
	t.follow()
	return t.end
}

// heapTuner sets the memory limit after each collection.
type heapTuner struct {
	mu     sync.Mutex
	before int64 // limit before it began, which it does not exceed
	most   uint64
	ended  bool
}

// follow calls itself again at the end of the next collection.
func (t *heapTuner) follow() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		return
	}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	if b := live[0].Value.Uint64(); b > t.most {
		t.most = b
		debug.SetMemoryLimit(min(int64(heapSlack*float64(b))+plan.OutsideHeap, t.before))
	}
	type mark struct{ _ *byte } // is garbage at once
	runtime.AddCleanup(&mark{}, func(t *heapTuner) { t.follow() }, t)
}

func (t *heapTuner) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = true
	debug.SetMemoryLimit(t.before)
	debug.FreeOSMemory() // or an evaluation's would come on top
}

// quietHeap has garbage collected before there is much of it beside a model that
// stays in memory, of which collections cost little: weights hold no pointers. It
// returns what ends that.
func quietHeap() func() {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	old := debug.SetGCPercent(5)
	return func() { debug.SetGCPercent(old) }
}
