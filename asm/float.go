package asm

import "unsafe"

// Float is the element type of the kernels.
type Float interface{ float32 | float64 }

// single reports whether T is float32. The compiler folds it.
func single[T Float]() bool {
	var x T
	return unsafe.Sizeof(x) == 4
}

// at32 and at64 are the addresses of a slice whose type the caller knows.

func at32[T Float](s []T) *float32 { return (*float32)(unsafe.Pointer(unsafe.SliceData(s))) }

func at64[T Float](s []T) *float64 { return (*float64)(unsafe.Pointer(unsafe.SliceData(s))) }
