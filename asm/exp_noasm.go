//go:build noasm || !(amd64 || arm64)

package asm

func maxLanes(top *laneSums, x []float32) { maxLanesGeneric(top, x) }

func expSum(sum *laneSums, dst, x []float32, top float32) { expSumGeneric(sum, dst, x, top) }

func scale(a float32, x []float32) { scaleGeneric(a, x) }

func swiGLU(dst, gate, up []float32) { swiGLUGeneric(dst, gate, up) }
