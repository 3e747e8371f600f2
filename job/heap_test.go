package job

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// TestTightHeap expects the limit to follow what is in use, up and not down,
// and to be as before in the end.
func TestTightHeap(t *testing.T) {
	t.Setenv("GOGC", "")
	before := debug.SetMemoryLimit(-1)
	limitAfter := func(collections int, done func(limit int64) bool) (limit int64) {
		for range collections {
			runtime.GC()
			if limit = debug.SetMemoryLimit(-1); done(limit) {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		return limit
	}
	end := tightHeap()
	const size = 64 << 20
	held := make([]byte, size)
	high := limitAfter(500, func(l int64) bool { return l >= size && l < before })
	if high < size || high >= before {
		t.Errorf("the limit is %d with %d bytes in use, and was %d", high, size, before)
	}
	runtime.KeepAlive(held)
	held = nil
	if low := limitAfter(10, func(l int64) bool { return l < high }); low < high {
		t.Errorf("the limit has come down from %d to %d", high, low)
	}
	end()
	runtime.GC()
	time.Sleep(20 * time.Millisecond)
	if after := debug.SetMemoryLimit(-1); after != before {
		t.Errorf("the limit is %d in the end, and was %d", after, before)
	}
}
