package checkpoint

import (
	"encoding/binary"

	"sparsellm/asm"
)

// dequantize writes the values of a row of blocks, of 32 elements each, to
// dst. The formulas are those of ggml (ggml-quants.c); a product is rounded
// before it is added to, so that no processor's fused operation shows.
func dequantize(kind ggmlType, dst []float32, src []byte) {
	le := binary.LittleEndian
	size := int(ggmlTypes[kind].bytes)
	var scale [2]float32
	for ; len(dst) > 0; dst, src = dst[32:], src[size:] {
		asm.F16ToF32(scale[:], []uint16{le.Uint16(src), le.Uint16(src[2:])})
		d, x := scale[0], dst[:32]
		switch kind {
		case 2: // Q4_0: a scale d; x = d·(q − 8)
			for i, q := range src[2:18] {
				x[i] = d * float32(int(q&15)-8)
				x[i+16] = d * float32(int(q>>4)-8)
			}
		case 3: // Q4_1: a scale d and a minimum m; x = d·q + m
			m := scale[1]
			for i, q := range src[4:20] {
				x[i] = float32(d*float32(q&15)) + m
				x[i+16] = float32(d*float32(q>>4)) + m
			}
		case 8: // Q8_0: a scale d; x = d·q, q signed
			for i, q := range src[2:34] {
				x[i] = d * float32(int8(q))
			}
		}
	}
}
