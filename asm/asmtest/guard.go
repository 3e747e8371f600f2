package asmtest

import "testing"

// Number is the element type of a guarded slice.
type Number interface {
	~float32 | ~float64 | ~uint8 | ~uint16 | ~uint32
}

const guardLen = 64

// Guarded is a slice with guard values on both sides, which no kernel may
// write. Data starts offset elements into an allocation, so that offsets 0, 1,
// 2... run a kernel at every alignment.
type Guarded[T Number] struct {
	Data  []T // len and cap are the length asked for
	whole []T
	value T
}

// Guard returns a guarded slice of n zeros.
func Guard[T Number](n, offset int, value T) Guarded[T] {
	whole := make([]T, guardLen+offset+n+guardLen)
	start := guardLen + offset
	for i := range whole {
		whole[i] = value
	}
	data := whole[start : start+n : start+n]
	clear(data)
	return Guarded[T]{data, whole, value}
}

// Check fails the test if a guard value has changed.
func (g Guarded[T]) Check(t testing.TB) {
	t.Helper()
	start := cap(g.whole) - guardLen - len(g.Data)
	for i, v := range g.whole {
		if i == start {
			break
		}
		if v != g.value {
			t.Fatalf("wrote %v at %d elements before the slice", v, start-i)
		}
	}
	for i, v := range g.whole[start+len(g.Data):] {
		if v != g.value {
			t.Fatalf("wrote %v at %d elements past the slice", v, i)
		}
	}
}
