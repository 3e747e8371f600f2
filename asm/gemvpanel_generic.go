package asm

import "math"

// panelGeneric is what the routines of panels have in common: products gives
// the sums of a block, one for each row of the panel.
func panelGeneric(dst []float32, scales []uint16, x *Activations, panels, blocks int, products func(sums *[PanelRows]int32, at, block int)) {
	const perGroup = Group / Block
	groups := (blocks + perGroup - 1) / perGroup
	for p := range panels {
		out := dst[p*PanelRows:][:PanelRows]
		clear(out)
		for g := range groups {
			var t [PanelRows]float32
			for b := g * perGroup; b < min((g+1)*perGroup, blocks); b++ {
				var sums [PanelRows]int32
				products(&sums, p*blocks+b, b)
				for r, s := range sums {
					t[r] = fma(float32(s), x.Scale[b], t[r])
				}
			}
			for r := range out {
				out[r] = fma(t[r], halfValue(scales[(p*groups+g)*PanelRows+r]), out[r])
			}
		}
	}
}

// fma returns a·b + c, rounded once. In float64 the product is exact; the sum is
// rounded to odd (Boldo and Melquiond 2008), which the rounding to float32 does not
// feel.
func fma(a, b, c float32) float32 {
	p, q := float64(float64(a)*float64(b)), float64(c)
	s := p + q
	p2 := s - q
	lost := p - p2 + (q - (s - p2))
	if bits := math.Float64bits(s); bits&1 == 0 && (lost < 0 || lost > 0) { // not NaN
		if lost > 0 == (s > 0) {
			bits++
		} else {
			bits--
		}
		s = math.Float64frombits(bits)
	}
	return float32(s)
}

func halfValue(h uint16) float32 {
	var f [1]float32
	f16ToF32Generic(f[:], []uint16{h})
	return f[0]
}

func gemvQ8Generic(dst []float32, values []byte, scales []uint16, x *Activations, panels, blocks int) {
	const size = PanelRows * Block
	panelGeneric(dst, scales, x, panels, blocks, func(sums *[PanelRows]int32, at, block int) {
		w, q := values[at*size:][:size], x.Q[block*Block:][:Block]
		for i, v := range w {
			s, r, k := i/64, i/4%PanelRows, i%4
			sums[r] += int32(int8(v)) * int32(q[4*s+k])
		}
	})
}

func gemvQ4Generic(dst []float32, values []byte, scales []uint16, x *Activations, panels, blocks int) {
	const size = PanelRows * Block / 2
	panelGeneric(dst, scales, x, panels, blocks, func(sums *[PanelRows]int32, at, block int) {
		w, q := values[at*size:][:size], x.Q[block*Block:][:Block]
		for i, v := range w {
			s, r, k := i/64, i/4%PanelRows, i%4
			sums[r] += (int32(v&15)-8)*int32(q[8*s+k]) + (int32(v>>4)-8)*int32(q[8*s+4+k])
		}
	})
}

func gemv24Q8Generic(dst []float32, values, index []byte, scales []uint16, x *Activations, panels, blocks int) {
	const size = PanelRows * Block / 2
	panelGeneric(dst, scales, x, panels, blocks, func(sums *[PanelRows]int32, at, block int) {
		w, q := values[at*size:][:size], x.Q[block*Block:][:Block]
		which := index[at*64:][:64]
		for i, v := range w {
			s, r, k := i/64, i/4%PanelRows, i%4
			col := 8*s + k/2*4 + int(which[4*r+k]>>(2*s)&3)
			sums[r] += int32(int8(v)) * int32(q[col])
		}
	})
}

func gemv24Q4Generic(dst []float32, values, index []byte, scales []uint16, x *Activations, panels, blocks int) {
	const size = PanelRows * Block / 4
	panelGeneric(dst, scales, x, panels, blocks, func(sums *[PanelRows]int32, at, block int) {
		w, q := values[at*size:][:size], x.Q[block*Block:][:Block]
		which := index[at*64:][:64]
		for i, v := range w {
			s, r, k := i/64*2, i/4%PanelRows, i%4
			for _, nibble := range [2]byte{v & 15, v >> 4} {
				col := 8*s + k/2*4 + int(which[4*r+k]>>(2*s)&3)
				sums[r] += (int32(nibble) - 8) * int32(q[col])
				s++
			}
		}
	})
}
