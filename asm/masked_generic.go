package asm

import "unsafe"

func solveMaskedGeneric[T Float](s, m, nr int, w, err, r *T, rs int, mask *uint32) {
	ws, es := unsafe.Slice(w, m*nr), unsafe.Slice(err, s*nr)
	factor, masks := unsafe.Slice(r, (s-1)*rs+m), unsafe.Slice(mask, s)
	for i, bits := range masks {
		wi, e := ws[i*nr:][:nr], es[i*nr:][:nr]
		row := factor[i*rs:][:m]
		for l := range e {
			e[l] = 0
			if bits>>l&1 == 1 {
				e[l], wi[l] = wi[l]/row[i], 0
			}
		}
		for j := i + 1; j < m; j++ {
			wj, f := ws[j*nr:][:nr], row[j]
			for l, v := range e {
				wj[l] -= v * f
			}
		}
	}
}

func maskBelowGeneric[T Float](mask *uint32, w, d2 *T, n, nr int, threshold T) {
	ws, ds := unsafe.Slice(w, n*nr), unsafe.Slice(d2, n)
	for i := range unsafe.Slice(mask, n) {
		var bits uint32
		for l, v := range ws[i*nr:][:nr] {
			if v*v/ds[i] <= threshold {
				bits |= 1 << l
			}
		}
		unsafe.Slice(mask, n)[i] = bits
	}
}

func maskLeastGeneric[T Float](mask *uint32, w, d2 *T, n, nr, zeros int, scratch *T) {
	ws, ds := unsafe.Slice(w, n*nr), unsafe.Slice(d2, n)
	score, masks := unsafe.Slice(scratch, n*nr), unsafe.Slice(mask, n)
	for i := range n {
		for l, v := range ws[i*nr:][:nr] {
			score[i*nr+l] = v * v / ds[i]
		}
	}
	for i := range n {
		var bits uint32
		for l := range nr {
			// A weight is zeroed if fewer than zeros come before it.
			before, s := 0, score[i*nr+l]
			for j := range n {
				o := score[j*nr+l]
				if o < s || (s != s && o == o) || (j < i && (o == s || (s != s && o != o))) {
					before++
				}
			}
			if before < zeros {
				bits |= 1 << l
			}
		}
		masks[i] = bits
	}
}

func saliencyBetweenGeneric[T Float](dst, w, d2 []T, lo, hi T) (below, between int) {
	d2 = d2[:len(w)]
	for i, v := range w {
		s := v * v / d2[i]
		if s < lo {
			below++
		} else if s <= hi {
			dst[between] = s
			between++
		}
	}
	return below, between
}
