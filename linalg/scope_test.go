package linalg

import "testing"

// What is taken in a scope, and in scopes of it, is given back at its end, but
// for what has been given back before or is to outlive it.
func TestScope(t *testing.T) {
	p := NewPool(2)
	before := Take[float64](p, 64, 64) // 8 pages
	want := func(pages int, when string) {
		t.Helper()
		if n := p.InUse(); n != pages*granule {
			t.Fatalf("%s: %d pages are in use, want %d", when, n/granule, pages)
		}
	}
	func() {
		outer := p.Scope()
		defer outer.End()
		a := Take[float64](outer, 64, 64)
		inner := outer.Scope()
		b := TakeZero[float32](inner, 64, 64)
		result := TakeCopy(inner, a)
		want(8+8+4+8, "within")
		GiveBack(outer, b) // in whichever scope
		HandOver(inner, result, a, before, NewMatrix[float64](3, 3), Matrix[float64]{})
		result.Set(1, 1, 42)
		Take[float64](inner, 64, 64)
		inner.End()
		want(8+8+8, "after the inner end")
		if result.At(1, 1) != 42 {
			t.Error("what outlives a scope has changed")
		}
		GiveBack(p, before)
		Take[float64](outer.Scope(), 64, 64) // never ended, but by the outer
		want(8+8+8, "before the end")
	}()
	want(0, "after the end")
	if n := p.MostInUse(); n != 32*granule {
		t.Errorf("%d pages were in use at most, want 32", n/granule)
	}
}

func TestScopeEndsOnAPanic(t *testing.T) {
	p := NewPool(1)
	defer func() {
		if recover() == nil || p.InUse() != 0 {
			t.Errorf("%d bytes are in use after a panic", p.InUse())
		}
	}()
	scope := p.Scope()
	defer scope.End()
	m := Take[float64](scope, 10, 10)
	m.Data[100] = 1
}

// A scope has its pool's threads.
func TestScopeSharesThreads(t *testing.T) {
	p := NewPool(3)
	s := p.Scope().Scope()
	if s.Threads() != 3 {
		t.Errorf("%d threads", s.Threads())
	}
	sum := make([]int, 100)
	s.For(100, func(i int) { sum[i] = i })
	if &s.crew[0] != &p.crew[0] || sum[99] != 99 {
		t.Error("a scope has workers of its own")
	}
	var none *Pool
	none = none.Scope()
	HandOver(none, Take[float64](none, 3, 3))
	none.End()
}

func TestGiveBackOfAPartPanics(t *testing.T) {
	p := NewPool(1)
	a := Take[float64](p, 100, 100)
	for name, view := range map[string]Matrix[float64]{"first rows": a.Slice(0, 50, 0, 100), "last rows": a.Slice(50, 100, 0, 100)} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			GiveBack(p, view)
		}()
	}
	GiveBack(p, a)
}
