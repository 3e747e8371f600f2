package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
	"time"

	"sparsellm/internal/placeholder"
)

// ErrChanged is what a read's error wraps when a file of the checkpoint was
// changed after Open.
var ErrChanged = errors.New("checkpoint: file was changed while in use")

// file is an input file. data is the whole of it where the platform maps
// files; elsewhere it is nil and each read takes memory, and bytes of from.
type file struct {
	*os.File
	from     io.ReaderAt
	path     string
	size     int64
	modified time.Time
	data     []byte
}

func openFile(path string) (*file, error) {
	st, err := os.Stat(path)
	if target, linkErr := os.Readlink(path); errors.Is(err, fs.ErrNotExist) && linkErr == nil {
		return nil, fmt.Errorf("checkpoint: %s is a link to %s, which is gone: download it again", path, target)
	}
	if err == nil && !st.Mode().IsRegular() { // opening a pipe would wait for a writer
		err = fmt.Errorf("checkpoint: %s is not a regular file", path)
	}
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if st, err = f.Stat(); err == nil {
		err = checkHead(f)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	x := &file{File: f, from: f, path: path, size: st.Size(), modified: st.ModTime()}
	if err := x.mapping(); err != nil {
		f.Close()
		return nil, fmt.Errorf("checkpoint: mapping %s: %w", path, err)
	}
	return x, nil
}

// checkHead returns an error if f is what a clone or a download left in a
// file's place.
func checkHead(f *os.File) error {
	head := make([]byte, placeholder.Head)
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return err
	}
	if err := placeholder.Markup(head[:n]); err != nil {
		return fmt.Errorf("checkpoint: %s %w", f.Name(), err)
	}
	return nil
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
		if _, err := x.from.ReadAt(b, off); err != nil {
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
