package linalg

import "slices"

// SaliencyThreshold returns the saliency (see Mask) that stands at index k, 0
// for the least, when those of all weights of w (rows × b) are sorted. Of r
// (b × b) it reads the diagonal. NaN counts as greater than infinity. k must
// be in [0, rows·b).
func SaliencyThreshold[T Float](p *Pool, w, r Matrix[T], k int) T {
	s := make([]T, 0, w.Rows*w.Cols)
	for i := range w.Rows {
		for j, v := range w.Row(i) {
			s = append(s, saliency(v, r.At(j, j)))
		}
	}
	slices.Sort(s)
	return s[k]
}
