//go:build noasm

package asmtest

const noasm = true
