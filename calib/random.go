package calib

import "math/bits"

// python generates the numbers of Python's random module: the Mersenne Twister
// MT19937 of Matsumoto and Nishimura (1998), seeded and read as CPython does.
type python struct {
	state [624]uint32
	next  int // index into state of the next number
}

// newPython is random.seed(seed).
func newPython(seed int64) *python {
	// CPython takes the absolute value, 32 bits at a time, lowest first.
	abs := uint64(seed)
	if seed < 0 {
		abs = -abs
	}
	key := []uint32{uint32(abs)}
	if high := uint32(abs >> 32); high != 0 {
		key = append(key, high)
	}

	// init_by_array of the authors' mt19937ar.c.
	r := &python{}
	s := &r.state
	const n = uint32(len(s))
	s[0] = 19650218
	for i := uint32(1); i < n; i++ {
		s[i] = 1812433253*(s[i-1]^s[i-1]>>30) + i
	}
	i := uint32(1)
	step := func(mix uint32) {
		s[i] = s[i] ^ (s[i-1]^s[i-1]>>30)*mix
	}
	wrap := func() {
		if i++; i == n {
			s[0], i = s[n-1], 1
		}
	}
	for k := range max(n, uint32(len(key))) {
		j := k % uint32(len(key))
		step(1664525)
		s[i] += key[j] + j
		wrap()
	}
	for range n - 1 {
		step(1566083941)
		s[i] -= i
		wrap()
	}
	s[0] = 1 << 31
	r.next = len(s)
	return r
}

// uint32 returns the next 32 bits.
func (r *python) uint32() uint32 {
	s := &r.state
	const n, m = len(s), 397
	if r.next == n {
		for k := range s {
			y := s[k]&(1<<31) | s[(k+1)%n]&(1<<31-1)
			s[k] = s[(k+m)%n] ^ y>>1 ^ -(y&1)&0x9908b0df
		}
		r.next = 0
	}
	y := s[r.next]
	r.next++
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	return y ^ y>>18
}

// bits is random.getrandbits(k), 1 ≤ k ≤ 64.
func (r *python) bits(k int) uint64 {
	if k <= 32 {
		return uint64(r.uint32() >> (32 - k))
	}
	low := uint64(r.uint32())
	return low | uint64(r.uint32()>>(64-k))<<32
}

// below is random.randint(0, n−1), n > 0.
func (r *python) below(n int) int {
	k := bits.Len64(uint64(n))
	for {
		if v := r.bits(k); v < uint64(n) {
			return int(v)
		}
	}
}
