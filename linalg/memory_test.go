package linalg

import (
	"math/rand/v2"
	"sync"
	"testing"
	"unsafe"
)

// Matrices that are in use at the same time do not share memory, whatever
// sizes come and go, and what is given back becomes one piece again.
func TestMemory(t *testing.T) {
	p := NewPool(1)
	rng := rand.New(rand.NewPCG(1, 2))
	type held struct {
		m    Matrix[float32]
		mark float32
	}
	var all []held
	check := func(h held) {
		for _, v := range h.m.Data {
			if v != h.mark {
				t.Fatalf("a matrix of %v has a %v", h.mark, v)
			}
		}
	}
	for k := range 2000 {
		if len(all) > 0 && (rng.IntN(2) == 0 || len(all) > 40) {
			i := rng.IntN(len(all))
			check(all[i])
			GiveBack(p, all[i].m)
			all[i] = all[len(all)-1]
			all = all[:len(all)-1]
			continue
		}
		h := held{Take[float32](p, 1+rng.IntN(300), 1+rng.IntN(300)), float32(k)}
		for i := range h.m.Data {
			h.m.Data[i] = h.mark
		}
		all = append(all, h)
	}
	for _, h := range all {
		check(h)
		GiveBack(p, h.m)
	}
	if n := p.InUse(); n != 0 {
		t.Errorf("%d bytes are in use after all was given back", n)
	}
	if len(p.memory.free) != len(p.memory.regions) {
		t.Errorf("%d free pieces of %d regions", len(p.memory.free), len(p.memory.regions))
	}
	p.Trim()
	if len(p.memory.free) != 0 || p.memory.regions[0] != nil {
		t.Error("Trim has left a region that nobody uses")
	}
	m := Take[float64](p, 3000, 2000) // larger than a region
	m.Set(2999, 1999, 1)
	GiveBack(p, m)
}

func TestMemoryIsReused(t *testing.T) {
	p := NewPool(1)
	a := Take[float64](p, 100, 100)
	GiveBack(p, a)
	if b := Take[float32](p, 200, 50); p.InUse() != 40960 || &a.Data[0] != (*float64)(unsafe.Pointer(&b.Data[0])) {
		t.Error("memory that was given back was not taken")
	}
	z := TakeZero[float32](p, 30, 30)
	z.Data[5] = 1
	GiveBack(p, z)
	for _, v := range TakeZero[float32](p, 30, 30).Data {
		if v != 0 {
			t.Fatal("TakeZero is not zero")
		}
	}
}

func TestGiveBackLeavesOthersAlone(t *testing.T) {
	p := NewPool(1)
	GiveBack(p, NewMatrix[float64](100, 100), Matrix[float64]{})
	GiveBack[float64](nil, NewMatrix[float64](100, 100), Take[float64](nil, 3, 3))
	if len(p.memory.free) != 0 {
		t.Error("memory that others have made was taken over")
	}
}

func TestGiveBackTwicePanics(t *testing.T) {
	p := NewPool(1)
	a, b := Take[float64](p, 100, 100), Take[float64](p, 100, 100)
	GiveBack(p, a)
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
		GiveBack(p, b)
	}()
	GiveBack(p, a)
}

func TestMemoryFromManyGoroutines(t *testing.T) {
	p := NewPool(4)
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for k := range 200 {
				m := Take[float64](p, 1+(7*k+g)%50, 100)
				for i := range m.Data {
					m.Data[i] = float64(g)
				}
				for _, v := range m.Data {
					if v != float64(g) {
						t.Errorf("goroutine %d reads a %v", g, v)
						return
					}
				}
				GiveBack(p, m)
			}
		})
	}
	all.Wait()
	if n := p.InUse(); n != 0 {
		t.Errorf("%d bytes are in use after all was given back", n)
	}
}
