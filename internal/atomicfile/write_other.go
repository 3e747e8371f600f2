//go:build !linux

package atomicfile

import "os"

func create(path string) (*os.File, bool, error) { return createAside(path) }

// name is not called: every file has one.
func name(*os.File, string) error { return nil }
