package prune

// longestGroup is the largest M that FindPattern looks for.
const longestGroup = 32

// FindPattern returns the N:M pattern that the zeros of a rows × cols matrix
// follow: in every group of M columns of a row at most N weights are not zero,
// and on average more than N − ½ of them, so that the pattern accounts for the
// zeros. Of several the one with the smallest M is returned. There is none in
// a matrix that is dense, all zero, or sparse without a pattern.
func FindPattern(w []float32, rows, cols int) (Pattern, bool) {
	kept := 0
	for _, v := range w {
		if v != 0 {
			kept++
		}
	}
	if kept == 0 || kept == len(w) {
		return Pattern{}, false
	}
	for m := 2; m <= longestGroup; m++ {
		if cols%m != 0 {
			continue
		}
		groups := len(w) / m
		n := (kept + groups - 1) / groups
		if n < m && 2*kept > (2*n-1)*groups && follows(w, n, m) {
			return Pattern{Keep: n, Of: m}, true
		}
	}
	return Pattern{}, false
}

// follows reports whether no group of m has more than n that are not zero.
func follows(w []float32, n, m int) bool {
	for ; len(w) > 0; w = w[m:] {
		kept := 0
		for _, v := range w[:m] {
			if v != 0 {
				kept++
			}
		}
		if kept > n {
			return false
		}
	}
	return true
}
