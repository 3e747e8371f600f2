//go:build !noasm

package asm

func init() {
	vnni, vbmi2 := hasVNNI, hasVBMI2
	setExtras = func(on bool) { hasVNNI, hasVBMI2 = on && vnni, on && vbmi2 }
}
