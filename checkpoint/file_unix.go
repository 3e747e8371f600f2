//go:build unix && !nommap

package checkpoint

import (
	"errors"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

func (x *file) mapping() error {
	if x.size == 0 {
		return nil
	}
	if int64(int(x.size)) != x.size {
		return errors.New("file is larger than the address space")
	}
	data, err := unix.Mmap(int(x.Fd()), 0, int(x.size), unix.PROT_READ, unix.MAP_SHARED)
	x.data = data
	return err
}

// release lets go of the pages that lie within n bytes at off: they stay in
// the system's cache but no longer count as this process's memory.
func (x *file) release(off, n int64) {
	page := int64(os.Getpagesize())
	lo, hi := (off+page-1)/page*page, (off+n)/page*page
	if lo < hi {
		_ = unix.Madvise(x.data[lo:hi], unix.MADV_DONTNEED) // only a hint
	}
}

func (x *file) holds(addr uintptr) bool {
	base := uintptr(unsafe.Pointer(unsafe.SliceData(x.data)))
	return addr >= base && addr-base < uintptr(len(x.data))
}

func (x *file) Close() error {
	var err error
	if x.data != nil {
		err = unix.Munmap(x.data)
		x.data = nil
	}
	return errors.Join(err, x.File.Close())
}
