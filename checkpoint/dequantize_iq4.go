package checkpoint

import "encoding/binary"

// iq4 are the sixteen values, not at even distances, that an element's four
// bits choose of.
var iq4 = [16]float32{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}

// unpackIQ4NL: Q4_0's block of 32, with x = d·iq4[q].
func unpackIQ4NL(x []float32, b []byte) { unpackIQ4(x, b[2:], scaleAt(b)) }

// unpackIQ4XS: d; 16 bits, two for each group of 32, and four bytes, four bits for
// each, which make a scale s; eight groups of 16 bytes as of IQ4_NL.
// x = d·(s − 32)·iq4[q].
func unpackIQ4XS(x []float32, b []byte) {
	d, high := scaleAt(b), binary.LittleEndian.Uint16(b[2:])
	for g := range 8 {
		s := b[4+g/2]>>(g%2*4)&15 | byte(high>>(2*g))&3<<4
		unpackIQ4(x[32*g:], b[8+16*g:], d*float32(int(s)-32))
	}
}

func unpackIQ4(x []float32, b []byte, d float32) {
	for i, q := range b[:16] {
		x[i] = d * iq4[q&15]
		x[i+16] = d * iq4[q>>4]
	}
}
