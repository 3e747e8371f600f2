//go:build noasm || !(amd64 || arm64)

package asm

func detected() []Tier { return []Tier{Generic} }
