//go:build !noasm

package asm

func gemvQ8(dst []float32, values []byte, scales []uint16, x *Activations, panels, blocks int) {
	switch {
	case tier == AVX512 && hasVNNI:
		gemvQ8AVX512VNNI(&dst[0], &values[0], nil, &scales[0], &x.Q[0], &x.Scale[0], &x.Sum[0], panels, blocks)
	case tier >= AVX2:
		gemvQ8AVX2(&dst[0], &values[0], nil, &scales[0], &x.Q[0], &x.Scale[0], &x.Sum[0], panels, blocks)
	default:
		gemvQ8Generic(dst, values, scales, x, panels, blocks)
	}
}

func gemvQ4(dst []float32, values []byte, scales []uint16, x *Activations, panels, blocks int) {
	switch {
	case tier == AVX512 && hasVNNI:
		gemvQ4AVX512VNNI(&dst[0], &values[0], nil, &scales[0], &x.Q[0], &x.Scale[0], &x.Sum[0], panels, blocks)
	case tier >= AVX2:
		gemvQ4AVX2(&dst[0], &values[0], nil, &scales[0], &x.Q[0], &x.Scale[0], &x.Sum[0], panels, blocks)
	default:
		gemvQ4Generic(dst, values, scales, x, panels, blocks)
	}
}

func gemv24Q8(dst []float32, values, index []byte, scales []uint16, x *Activations, panels, blocks int) {
	switch {
	case tier == AVX512 && hasVNNI:
		gemv24Q8AVX512VNNI(&dst[0], &values[0], &index[0], &scales[0], &x.Q[0], &x.Scale[0], &x.Sum[0], panels, blocks)
	case tier >= AVX2:
		gemv24Q8AVX2(&dst[0], &values[0], &index[0], &scales[0], &x.Q[0], &x.Scale[0], &x.Sum[0], panels, blocks)
	default:
		gemv24Q8Generic(dst, values, index, scales, x, panels, blocks)
	}
}

func gemv24Q4(dst []float32, values, index []byte, scales []uint16, x *Activations, panels, blocks int) {
	switch {
	case tier == AVX512 && hasVNNI:
		gemv24Q4AVX512VNNI(&dst[0], &values[0], &index[0], &scales[0], &x.Q[0], &x.Scale[0], &x.Sum[0], panels, blocks)
	case tier >= AVX2:
		gemv24Q4AVX2(&dst[0], &values[0], &index[0], &scales[0], &x.Q[0], &x.Scale[0], &x.Sum[0], panels, blocks)
	default:
		gemv24Q4Generic(dst, values, index, scales, x, panels, blocks)
	}
}

// Each stub is the generic function of its name, for panels and blocks that are
// not 0. Those without an index do not look at it.

//go:noescape
func gemvQ8AVX2(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, sums *int32, panels, blocks int)

//go:noescape
func gemvQ8AVX512VNNI(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, sums *int32, panels, blocks int)

//go:noescape
func gemvQ4AVX2(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, sums *int32, panels, blocks int)

//go:noescape
func gemvQ4AVX512VNNI(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, sums *int32, panels, blocks int)

//go:noescape
func gemv24Q8AVX2(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, sums *int32, panels, blocks int)

//go:noescape
func gemv24Q8AVX512VNNI(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, sums *int32, panels, blocks int)

//go:noescape
func gemv24Q4AVX2(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, sums *int32, panels, blocks int)

//go:noescape
func gemv24Q4AVX512VNNI(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, sums *int32, panels, blocks int)
