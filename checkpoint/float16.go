package checkpoint

import "math"

func f16ToF32(dst []float32, src []uint16) {
	for i, h := range src {
		sign := uint32(h&0x8000) << 16
		e, m := uint32(h>>10&0x1f), uint32(h&0x3ff)
		switch e {
		case 0:
			dst[i] = math.Float32frombits(sign | math.Float32bits(float32(m)*0x1p-24))
		case 0x1f:
			dst[i] = math.Float32frombits(sign | 0x7f800000 | m<<13)
		default:
			dst[i] = math.Float32frombits(sign | (e+112)<<23 | m<<13)
		}
	}
}

func f32ToF16(dst []uint16, src []float32) {
	for i, f := range src {
		b := math.Float32bits(f)
		sign, b := uint16(b>>16&0x8000), b&0x7fffffff
		switch {
		case b > 0x7f800000: // NaN, kept quiet
			dst[i] = sign | 0x7e00 | uint16(b>>13&0x3ff)
		case b >= 0x477ff000: // rounds beyond 65504
			dst[i] = sign | 0x7c00
		case b < 0x38800000: // subnormal: the sum rounds at 2⁻²⁴
			dst[i] = sign | uint16(math.Float32bits(math.Float32frombits(b)+0.5)-0x3f000000)
		default:
			b += 0xfff + b>>13&1 // to nearest, ties to even
			dst[i] = sign | uint16((b-112<<23)>>13)
		}
	}
}

func bf16ToF32(dst []float32, src []uint16) {
	for i, h := range src {
		dst[i] = math.Float32frombits(uint32(h) << 16)
	}
}

func f32ToBF16(dst []uint16, src []float32) {
	for i, f := range src {
		b := math.Float32bits(f)
		if b&0x7fffffff > 0x7f800000 {
			dst[i] = uint16(b>>16) | 0x40
			continue
		}
		dst[i] = uint16((b + 0x7fff + b>>16&1) >> 16)
	}
}
