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
// collected. GiveBack ends its use, or the end of p if that is a scope; what is
// not given back is kept as long as p is. Of a nil p it is made anew.
func Take[T Float](p *Pool, rows, cols int) Matrix[T] {
	n := rows * cols
	if p == nil || n == 0 {
		return NewMatrix[T](rows, cols)
	}
	data := unsafe.Slice((*T)(p.memory.take(p, sizeOf[T](n))), n)
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
// them, whichever scope they were taken in. It leaves matrices alone that others
// have made. To give one back twice panics, or to give back a view.
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
	p.memory.mu.Lock()
	defer p.memory.mu.Unlock()
	return p.memory.inUse
}

// MostInUse returns how many bytes were in use at once at most.
func (p *Pool) MostInUse() (bytes int) {
	p.memory.mu.Lock()
	defer p.memory.mu.Unlock()
	return p.memory.most
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
	lent    map[uintptr]loan
	inUse   int // bytes that are lent
	most    int // that ever were
}

// loan is a span that has been taken, in a pool or in a scope.
type loan struct {
	span
	by *Pool
}

// span is the bytes from ≤ b < to of a region.
type span struct{ region, from, to int }

func (s span) compare(t span) int {
	return cmp.Or(cmp.Compare(s.region, t.region), cmp.Compare(s.from, t.from))
}

// Regions are of several matrices, so that their room may become that of
// others: each as large as all before it, within these bounds, or as the matrix
// that asks for it.
const (
	leastRegion = 1 << 20
	mostRegion  = 32 << 20
)

// take returns the start of so many bytes: of the smallest free span that has
// them, the first of equals.
func (m *memory) take(by *Pool, bytes int) unsafe.Pointer {
	m.mu.Lock()
	defer m.mu.Unlock()
	best := -1
	for i, s := range m.free {
		if size := s.to - s.from; size >= bytes && (best < 0 || size < m.free[best].to-m.free[best].from) {
			best = i
		}
	}
	if best < 0 {
		held := 0
		for _, r := range m.regions {
			held += 8 * len(r)
		}
		size := max(bytes, min(max(held, leastRegion), mostRegion))
		best = len(m.free)
		m.free = append(m.free, span{len(m.regions), 0, size})
		m.regions = append(m.regions, make([]float64, size/8))
	}
	s := &m.free[best]
	at := m.start(*s)
	spoil(at, bytes)
	if m.lent == nil {
		m.lent = map[uintptr]loan{}
	}
	m.lent[uintptr(at)] = loan{span{s.region, s.from, s.from + bytes}, by}
	m.inUse += bytes
	m.most = max(m.most, m.inUse)
	if s.from += bytes; s.from == s.to {
		m.free = slices.Delete(m.free, best, best+1)
	}
	return at
}

// start returns where a span is.
func (m *memory) start(s span) unsafe.Pointer {
	return unsafe.Add(unsafe.Pointer(&m.regions[s.region][0]), s.from)
}

// give takes back the bytes at an address, if this memory has lent them.
func (m *memory) give(at unsafe.Pointer, bytes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l, ok := m.lent[uintptr(at)]
	if ok && l.to-l.from == bytes {
		m.takeBack(l.span)
		return
	}
	for _, data := range m.regions {
		if data != nil && uintptr(at)-uintptr(unsafe.Pointer(&data[0])) < uintptr(8*len(data)) {
			panic("linalg: a matrix was given back twice, or a part of one")
		}
	}
}

// takeBack ends the loan of a span.
func (m *memory) takeBack(s span) {
	at := m.start(s)
	delete(m.lent, uintptr(at))
	m.inUse -= s.to - s.from
	spoil(at, s.to-s.from)
	i, _ := slices.BinarySearchFunc(m.free, s, span.compare)
	m.free = slices.Insert(m.free, i, s)
	for _, j := range []int{i + 1, i} { // with what follows, and what precedes
		if 0 < j && j < len(m.free) && m.free[j-1].region == s.region && m.free[j].region == s.region && m.free[j-1].to == m.free[j].from {
			m.free[j-1].to = m.free[j].to
			m.free = slices.Delete(m.free, j, j+1)
		}
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
