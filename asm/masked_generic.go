package asm

func solveMaskedGeneric[T Float](s, m, nr int, w, err, r []T, rs int, mask []uint32) {
	for i, bits := range mask[:s] {
		wi, e := w[i*nr:][:nr], err[i*nr:][:nr]
		row := r[i*rs:][:m]
		for l := range e {
			e[l] = 0
			if bits>>l&1 == 1 {
				e[l], wi[l] = wi[l]/row[i], 0
			}
		}
		for j := i + 1; j < m; j++ {
			wj, f := w[j*nr:][:nr], row[j]
			for l, v := range e {
				wj[l] -= v * f
			}
		}
	}
}

func maskBelowGeneric[T Float](mask []uint32, w, d2 []T, n, nr int, threshold T) {
	for i := range n {
		var bits uint32
		for l, v := range w[i*nr:][:nr] {
			if v*v/d2[i] <= threshold {
				bits |= 1 << l
			}
		}
		mask[i] = bits
	}
}

func maskLeastGeneric[T Float](mask []uint32, w, d2 []T, n, nr, zeros int, score []T) {
	for i := range n {
		for l, v := range w[i*nr:][:nr] {
			score[i*nr+l] = v * v / d2[i]
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
		mask[i] = bits
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
