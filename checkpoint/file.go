package checkpoint

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"
)

// ErrChanged is what a read's error wraps when a file of the checkpoint was
// changed after Open.
var ErrChanged = errors.New("checkpoint: file was changed while in use")

// file is an input file. data is the whole of it where the platform maps
// files; elsewhere it is nil and each read allocates.
type file struct {
	*os.File
	path     string
	size     int64
	modified time.Time
	data     []byte
}

func openFile(path string) (*file, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = fmt.Errorf("checkpoint: %s is not a regular file", path)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	x := &file{File: f, path: path, size: st.Size(), modified: st.ModTime()}
	if err := x.mapping(); err != nil {
		f.Close()
		return nil, fmt.Errorf("checkpoint: mapping %s: %w", path, err)
	}
	return x, nil
}

// inMemory is a file of the given contents. Nothing can change or close it.
func inMemory(path string, data []byte) *file {
	return &file{path: path, size: int64(len(data)), data: data}
}

// use calls f with the n bytes at off, which are only valid during the call.
// Of a mapped file that is then cut short, reading faults; use turns that
// fault into an error where it would end the program.
func (x *file) use(off, n int64, f func([]byte) error) (err error) {
	if off < 0 || n < 0 || off > x.size-n {
		return fmt.Errorf("checkpoint: %s: %d bytes at %d are beyond its end", x.path, n, off)
	}
	if x.File == nil {
		return f(x.data[off : off+n : off+n])
	}
	st, err := x.Stat()
	if err != nil {
		return err
	}
	if st.Size() != x.size || !st.ModTime().Equal(x.modified) {
		return fmt.Errorf("%w: %s", ErrChanged, x.path)
	}
	if x.data == nil {
		b := make([]byte, n)
		if _, err := x.ReadAt(b, off); err != nil {
			return err
		}
		return f(b)
	}
	defer x.release(off, n)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if fault, ok := r.(interface{ Addr() uintptr }); !ok || !x.holds(fault.Addr()) {
			panic(r)
		}
		err = fmt.Errorf("%w: %s was cut short", ErrChanged, x.path)
	}()
	return f(x.data[off : off+n : off+n])
}
