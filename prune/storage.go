package prune

import "sparsellm/linalg"

// Storage keeps an auxiliary variable (tokens × intermediate) between the
// epochs of the alternation, which reads and writes it in chunks of whole
// rows, first by Save for every chunk. What Load gives may be rounded.
type Storage[T linalg.Float] interface {
	// Load fills dst with the rows from token on.
	Load(token int, dst linalg.Matrix[T]) error
	// Save keeps src as the rows from token on.
	Save(token int, src linalg.Matrix[T]) error
}

// variable is an auxiliary variable: in memory, or in a storage, of which buf
// holds a chunk.
type variable[T linalg.Float] struct {
	storage Storage[T]
	all     linalg.Matrix[T]
	buf     linalg.Matrix[T]
}

// newVariable asks make for a storage, unless that is nil.
func newVariable[T linalg.Float](pool *linalg.Pool, make func(tokens, features int) (Storage[T], error), tokens, features int) (v variable[T], err error) {
	if make != nil {
		v.storage, err = make(tokens, features)
	}
	if v.storage == nil {
		v.all = linalg.Take[T](pool, tokens, features)
	} else {
		v.buf = linalg.Take[T](pool, min(chunkOf(tokens), tokens), features)
	}
	return v, err
}

// forget gives z and s back, once nothing follows from them any more.
func (a *alternation[T]) forget() {
	linalg.GiveBack(a.pool, a.z.all, a.z.buf, a.s.all, a.s.buf)
	a.z, a.s = variable[T]{}, variable[T]{}
}

// rows returns the rows t0..t1 as a matrix that may be changed, of any values
// unless they are to be read.
func (v *variable[T]) rows(t0, t1 int, read bool) (linalg.Matrix[T], error) {
	if v.storage == nil {
		return v.all.Slice(t0, t1, 0, v.all.Cols), nil
	}
	m := v.buf.Slice(0, t1-t0, 0, v.buf.Cols)
	if !read {
		return m, nil
	}
	return m, v.storage.Load(t0, m)
}

// keep ends a change of the rows from t0 on.
func (v *variable[T]) keep(t0 int, m linalg.Matrix[T]) error {
	if v.storage == nil {
		return nil
	}
	return v.storage.Save(t0, m)
}

// eachAuxiliary calls f with each chunk of the first tokens, z and s with it,
// which f may change; what it makes of them in the last epoch is not kept.
// Unless they are to be read, they hold any values, and f is called whatever
// becomes of them. It returns the first error of a storage, of this call or an
// earlier one.
func (a *alternation[T]) eachAuxiliary(tokens int, read bool, f func(chunk[T])) error {
	a.eachChunk(0, tokens, func(c chunk[T]) {
		t0, t1 := c.token, c.token+c.x.Rows
		do := func(err error) {
			if a.stored == nil {
				a.stored = err
			}
		}
		var err error
		c.z, err = a.z.rows(t0, t1, read)
		do(err)
		if a.net.gated() {
			c.s, err = a.s.rows(t0, t1, read)
			do(err)
		}
		if a.stored != nil && read {
			return
		}
		f(c)
		if a.last {
			return
		}
		do(a.z.keep(t0, c.z))
		if a.net.gated() {
			do(a.s.keep(t0, c.s))
		}
	})
	return a.stored
}
