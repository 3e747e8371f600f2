//go:build !noasm

package asm

func gemvQ8(dst []float32, values []byte, scales []uint16, x *Activations, panels, blocks int) {
	if tier == Generic {
		gemvQ8Generic(dst, values, scales, x, panels, blocks)
		return
	}
	gemvQ8NEON(&dst[0], &values[0], nil, &scales[0], &x.Q[0], &x.Scale[0], panels, blocks)
}

func gemvQ4(dst []float32, values []byte, scales []uint16, x *Activations, panels, blocks int) {
	if tier == Generic {
		gemvQ4Generic(dst, values, scales, x, panels, blocks)
		return
	}
	gemvQ4NEON(&dst[0], &values[0], nil, &scales[0], &x.Q[0], &x.Scale[0], panels, blocks)
}

func gemv24Q8(dst []float32, values, index []byte, scales []uint16, x *Activations, panels, blocks int) {
	if tier == Generic {
		gemv24Q8Generic(dst, values, index, scales, x, panels, blocks)
		return
	}
	gemv24Q8NEON(&dst[0], &values[0], &index[0], &scales[0], &x.Q[0], &x.Scale[0], panels, blocks)
}

func gemv24Q4(dst []float32, values, index []byte, scales []uint16, x *Activations, panels, blocks int) {
	if tier == Generic {
		gemv24Q4Generic(dst, values, index, scales, x, panels, blocks)
		return
	}
	gemv24Q4NEON(&dst[0], &values[0], &index[0], &scales[0], &x.Q[0], &x.Scale[0], panels, blocks)
}

// Each stub is the generic function of its name, for panels and blocks that are
// not 0. Those without an index do not look at it.

//go:noescape
func gemvQ8NEON(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, panels, blocks int)

//go:noescape
func gemvQ4NEON(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, panels, blocks int)

//go:noescape
func gemv24Q8NEON(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, panels, blocks int)

//go:noescape
func gemv24Q4NEON(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, panels, blocks int)
