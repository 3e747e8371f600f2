package checkpoint

import (
	"encoding/binary"

	"sparsellm/asm"
)

// dequantize writes the values of a row of blocks to dst. The formats and their
// formulas are those of ggml (ggml-common.h, ggml-quants.c); a product is rounded
// before it is added to, so that no processor's fused operation shows.
func dequantize(kind ggmlType, dst []float32, src []byte) {
	k := ggmlTypes[kind]
	for n := int(k.block); len(dst) > 0; dst, src = dst[n:], src[k.bytes:] {
		k.unpack(dst[:n], src[:k.bytes])
	}
}

// scaleAt returns the float16 number at the front of b.
func scaleAt(b []byte) float32 {
	var x [1]float32
	asm.F16ToF32(x[:], []uint16{binary.LittleEndian.Uint16(b)})
	return x[0]
}

// The types of ggml's first kind have blocks of 32 elements. Of those of fewer
// than eight bits, byte i has the lower four bits of element i in its lower
// half, and those of element 16+i in its upper.

// unpackQ4_0: a scale d, 32 × 4 bits; x = d·(q − 8).
func unpackQ4_0(x []float32, b []byte) {
	d := scaleAt(b)
	for i, q := range b[2:18] {
		x[i] = d * float32(int(q&15)-8)
		x[i+16] = d * float32(int(q>>4)-8)
	}
}

// unpackQ4_1: a scale d, a minimum m, 32 × 4 bits; x = d·q + m.
func unpackQ4_1(x []float32, b []byte) {
	d, m := scaleAt(b), scaleAt(b[2:])
	for i, q := range b[4:20] {
		x[i] = float32(d*float32(q&15)) + m
		x[i+16] = float32(d*float32(q>>4)) + m
	}
}

// unpackQ5_0: a scale d, the fifth bits of all elements in order, 32 × 4 bits;
// x = d·(q − 16).
func unpackQ5_0(x []float32, b []byte) {
	d, high := scaleAt(b), binary.LittleEndian.Uint32(b[2:])
	for i, q := range b[6:22] {
		x[i] = d * float32(int(fifth(q&15, high, i))-16)
		x[i+16] = d * float32(int(fifth(q>>4, high, i+16))-16)
	}
}

// unpackQ5_1: a scale d, a minimum m, and the rest as of Q5_0; x = d·q + m.
func unpackQ5_1(x []float32, b []byte) {
	d, m, high := scaleAt(b), scaleAt(b[2:]), binary.LittleEndian.Uint32(b[4:])
	for i, q := range b[8:24] {
		x[i] = float32(d*float32(fifth(q&15, high, i))) + m
		x[i+16] = float32(d*float32(fifth(q>>4, high, i+16))) + m
	}
}

// fifth puts bit i of high above the four of q.
func fifth(q byte, high uint32, i int) byte { return q | byte(high>>i)&1<<4 }

// unpackQ8_0: a scale d, 32 signed bytes; x = d·q.
func unpackQ8_0(x []float32, b []byte) {
	d := scaleAt(b)
	for i, q := range b[2:34] {
		x[i] = d * float32(int8(q))
	}
}
