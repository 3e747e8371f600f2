package atomicfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// create makes a file without a name in path's folder, or, on file systems that
// know no such files, one beside path.
func create(path string) (f *os.File, named bool, err error) {
	f, err = os.OpenFile(filepath.Dir(path), os.O_RDWR|unix.O_TMPFILE, 0o666)
	if err != nil {
		return createAside(path) // which says better what is wrong with the folder
	}
	return f, false, nil
}

// name gives f, which has none, a name that it takes from another file if need
// be: linkat(2) replaces nothing.
func name(f *os.File, as string) error {
	if err := os.Remove(as); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	err := unix.Linkat(unix.AT_FDCWD, fmt.Sprintf("/proc/self/fd/%d", f.Fd()), unix.AT_FDCWD, as, unix.AT_SYMLINK_FOLLOW)
	if err != nil {
		return &os.LinkError{Op: "link", Old: f.Name(), New: as, Err: err}
	}
	return nil
}
