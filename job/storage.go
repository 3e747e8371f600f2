package job

import (
	"unsafe"

	"sparsellm/internal/scratchfile"
	"sparsellm/linalg"
)

// fileStorage keeps rows in a file as they are in memory. It reads and writes
// rather than maps it, since a mapping's pages would count as resident.
type fileStorage[T linalg.Float] struct {
	file *scratchfile.File
	cols int
}

// newFileStorage makes the file in a folder.
func newFileStorage[T linalg.Float](dir string, cols int) (*fileStorage[T], error) {
	f, err := scratchfile.Create(dir, "auxiliary-*")
	if err != nil {
		return nil, err
	}
	return &fileStorage[T]{f, cols}, nil
}

// Close gives the file's room back.
func (f *fileStorage[T]) Close() error { return f.file.Close() }

func (f *fileStorage[T]) part(token int, m linalg.Matrix[T]) (b []byte, off int64) {
	var x T
	size := int(unsafe.Sizeof(x))
	data := m.Data[:m.Rows*f.cols]
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(data))), len(data)*size), int64(token) * int64(f.cols*size)
}

func (f *fileStorage[T]) Load(token int, dst linalg.Matrix[T]) error {
	b, off := f.part(token, dst)
	_, err := f.file.ReadAt(b, off)
	return err
}

func (f *fileStorage[T]) Save(token int, src linalg.Matrix[T]) error {
	b, off := f.part(token, src)
	_, err := f.file.WriteAt(b, off)
	return err
}
