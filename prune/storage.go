package prune

import "sparsellm/linalg"

// AnewEpochs is how many epochs there may be for z and s to be computed anew:
// they are changed in the third, and a fourth would read what that has made.
const AnewEpochs = 3

// Storage keeps an auxiliary variable (tokens × intermediate) between the
// epochs of the alternation, which reads and writes it in chunks of whole
// rows, first by Save for every chunk. Load gives the bits that Save was given:
// where the variables are kept must not show in what comes out.
type Storage[T linalg.Float] interface {
	// Load fills dst with the rows from token on.
	Load(token int, dst linalg.Matrix[T]) error
	// Save keeps src as the rows from token on.
	Save(token int, src linalg.Matrix[T]) error
}

// variable is an auxiliary variable: in memory, or in a storage or computed
// anew, where buf holds a chunk.
type variable[T linalg.Float] struct {
	storage Storage[T]
	anew    func(dst, x linalg.Matrix[T]) // of a chunk's input x
	all     linalg.Matrix[T]
	buf     linalg.Matrix[T]
}

// anew reports whether z and s are computed anew.
func (p *Problem[T]) anew() bool { return p.Anew && p.Epochs <= AnewEpochs }

// newVariable returns the variable that starts as x·wᵀ + bias. w may change
// afterwards, dense may not.
func (p *Problem[T]) newVariable(pool *linalg.Pool, w, dense linalg.Matrix[T], bias []T) (v variable[T], err error) {
	tokens, features := p.X.Rows, w.Rows
	switch {
	case p.anew():
		v.anew = func(dst, x linalg.Matrix[T]) { affine(pool, dst, x, dense, bias) }
	case p.Storage != nil:
		v.storage, err = p.Storage(tokens, features)
	}
	if v.storage == nil && v.anew == nil {
		v.all = linalg.Take[T](pool, tokens, features)
	} else {
		v.buf = linalg.Take[T](pool, min(ChunkTokens(tokens), tokens), features)
	}
	return v, err
}

// forget gives z and s back, once nothing follows from them any more.
func (a *alternation[T]) forget() {
	linalg.GiveBack(a.pool, a.z.all, a.z.buf, a.s.all, a.s.buf)
	a.z, a.s = variable[T]{}, variable[T]{}
}

// rows returns a chunk's rows as a matrix that may be changed, of any values
// unless they are to be read.
func (v *variable[T]) rows(c chunk[T], read bool) (linalg.Matrix[T], error) {
	if v.all.Rows > 0 {
		return v.all.Slice(c.token, c.token+c.x.Rows, 0, v.all.Cols), nil
	}
	m := v.buf.Slice(0, c.x.Rows, 0, v.buf.Cols)
	switch {
	case !read:
		return m, nil
	case v.anew != nil:
		v.anew(m, c.x)
		return m, nil
	}
	return m, v.storage.Load(c.token, m)
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
		do := func(err error) {
			if a.stored == nil {
				a.stored = err
			}
		}
		var err error
		c.z, err = a.z.rows(c, read)
		do(err)
		if a.net.gated() {
			c.s, err = a.s.rows(c, read)
			do(err)
		}
		if a.stored != nil && read {
			return
		}
		f(c)
		if a.last {
			return
		}
		do(a.z.keep(c.token, c.z))
		if a.net.gated() {
			do(a.s.keep(c.token, c.s))
		}
	})
	return a.stored
}
