// Package asmtest helps tests of package asm, and of what stands on it, to run
// the same checks for every tier of instructions and to catch kernels that
// write where they must not.
package asmtest
