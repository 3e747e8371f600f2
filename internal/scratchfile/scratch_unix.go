//go:build unix

package scratchfile

import "os"

// createUnlinked makes a file and takes its name away.
func createUnlinked(dir, pattern string) (*File, error) {
	f, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return &File{f}, nil
}
