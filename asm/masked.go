package asm

// The routines of this file work on panels: nr rows of a weight matrix (see
// GemmTile), stored column by column, so that vectors run over rows, which do
// not depend on one another. Bit l of mask[i] is set if row l of column i is
// to be zeroed.

// SolveMasked prunes the first s of the m ≤ mr columns of a panel w, and has
// the columns after each make good for it:
//
//	for i := range s {
//		for l := range nr {
//			err[i*nr+l] = 0
//			if mask[i]>>l&1 == 1 {
//				err[i*nr+l] = w[i*nr+l] / r[i*rs+i]
//				w[i*nr+l] = 0
//			}
//			for j := i + 1; j < m; j++ {
//				w[j*nr+l] -= err[i*nr+l] * r[i*rs+j]
//			}
//		}
//	}
//
// It reads mr columns of w and of each row of r, whatever m is.
func SolveMasked[T Float](s, m int, w, err, r []T, rs int, mask []uint32) {
	mr, nr := GemmTile[T]()
	if s < 1 || s > m || m > mr || rs < 0 {
		panic("asm: SolveMasked: bad tile")
	}
	if len(w) < mr*nr || len(err) < s*nr || len(r) < (s-1)*rs+mr || len(mask) < s {
		panic("asm: SolveMasked: short operand")
	}
	if tier == Generic || !single[T]() {
		solveMaskedGeneric(s, m, nr, w, err, r, rs, mask)
	} else {
		solveMasked32(s, m, at32(w), at32(err), at32(r), rs, &mask[0])
	}
}

// MaskBelow marks, in n columns of a panel w, the weights whose saliency is at
// most a threshold:
//
//	for i := range n {
//		mask[i] = 0
//		for l := range nr {
//			if w[i*nr+l]*w[i*nr+l]/d2[i] <= threshold {
//				mask[i] |= 1 << l
//			}
//		}
//	}
func MaskBelow[T Float](mask []uint32, w, d2 []T, n int, threshold T) {
	_, nr := GemmTile[T]()
	if len(mask) < n || len(w) < n*nr || len(d2) < n {
		panic("asm: MaskBelow: short operand")
	}
	if tier == Generic || !single[T]() {
		maskBelowGeneric(mask, w, d2, n, nr, threshold)
	} else if n > 0 {
		maskBelow32(&mask[0], at32(w), at32(d2), n, float32(threshold))
	}
}

// MaskLeast marks, in each row of n columns of a panel w, the zeros weights of
// least saliency w²/d2, the earlier column where saliencies are equal. NaN
// counts as greater than infinity. scratch has room for n*nr elements.
func MaskLeast[T Float](mask []uint32, w, d2 []T, n, zeros int, scratch []T) {
	_, nr := GemmTile[T]()
	if len(mask) < n || len(w) < n*nr || len(d2) < n || len(scratch) < n*nr {
		panic("asm: MaskLeast: short operand")
	}
	if tier == Generic || !single[T]() {
		maskLeastGeneric(mask, w, d2, n, nr, zeros, scratch)
	} else if n > 0 {
		maskLeast32(&mask[0], at32(w), at32(d2), n, zeros, at32(scratch))
	}
}

// SaliencyBetween counts the saliencies w²/d2 below lo, and writes those of
// lo to hi to dst, as long as w. What dst holds after them is of any value.
//
//	for i, v := range w {
//		s := v*v/d2[i]
//		if s < lo {
//			below++
//		} else if s <= hi {
//			dst[between] = s
//			between++
//		}
//	}
func SaliencyBetween[T Float](dst, w, d2 []T, lo, hi T) (below, between int) {
	if len(dst) < len(w) || len(d2) < len(w) {
		panic("asm: SaliencyBetween: short operand")
	}
	return saliencyBetween(dst[:len(w)], w, d2, lo, hi)
}
