package asm

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
					t[r] += float32(float32(s) * x.Scale[b])
				}
			}
			for r := range out {
				out[r] += float32(t[r] * halfValue(scales[(p*groups+g)*PanelRows+r]))
			}
		}
	}
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
