package scratchfile

import (
	"os"

	"golang.org/x/sys/unix"
)

// create makes a file without a name, or, on file systems that know no such
// files (overlayfs of old kernels, NFS, FUSE), one whose name is taken away.
func create(dir, pattern string) (*File, error) {
	// The mode and O_EXCL as in os.CreateTemp: nobody else reads the file, and
	// nobody gives it a name later.
	f, err := os.OpenFile(dir, os.O_RDWR|os.O_EXCL|unix.O_TMPFILE, 0o600)
	if err != nil {
		// Whatever is wrong with the folder itself, the other way says better.
		return createUnlinked(dir, pattern)
	}
	return &File{f}, nil
}
