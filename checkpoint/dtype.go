package checkpoint

import (
	"fmt"

	"sparsellm/linalg"
)

// DType is the type of a tensor's elements.
type DType int

// The dtypes of safetensors that are a whole number of bytes. Only the first
// four can be read as numbers and converted; tensors of the others are
// carried over byte for byte.
const (
	F64 DType = iota + 1
	F32
	F16
	BF16
	I64
	I32
	I16
	I8
	U64
	U32
	U16
	U8
	Bool
	F8E4M3
	F8E5M2
	F8E8M0
	F8E4M3FNUZ
	F8E5M2FNUZ
	C64
)

// dtypes has safetensors' name, the name that config.json and PyTorch use, and
// the size in bytes.
var dtypes = [...]struct {
	name, torch string
	size        int64
}{
	F64:        {"F64", "float64", 8},
	F32:        {"F32", "float32", 4},
	F16:        {"F16", "float16", 2},
	BF16:       {"BF16", "bfloat16", 2},
	I64:        {"I64", "int64", 8},
	I32:        {"I32", "int32", 4},
	I16:        {"I16", "int16", 2},
	I8:         {"I8", "int8", 1},
	U64:        {"U64", "uint64", 8},
	U32:        {"U32", "uint32", 4},
	U16:        {"U16", "uint16", 2},
	U8:         {"U8", "uint8", 1},
	Bool:       {"BOOL", "bool", 1},
	F8E4M3:     {"F8_E4M3", "float8_e4m3fn", 1},
	F8E5M2:     {"F8_E5M2", "float8_e5m2", 1},
	F8E8M0:     {"F8_E8M0", "float8_e8m0fnu", 1},
	F8E4M3FNUZ: {"F8_E4M3FNUZ", "float8_e4m3fnuz", 1},
	F8E5M2FNUZ: {"F8_E5M2FNUZ", "float8_e5m2fnuz", 1},
	C64:        {"C64", "complex64", 8},
}

// String returns safetensors' name: "F16".
func (d DType) String() string {
	if d < F64 || int(d) >= len(dtypes) {
		return fmt.Sprintf("DType(%d)", int(d))
	}
	return dtypes[d].name
}

// Size returns the bytes of one element.
func (d DType) Size() int64 { return dtypes[d].size }

// Numeric reports whether values can be read as float32 and converted.
func (d DType) Numeric() bool { return d >= F64 && d <= BF16 }

// StoredAs returns the dtype that a tensor of d has in an output of dtype as: that
// if it is of floating-point numbers, its own if not, or if as is 0.
func (d DType) StoredAs(as DType) DType {
	if as != 0 && d.Numeric() {
		return as
	}
	return d
}

// ParseDType reads a --dtype flag: "f16", "bf16", "f32", or "keep", for which
// it returns 0.
func ParseDType(s string) (DType, error) {
	switch s {
	case "keep":
		return 0, nil
	case "f16":
		return F16, nil
	case "bf16":
		return BF16, nil
	case "f32":
		return F32, nil
	}
	return 0, fmt.Errorf("checkpoint: dtype %q is none of keep, f32, f16, bf16", s)
}

func parseName(s string) (DType, bool) {
	for d := F64; int(d) < len(dtypes); d++ {
		if dtypes[d].name == s {
			return d, true
		}
	}
	return 0, false
}

// round replaces each element of x by the nearest number (ties to even) that d
// holds, which is what an Output would store: beyond the range of d that is an
// infinity, which an Output refuses.
func round[T linalg.Float](d DType, x []T) {
	if exact[T](d) {
		return
	}
	var buf [chunk]byte
	for len(x) > 0 {
		n := min(len(x), chunk/8)
		b := buf[:int64(n)*d.Size()]
		encode(d, b, x[:n])
		decode(d, x[:n], b)
		x = x[n:]
	}
}
