//go:build noasm || !amd64

package asm

func dot(s *[dotSums]float64, a, b []float32) { dotGeneric(s, a, b) }

func addTo(dst []float64, src []float32) { addToGeneric(dst, src) }
