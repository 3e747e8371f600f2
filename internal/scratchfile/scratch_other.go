//go:build !unix

package scratchfile

import (
	"errors"
	"os"
)

func create(dir, pattern string) (*File, error) {
	f, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return nil, err
	}
	return &File{f}, nil
}

// Close closes the file and removes it.
func (f *File) Close() error {
	err := f.File.Close()
	if errors.Is(err, os.ErrClosed) { // by an earlier Close, which has removed it
		return err
	}
	return errors.Join(err, os.Remove(f.Name()))
}
