package asm

import "math"

var inf = float32(math.Inf(1))

// quantizeGeneric is Quantize from a block on.
func quantizeGeneric(a *Activations, x []float32, from int) {
	for b := from; b < len(a.Scale); b++ {
		q, abs, wide := a.Q[b*Block:][:Block], a.abs[b*Block:][:Block], a.wide[b*8:][:8]
		clear(q)
		clear(abs)
		clear(wide)
		a.Scale[b], a.Sum[b] = 0, 0
		if b*Block >= len(x) {
			continue
		}
		block := x[b*Block : min((b+1)*Block, len(x))]
		var most uint32 // as bits, of which NaN has the most
		for _, v := range block {
			most = max(most, math.Float32bits(v)&^(1<<31))
		}
		peak := math.Float32frombits(most)
		if !(peak < inf) {
			a.Scale[b] = float32(math.NaN())
			for i := range wide {
				wide[i] = a.Scale[b]
			}
			continue
		}
		if peak < tiniest {
			continue
		}
		a.Scale[b] = peak / 127
		inverse := 127 / peak
		for i, v := range block {
			q[i] = int8(math.RoundToEven(float64(v * inverse)))
			abs[i] = max(q[i], -q[i])
			a.Sum[b] += int32(q[i])
		}
		for i := range wide {
			wide[i] = a.Scale[b]
		}
	}
}
