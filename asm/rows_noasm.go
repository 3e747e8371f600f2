//go:build noasm || !amd64

package asm

func rowDots(dst, x, rows []float32, stride int) { rowDotsGeneric(dst, x, rows, stride) }

func rowSum(dst, a, rows []float32, stride int) { rowSumGeneric(dst, a, rows, stride) }
