package linalg

import "unsafe"

// Scope returns a pool of the same threads and memory to which End puts an end:
// what has been taken of the scope until then, and of scopes within it, is given
// back, on whichever way its user leaves.
//
//	scope := pool.Scope()
//	defer scope.End()
//
// GiveBack is for what a scope has no use for long before its end, and HandOver
// for what outlives it. What is computed once and kept, such as a factor, has to
// be taken where it is kept rather than in the scope of who asks first. The
// scope of a nil pool is nil.
func (p *Pool) Scope() *Pool {
	if p == nil {
		return nil
	}
	return &Pool{p.shared, p}
}

// End gives back what p, a scope, has lent.
func (p *Pool) End() {
	if p == nil {
		return
	}
	m := &p.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range m.lent {
		if l.by.within(p) {
			m.takeBack(l.span)
		}
	}
}

// HandOver has matrices that were taken of p, a scope, or of scopes within p,
// outlive p: from now on the pool lends them of which p is a scope. Matrices
// that other pools have lent, or that were made, are left alone.
func HandOver[T Float](p *Pool, all ...Matrix[T]) {
	if p == nil || p.outer == nil {
		return
	}
	m := &p.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, one := range all {
		if len(one.Data) == 0 {
			continue
		}
		at := uintptr(unsafe.Pointer(&one.Data[0]))
		if l, ok := m.lent[at]; ok && l.by.within(p) {
			l.by = p.outer
			m.lent[at] = l
		}
	}
}

// within reports whether p is q or a scope of it.
func (p *Pool) within(q *Pool) bool {
	for ; p != nil; p = p.outer {
		if p == q {
			return true
		}
	}
	return false
}
