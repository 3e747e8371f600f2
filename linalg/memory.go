package linalg

import (
	"cmp"
	"slices"
	"sync"
	"unsafe"
)

// Take returns a rows × cols matrix of any values, in memory that p keeps for
// that: a matrix that is made anew costs the operating system a page at a
// time, which all threads wait for, and as garbage it takes room until it is
// collected. GiveBack ends its use; what is not given back is kept as long as
// p is. Of a nil p it is made anew.
func Take[T Float](p *Pool, rows, cols int) Matrix[T] {
	n := rows * cols
	if p == nil || n == 0 {
		return NewMatrix[T](rows, cols)
	}
	data := unsafe.Slice((*T)(p.memory.take(sizeOf[T](n))), n)
	return Matrix[T]{rows, cols, cols, data}
}

// TakeZero is NewMatrix in memory that p keeps.
func TakeZero[T Float](p *Pool, rows, cols int) Matrix[T] {
	m := Take[T](p, rows, cols)
	clear(m.Data)
	return m
}

// TakeCopy is Clone in memory that p keeps.
func TakeCopy[T Float](p *Pool, m Matrix[T]) Matrix[T] {
	c := Take[T](p, m.Rows, m.Cols)
	Copy(c, m)
	return c
}

// GiveBack ends the use of matrices that Take has returned, and of all views of
// them. It leaves matrices alone that others have made. To give one back twice
// panics.
func GiveBack[T Float](p *Pool, all ...Matrix[T]) {
	for _, m := range all {
		if p != nil && len(m.Data) > 0 {
			p.memory.give(unsafe.Pointer(&m.Data[0]), sizeOf[T](len(m.Data)))
		}
	}
}

// Trim frees the memory that p keeps and nobody uses, as far as that is whole
// regions of it.
func (p *Pool) Trim() {
	if p == nil {
		return
	}
	m := &p.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	m.free = slices.DeleteFunc(m.free, func(s span) bool {
		whole := s.to-s.from == 8*len(m.regions[s.region])
		if whole {
			m.regions[s.region] = nil
		}
		return whole
	})
}

// InUse returns how many bytes Take has lent that have not been given back.
func (p *Pool) InUse() (bytes int) {
	m := &p.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.regions {
		bytes += 8 * len(r)
	}
	for _, s := range m.free {
		bytes -= s.to - s.from
	}
	return bytes
}

// granule is what sizes are rounded up to: a page.
const granule = 4096

// sizeOf returns the bytes of n elements, in whole granules.
func sizeOf[T Float](n int) int {
	var x T
	return roundUp(n*int(unsafe.Sizeof(x)), granule)
}

// memory lends parts of regions.
type memory struct {
	mu      sync.Mutex
	regions [][]float64 // nil where one has been freed
	free    []span      // in order, no two adjacent
}

// span is the bytes from ≤ b < to of a region.
type span struct{ region, from, to int }

func (s span) compare(t span) int {
	return cmp.Or(cmp.Compare(s.region, t.region), cmp.Compare(s.from, t.from))
}

// regionBytes is the least size of a region: of several matrices, so that
// their room may become that of others.
const regionBytes = 32 << 20

// take returns the start of so many bytes: of the smallest free span that has
// them, the first of equals.
func (m *memory) take(bytes int) unsafe.Pointer {
	m.mu.Lock()
	defer m.mu.Unlock()
	best := -1
	for i, s := range m.free {
		if size := s.to - s.from; size >= bytes && (best < 0 || size < m.free[best].to-m.free[best].from) {
			best = i
		}
	}
	if best < 0 {
		size := max(bytes, regionBytes)
		best = len(m.free)
		m.free = append(m.free, span{len(m.regions), 0, size})
		m.regions = append(m.regions, make([]float64, size/8))
	}
	s := &m.free[best]
	at := unsafe.Add(unsafe.Pointer(&m.regions[s.region][0]), s.from)
	spoil(at, bytes)
	if s.from += bytes; s.from == s.to {
		m.free = slices.Delete(m.free, best, best+1)
	}
	return at
}

// give takes back so many bytes, if they are the memory's.
func (m *memory) give(at unsafe.Pointer, bytes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for region, data := range m.regions {
		if data == nil {
			continue
		}
		from := uintptr(at) - uintptr(unsafe.Pointer(&data[0]))
		if from >= uintptr(8*len(data)) {
			continue
		}
		s := span{region, int(from), int(from) + bytes}
		i, found := slices.BinarySearchFunc(m.free, s, span.compare)
		if found || i > 0 && m.free[i-1].region == region && m.free[i-1].to > s.from ||
			i < len(m.free) && m.free[i].region == region && m.free[i].from < s.to {
			panic("linalg: a matrix was given back twice")
		}
		spoil(at, bytes)
		m.free = slices.Insert(m.free, i, s)
		for _, j := range []int{i + 1, i} { // with what follows, and what precedes
			if 0 < j && j < len(m.free) && m.free[j-1].region == region && m.free[j].region == region && m.free[j-1].to == m.free[j].from {
				m.free[j-1].to = m.free[j].to
				m.free = slices.Delete(m.free, j, j+1)
			}
		}
		return
	}
}

// spoil fills memory that has any values with bytes that are NaN in any type,
// where tests look for what reads it.
func spoil(at unsafe.Pointer, bytes int) {
	if poison {
		for i := range bytes {
			*(*byte)(unsafe.Add(at, i)) = 0xff
		}
	}
}
