package checkpoint

import (
	"encoding/binary"
	"math"
	"unsafe"

	"sparsellm/asm"
	"sparsellm/linalg"
)

// chunk is the bytes converted at a time, small enough for the first-level
// cache.
const chunk = 16 << 10

// decode converts len(dst) little-endian elements of a numeric dtype.
func decode[T linalg.Float](d DType, dst []T, src []byte) {
	le := binary.LittleEndian
	switch d {
	case F64:
		for i := range dst {
			dst[i] = T(math.Float64frombits(le.Uint64(src[8*i:])))
		}
	case F32:
		for i := range dst {
			dst[i] = T(math.Float32frombits(le.Uint32(src[4*i:])))
		}
	case F16, BF16:
		var half [chunk / 8]uint16
		var single [chunk / 8]float32
		for len(dst) > 0 {
			n := min(len(dst), len(half))
			in, ok := halves(src[:2*n])
			if !ok {
				in = half[:n]
				for i := range in {
					in[i] = le.Uint16(src[2*i:])
				}
			}
			out := single[:n]
			if f, ok := any(dst).([]float32); ok {
				out = f[:n]
			}
			if d == F16 {
				asm.F16ToF32(out, in)
			} else {
				asm.BF16ToF32(out, in)
			}
			if _, ok := any(dst).([]float32); !ok {
				for i, v := range out {
					dst[i] = T(v)
				}
			}
			dst, src = dst[n:], src[2*n:]
		}
	default:
		panic("checkpoint: decode of " + d.String())
	}
}

// halves returns little-endian 16-bit numbers as they lie in b, which the
// kernels take without a copy, and false where this machine or b's address
// does not allow it.
func halves(b []byte) ([]uint16, bool) {
	p := unsafe.Pointer(unsafe.SliceData(b))
	if len(b) < 2 || uintptr(p)%2 != 0 || binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		return nil, false
	}
	return unsafe.Slice((*uint16)(p), len(b)/2), true
}

// encode converts src to little-endian elements of a numeric dtype, rounding
// once to nearest, ties to even. It returns the index of the first finite
// element that became infinite, or -1.
func encode[T linalg.Float](d DType, dst []byte, src []T) (overflow int) {
	le := binary.LittleEndian
	overflow = -1
	switch d {
	case F64:
		for i, v := range src {
			le.PutUint64(dst[8*i:], math.Float64bits(float64(v)))
		}
	case F32:
		for i, v := range src {
			f := float32(v)
			le.PutUint32(dst[4*i:], math.Float32bits(f))
			if overflow < 0 && math.IsInf(float64(f), 0) && !math.IsInf(float64(v), 0) {
				overflow = i
			}
		}
	case F16, BF16:
		infinity := uint16(0x7c00)
		if d == BF16 {
			infinity = 0x7f80
		}
		var half [chunk / 8]uint16
		var single [chunk / 8]float32
		for done := 0; done < len(src); {
			part := src[done:min(done+len(half), len(src))]
			in, ok := any(part).([]float32)
			if !ok {
				in = single[:len(part)]
				for i, v := range part {
					in[i] = roundToOdd(float64(v))
				}
			}
			out, direct := halves(dst[2*done : 2*(done+len(part))])
			if !direct {
				out = half[:len(part)]
			}
			if d == F16 {
				asm.F32ToF16(out, in)
			} else {
				asm.F32ToBF16(out, in)
			}
			for i, h := range out {
				if h&0x7fff == infinity && overflow < 0 && !math.IsInf(float64(part[i]), 0) {
					overflow = done + i
				}
			}
			if !direct {
				for i, h := range out {
					le.PutUint16(dst[2*(done+i):], h)
				}
			}
			done += len(part)
		}
	default:
		panic("checkpoint: encode of " + d.String())
	}
	return overflow
}

// roundToOdd converts v to float32 such that a further rounding to float16 or
// bfloat16 gives what one rounding of v would: an inexact result is cut
// towards zero and its last bit set (Boldo and Melquiond, "Emulation of FMA
// and correctly rounded sums: proved algorithms using rounding to odd", 2008).
func roundToOdd(v float64) float32 {
	f := float32(v)
	if float64(f) == v || v != v {
		return f
	}
	b := math.Float32bits(f)
	if math.Abs(float64(f)) > math.Abs(v) {
		b--
	}
	return math.Float32frombits(b | 1)
}
