//go:build unix && !linux

package scratchfile

func create(dir, pattern string) (*File, error) { return createUnlinked(dir, pattern) }
