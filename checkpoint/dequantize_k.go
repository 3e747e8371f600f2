package checkpoint

// The K-quants have blocks of 256 elements in groups of 16 or 32, each with a
// scale of its own, a few bits wide, which a float16 number d of the block
// multiplies; dmin does so for the groups' minima.

// unpackQ2K: 16 bytes, of every group of 16 a scale s and above it a minimum m,
// of 4 bits each; 64 bytes of 2-bit elements; d, dmin. x = (d·s)·q − dmin·m.
func unpackQ2K(x []float32, b []byte) {
	d, dmin := scaleAt(b[80:]), scaleAt(b[82:])
	for g, s := range b[:16] {
		scale, least := d*float32(s&15), dmin*float32(s>>4)
		q, shift := lowTwo(b[16:80], g)
		for i := range 16 {
			x[16*g+i] = float32(scale*float32(q[i]>>shift&3)) - least
		}
	}
}

// lowTwo says where the two bits of the elements of group g, of 16, are: 32
// bytes have those of 128 elements, of the first 32 in their lowest two bits.
func lowTwo(b []byte, g int) (q []byte, shift int) {
	half, row, side := g/8, g%8/2, g%2
	return b[32*half+16*side:][:16], 2 * row
}

// unpackQ3K: 32 bytes of the elements' third bits, byte i having those of
// elements i, 32+i, … from its lowest on; 64 bytes of their lower two as of Q2_K;
// 12 bytes of sixteen 6-bit scales s; d. x = d·(s − 32)·(q − 4).
func unpackQ3K(x []float32, b []byte) {
	d, s := scaleAt(b[108:]), b[96:108]
	for g := range 16 {
		scale := s[g%8] >> (g / 8 * 4) & 15       // eight bytes have the lower four bits of g and of 8+g
		scale |= s[8+g%4] >> (g / 4 * 2) & 3 << 4 // four have the upper two of g, 4+g, 8+g, 12+g
		dl := d * float32(int(scale)-32)
		q, shift := lowTwo(b[32:96], g)
		for i := range 16 {
			third := b[16*(g%2)+i] >> (g / 2) & 1
			x[16*g+i] = dl * float32(int(q[i]>>shift&3|third<<2)-4)
		}
	}
}

// unpackQ4K: d, dmin; 12 bytes of eight 6-bit scales s and minima m; 128 bytes of
// 4-bit elements. x = (d·s)·q − dmin·m.
func unpackQ4K(x []float32, b []byte) { unpackWithMinima(x, b, b[16:], nil) }

// unpackQ5K: as Q4_K, with 32 bytes of the elements' fifth bits before the
// others, byte i having those of elements i, 32+i, … from its lowest on.
func unpackQ5K(x []float32, b []byte) { unpackWithMinima(x, b, b[48:], b[16:48]) }

func unpackWithMinima(x []float32, b, low, high []byte) {
	d, dmin, s := scaleAt(b), scaleAt(b[2:]), b[4:16]
	for g := range 8 {
		scale, least := scaleMin(s, g)
		dl, m := d*float32(scale), dmin*float32(least)
		shift := g % 2 * 4 // 32 bytes have the elements of two groups
		for i, q := range low[g/2*32:][:32] {
			q = q >> shift & 15
			if high != nil {
				q |= high[i] >> g & 1 << 4
			}
			x[32*g+i] = float32(dl*float32(q)) - m
		}
	}
}

// scaleMin returns the scale and the minimum of group g: of the first four they
// are the lower six bits of bytes g and 4+g, and of the others the halves of byte
// 4+g with the upper two bits of bytes g−4 and g above them.
func scaleMin(s []byte, g int) (scale, least byte) {
	if g < 4 {
		return s[g] & 63, s[g+4] & 63
	}
	return s[g+4]&15 | s[g-4]>>6<<4, s[g+4]>>4 | s[g]>>6<<4
}

// unpackQ6K: 128 bytes of the elements' lower four bits, 64 of their upper two,
// 16 signed scales s of groups of 16; d. x = (d·s)·(q − 32). Of 128 elements, 64
// bytes have the lower bits, of the first 64 in the lower halves, and 32 bytes
// the upper ones, of the first 32 lowest.
func unpackQ6K(x []float32, b []byte) {
	d := scaleAt(b[208:])
	for g, s := range b[192:208] {
		dl := d * float32(int8(s))
		half, row, side := g/8, g%8/2, g%2*16
		low, high := b[64*half+32*(row%2)+side:][:16], b[128+32*half+side:][:16]
		for i := range 16 {
			q := low[i]>>(row/2*4)&15 | high[i]>>(2*row)&3<<4
			x[16*g+i] = dl * float32(int(q)-32)
		}
	}
}
