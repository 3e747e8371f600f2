package calib

import (
	"math/bits"

	"gonum.org/v1/gonum/mathext/prng"
)

// python generates the numbers of Python's random module: the Mersenne Twister
// MT19937 of Matsumoto and Nishimura (1998), seeded and read as CPython does.
type python struct{ *prng.MT19937 }

// newPython is random.seed(seed).
func newPython(seed int64) python {
	// CPython takes the absolute value, 32 bits at a time, lowest first.
	abs := uint64(seed)
	if seed < 0 {
		abs = -abs
	}
	key := []uint32{uint32(abs)}
	if high := uint32(abs >> 32); high != 0 {
		key = append(key, high)
	}
	r := prng.NewMT19937()
	r.SeedFromKeys(key)
	return python{r}
}

// bits is random.getrandbits(k), 1 ≤ k ≤ 64.
func (r python) bits(k int) uint64 {
	if k <= 32 {
		return uint64(r.Uint32() >> (32 - k))
	}
	low := uint64(r.Uint32())
	return low | uint64(r.Uint32()>>(64-k))<<32
}

// below is random.randint(0, n−1), n > 0.
func (r python) below(n int) int {
	k := bits.Len64(uint64(n))
	for {
		if v := r.bits(k); v < uint64(n) {
			return int(v)
		}
	}
}
