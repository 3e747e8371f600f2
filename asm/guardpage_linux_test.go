package asm_test

import (
	"syscall"
	"testing"
)

// guardedBytes returns a copy of b that ends where memory may not be read.
func guardedBytes(t testing.TB, b []byte) []byte {
	page := syscall.Getpagesize()
	size := (len(b) + page - 1) / page * page
	all, err := syscall.Mmap(-1, 0, size+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Skip("no memory with a guard: ", err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(all) })
	if err := syscall.Mprotect(all[size:], syscall.PROT_NONE); err != nil {
		t.Skip("no guard behind memory: ", err)
	}
	return append(all[size-len(b):size-len(b):size], b...)[:len(b):len(b)]
}
