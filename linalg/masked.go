package linalg

import (
	"fmt"
	"math/bits"

	"sparsellm/asm"
)

// Mask says which weights of a block of columns a masked solve zeroes, by
// their saliency, w_i²/R_ii²: what zeroing w_i costs, up to a factor, when the
// columns to its right make good for it (Hassibi & Stork 1993).
type Mask[T Float] struct {
	// Threshold: without a pattern, zeroed are the weights whose saliency,
	// before the block's first column is done, is at most this; none if it is
	// negative.
	Threshold T
	// Zeros of every Of consecutive weights of a row are zeroed, if Of is not
	// 0: those of least saliency when the solve reaches them, the earlier ones
	// where saliencies are equal. Of divides the number of columns.
	Zeros, Of int
	// Forced, rows × b, zeroes as well each weight for which it is zero. In a
	// group the forced zeros count among Zeros, of which there may be more then. A
	// matrix of no rows forces none.
	Forced Matrix[T]
}

// SolveMasked runs the columns of a block, w (rows × b), through the optimal
// brain surgeon (Frantar & Alistarh 2023, algorithm 1), with r the b × b
// upper triangular factor of the inverse Hessian, of which it reads the
// diagonal and what is above. For each row, from the first column i to the
// last:
//
//	q_i   = 0 where the mask says so, else w_i; then quantize(row, q_i)
//	err_i = (w_i − q_i)/r_ii
//	w_j   = w_j − err_i·r_ij    for j > i
//
// It leaves q in w and err in errs (rows × b). quantize may be nil, and must
// be safe for concurrent use. Rows do not depend on one another.
func SolveMasked[T Float](p *Pool, w, errs, r Matrix[T], mask Mask[T], quantize func(row int, x T) T) {
	mustSameShape(w, errs)
	b := w.Cols
	if r.Rows != b || r.Cols != b {
		panic(fmt.Sprintf("linalg: SolveMasked: a factor of %d × %d for %d columns", r.Rows, r.Cols, b))
	}
	if mask.Of < 0 || mask.Of > 0 && b%mask.Of != 0 {
		panic(fmt.Sprintf("linalg: SolveMasked: groups of %d in %d columns", mask.Of, b))
	}
	if mask.Forced.Rows > 0 {
		mustSameShape(w, mask.Forced)
	}
	if w.Rows == 0 || b == 0 {
		return
	}
	mr, nr := asm.GemmTile[T]()
	// The kernels read whole tiles: give R that many columns more.
	stride := roundUp(b+mr, 16)
	work := borrow[T](b*stride + b)
	defer work.giveBack()
	s := maskedSolve[T]{r: work.data[:b*stride], stride: stride, d2: work.data[b*stride:], mr: mr, nr: nr, mask: mask, quantize: quantize}
	for i := range b {
		row := s.r[i*stride:][:stride]
		clear(row[copy(row, r.Row(i)):])
		s.d2[i] = row[i] * row[i]
	}
	panels := ceilDiv(w.Rows, nr)
	if w.Rows*b*b <= soloWork {
		p = nil
	}
	p.For(panels, func(i int) {
		r0, r1 := i*nr, min((i+1)*nr, w.Rows)
		s.panel(w.Slice(r0, r1, 0, b), errs.Slice(r0, r1, 0, b), r0)
	})
}

// maskedSolve is what all panels of a solve share: R, its rows stride elements
// apart, and the squares of its diagonal.
type maskedSolve[T Float] struct {
	r        []T
	stride   int
	d2       []T
	mr, nr   int
	mask     Mask[T]
	quantize func(row int, x T) T
}

// panel solves for at most nr rows, of which the first is row0 of the matrix.
// It works on their transpose, so that vectors run over rows.
func (s *maskedSolve[T]) panel(w, errs Matrix[T], row0 int) {
	b, of := w.Cols, s.mask.Of
	work := borrow[T]((b+s.mr)*s.nr + b*s.nr + 2*of*s.nr)
	defer work.giveBack()
	cols := work.data[:(b+s.mr)*s.nr]
	e := work.data[len(cols):][:b*s.nr]
	scratch := work.data[len(cols)+len(e):][:of*s.nr]
	group := work.data[len(cols)+len(e)+len(scratch):]
	clear(cols)
	asm.Transpose(cols, s.nr, w.Data, w.Stride, w.Rows, b)
	var marks [256]uint32
	mask := marks[:]
	if b > len(mask) {
		mask = make([]uint32, b)
	}
	forced := s.forced(row0, w.Rows)
	if of == 0 {
		asm.MaskBelow(mask, cols, s.d2, b, s.mask.Threshold)
		for j, f := range forced {
			mask[j] |= f
		}
	}

	// A step's columns are brought up to date once, with the errors of all
	// that are left of it: by a product, which is where the time should go.
	// Within a step tile follows tile, or, of groups smaller than a tile, group
	// follows group, each making all to its right in the step good at once.
	step, run := s.mr, s.mr
	groups := of > 0 && of <= s.mr
	if groups {
		step, run = s.mr/of*of, of
	} else if of > 0 {
		step = of
	}
	for c0 := 0; c0 < b; c0 += step {
		c1 := min(c0+step, b)
		s.update(cols, e, 0, c0, c1)
		for t0 := c0; t0 < c1; t0 += run {
			t1, reach := min(t0+run, c1), c1
			if !groups {
				reach = t1
				s.update(cols, e, c0, t0, t1)
			}
			if of > 0 && t0%of == 0 {
				s.maskGroup(mask[t0:], cols[t0*s.nr:], s.d2[t0:], forced, t0, group, scratch)
			}
			s.tile(cols[t0*s.nr:], e[t0*s.nr:], mask[t0:], t0, t1, reach, row0, w.Rows)
		}
	}
	asm.Transpose(w.Data, w.Stride, cols, s.nr, b, w.Rows)
	asm.Transpose(errs.Data, errs.Stride, e, s.nr, b, w.Rows)
}

