package asm

import "math"

func f16ToF32Generic(dst []float32, src []uint16) {
	for i, h := range src {
		sign := uint32(h&0x8000) << 16
		e, m := uint32(h>>10&0x1f), uint32(h&0x3ff)
		switch {
		case e == 0: // zero or subnormal: a multiple of 2⁻²⁴
			dst[i] = math.Float32frombits(sign | math.Float32bits(float32(m)*0x1p-24))
		case e < 0x1f:
			dst[i] = math.Float32frombits(sign | (e+112)<<23 | m<<13)
		case m == 0:
			dst[i] = math.Float32frombits(sign | 0x7f800000)
		default:
			dst[i] = math.Float32frombits(sign | 0x7fc00000 | m<<13)
		}
	}
}

func f32ToF16Generic(dst []uint16, src []float32) {
	for i, f := range src {
		b := math.Float32bits(f)
		sign, b := uint16(b>>16&0x8000), b&0x7fffffff
		switch {
		case b > 0x7f800000: // NaN
			dst[i] = sign | 0x7e00 | uint16(b>>13&0x3ff)
		case b >= 0x477ff000: // 65520 and more
			dst[i] = sign | 0x7c00
		case b < 0x38800000: // below 2⁻¹⁴: added to ½, it is rounded at 2⁻²⁴
			dst[i] = sign | uint16(math.Float32bits(math.Float32frombits(b)+0.5)-0x3f000000)
		default:
			b += 0xfff + b>>13&1 // to nearest, ties to even
			dst[i] = sign | uint16((b-112<<23)>>13)
		}
	}
}

func bf16ToF32Generic(dst []float32, src []uint16) {
	for i, h := range src {
		dst[i] = math.Float32frombits(uint32(h) << 16)
	}
}

func f32ToBF16Generic(dst []uint16, src []float32) {
	for i, f := range src {
		b := math.Float32bits(f)
		if b&0x7fffffff > 0x7f800000 {
			dst[i] = uint16(b>>16) | 0x40
			continue
		}
		dst[i] = uint16((b + 0x7fff + b>>16&1) >> 16)
	}
}
