package prune

import (
	"cmp"
	"iter"

	"sparsellm/linalg"
)

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

// auxiliary is z or s: in memory (all), in a storage, or computed anew. Of a
// variable that is not in memory, buf holds a chunk.
type auxiliary[T linalg.Float] struct {
	storage Storage[T]
	anew    func(dst, x linalg.Matrix[T]) // of a chunk's input x
	all     linalg.Matrix[T]
	buf     linalg.Matrix[T]
}

// anew reports whether z and s are computed anew.
func (p *Problem[T]) anew() bool { return p.Anew && p.Epochs <= AnewEpochs }

// newAuxiliary returns the variable that starts as what the dense weights make
// of X.
func (p *Problem[T]) newAuxiliary(pool *linalg.Pool, l *layer[T]) (v auxiliary[T], err error) {
	tokens, features := p.X.Rows, l.w.Rows
	switch {
	case p.anew():
		v.anew = func(dst, x linalg.Matrix[T]) { affine(pool, dst, x, l.dense, l.bias) }
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

// giveBack ends the use of the variable.
func (v *auxiliary[T]) giveBack(pool *linalg.Pool) {
	linalg.GiveBack(pool, v.all, v.buf)
	*v = auxiliary[T]{}
}

// rows returns a chunk's rows as a matrix that may be changed. Unless read is set,
// the matrix holds any values.
func (v *auxiliary[T]) rows(c chunk[T], read bool) (linalg.Matrix[T], error) {
	if v.all.Rows > 0 {
		return v.all.Slice(c.token, c.token+c.x.Rows, 0, v.all.Cols), nil
	}
	m := v.buf.Slice(0, c.x.Rows, 0, v.buf.Cols)
	if read && v.anew != nil {
		v.anew(m, c.x)
	} else if read {
		return m, v.storage.Load(c.token, m)
	}
	return m, nil
}

// keep ends a change of the rows from token on.
func (v *auxiliary[T]) keep(token int, m linalg.Matrix[T]) error {
	if v.storage == nil {
		return nil
	}
	return v.storage.Save(token, m)
}

// auxiliaryChunks goes through the first tokens with z and s, and keeps what the
// loop makes of z and s unless it is the last loop to need them. Unless read is
// set, z and s hold any values, and an error of a storage does not end the loop.
func (a *alternation[T]) auxiliaryChunks(tokens int, read, last bool) iter.Seq[chunk[T]] {
	failed := func(err error) {
		if a.stored == nil {
			a.stored = err
		}
	}
	return func(yield func(chunk[T]) bool) {
		for c := range a.chunks(0, tokens) {
			var errZ, errS error
			c.z, errZ = a.z.rows(c, read)
			if a.gate != nil {
				c.s, errS = a.s.rows(c, read)
			}
			failed(cmp.Or(errZ, errS))
			if a.stored != nil && read || !yield(c) {
				return
			}
			if !last {
				failed(cmp.Or(a.z.keep(c.token, c.z), a.s.keep(c.token, c.s)))
			}
		}
	}
}