// forced returns the bits of the forced weights of each column of the panel
// that starts at row0, nil if there are none.
func (s *maskedSolve[T]) forced(row0, rows int) []uint32 {
	m := s.mask.Forced
	if m.Rows == 0 {
		return nil
	}
	forced := make([]uint32, m.Cols)
	for l := range rows {
		for j, v := range m.Row(row0 + l) {
			if v == 0 {
				forced[j] |= 1 << l
			}
		}
	}
	return forced
}

// maskGroup marks the weights of the group that starts at column t0, the
// first of mask, cols and d2. group and scratch have room for its columns.
func (s *maskedSolve[T]) maskGroup(mask []uint32, cols, d2 []T, forced []uint32, t0 int, group, scratch []T) {
	of := s.mask.Of
	if forced == nil {
		asm.MaskLeast(mask, cols, d2, of, s.mask.Zeros, scratch)
		return
	}
	copy(group, cols) // in which what is forced is least
	for j, f := range forced[t0 : t0+of] {
		for ; f != 0; f &= f - 1 {
			group[j*s.nr+bits.TrailingZeros32(f)] = 0
		}
	}
	asm.MaskLeast(mask, group, d2, of, s.mask.Zeros, scratch)
	forced = forced[t0 : t0+of]
	var missed uint32 // rows with forced weights that were not among the least
	for j, f := range forced {
		missed |= f &^ mask[j]
		mask[j] |= f
	}
	for ; missed != 0; missed &= missed - 1 {
		s.unmark(mask[:of], forced, bits.TrailingZeros32(missed))
	}
}

// unmark takes back the marks of row l that are too many beside those that are
// forced, the latter ones: weights that came before them with a saliency of 0,
// too.
func (s *maskedSolve[T]) unmark(mask, forced []uint32, l int) {
	marked, least := 0, 0
	for j, m := range mask {
		marked += int(m >> l & 1)
		least += int(forced[j] >> l & 1)
	}
	for j := len(mask) - 1; marked > max(least, s.mask.Zeros); j-- {
		if (mask[j]&^forced[j])>>l&1 == 1 {
			mask[j] &^= 1 << l
			marked--
		}
	}
}

// update makes columns c0..c1 good for the errors of columns k0..c0.
func (s *maskedSolve[T]) update(cols, e []T, k0, c0, c1 int) {
	if k0 == c0 {
		return
	}
	for t := c0; t < c1; t += s.mr {
		asm.Gemm(c0-k0, -1, s.r[k0*s.stride+t:], s.stride, e[k0*s.nr:], s.nr,
			1, cols[t*s.nr:], s.nr, min(s.mr, c1-t), s.nr)
	}
}

// tile prunes columns t0..t1, the first of cols, and makes those up to reach
// good for their errors.
func (s *maskedSolve[T]) tile(cols, e []T, mask []uint32, t0, t1, reach, row0, rows int) {
	if s.quantize == nil {
		asm.SolveMasked(t1-t0, reach-t0, cols, e, s.r[t0*s.stride+t0:], s.stride, mask)
		return
	}
	for i := range t1 - t0 {
		r := s.r[(t0+i)*s.stride+t0:]
		w, err := cols[i*s.nr:][:s.nr], e[i*s.nr:][:s.nr]
		for l := range rows {
			q := w[l]
			if mask[i]>>l&1 == 1 {
				q = 0
			}
			q = s.quantize(row0+l, q)
			w[l], err[l] = q, (w[l]-q)/r[i]
		}
		clear(err[rows:])
		for j := i + 1; j < reach-t0; j++ {
			for l, v := range err {
				cols[j*s.nr+l] -= v * r[j]
			}
		}
	}
}
