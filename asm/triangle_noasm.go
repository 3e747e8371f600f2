//go:build noasm || !(amd64 || arm64)

package asm

func trsm32(t *float32, ts int, x *float32, ld int) { trsmGeneric(t, ts, x, ld) }

func trsm64(t *float64, ts int, x *float64, ld int) { trsmGeneric(t, ts, x, ld) }

func potrf32(x *float32, ld int) int { return potrfGeneric(x, ld) }

func potrf64(x *float64, ld int) int { return potrfGeneric(x, ld) }
