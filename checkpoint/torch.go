package checkpoint

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// readTorch reads what torch.save writes for a state_dict: a zip file of
// uncompressed members, data.pkl with the dictionary and data/KEY with the
// bytes of each storage, of which tensors are views.
func readTorch(x *file) (*shard, error) {
	s := &shard{file: x}
	if err := s.readTorch(); err != nil {
		return nil, fmt.Errorf("checkpoint: %s: %w", x.path, err)
	}
	return s, nil
}

// maxPickle is far beyond the dictionary of any model: about 100 bytes a
// tensor.
const maxPickle = 8 << 20

// legacyMagic begins the pickle that begins a file of torch.save before 1.6.
var legacyMagic = []byte{0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19}

func (s *shard) readTorch() error {
	members, prefix, err := s.zipMembers()
	if err != nil {
		return err
	}
	if _, ok := members[prefix+"constants.pkl"]; ok {
		return errors.New("is a TorchScript program, not a file of weights")
	}
	if order, ok := members[prefix+"byteorder"]; ok && order.size < 100 {
		err := s.file.use(order.off, order.size, func(b []byte) error {
			if string(b) != "little" {
				return errors.New("was saved on a big-endian machine, which is not supported")
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	text := members[prefix+"data.pkl"]
	if text.size > maxPickle {
		return fmt.Errorf("data.pkl has %d bytes, more than the names of any model", text.size)
	}
	var root any
	err = s.file.use(text.off, text.size, func(b []byte) error {
		root, err = unpickle(b)
		return err
	})
	if err != nil {
		return fmt.Errorf("data.pkl: %w", err)
	}
	d, ok := root.(*dict)
	if !ok {
		return errors.New("data.pkl holds no dictionary of tensors")
	}
	seen := map[string]bool{}
	for _, e := range d.entries {
		name, ok1 := e.key.(string)
		v, ok2 := e.value.(*torchTensor)
		if !ok1 || !ok2 {
			return d.noTensors()
		}
		if seen[name] {
			return fmt.Errorf("tensor %q is there twice", name)
		}
		seen[name] = true
		t, err := v.locate(s.file, members, prefix)
		if err != nil {
			return fmt.Errorf("tensor %q %w", name, err)
		}
		t.name = name
		s.tensors = append(s.tensors, t)
	}
	slices.SortStableFunc(s.tensors, func(a, b *tensor) int { return sign(a.off - b.off) })
	return nil
}

// noTensors says what a dictionary is that does not hold named tensors alone.
func (d *dict) noTensors() error {
	for _, e := range d.entries {
		name, ok := e.key.(string)
		if _, nested := e.value.(*dict); ok && nested {
			return fmt.Errorf("is what a trainer saves, with a dictionary under %q: load it in PyTorch and save the dictionary of tensors in it alone", name)
		}
	}
	return errors.New("data.pkl holds something that is no named tensor")
}

// span is a member's place in the file.
type span struct{ off, size int64 }

// zipMembers returns the places of the archive's members by name, and the
// folder that they are in.
func (s *shard) zipMembers() (members map[string]span, prefix string, err error) {
	err = s.file.use(0, min(s.file.size, 14), func(b []byte) error {
		if bytes.Equal(b, legacyMagic) {
			return errors.New("has the format of PyTorch before 1.6: load it in a newer PyTorch and save it again")
		}
		if len(b) < 4 {
			return tooShort("PyTorch", s.file.size)
		}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	z, err := zip.NewReader(s.file.readerAt(), s.file.size)
	if err != nil {
		return nil, "", s.noZip(err)
	}
	members = map[string]span{}
	found := false
	for _, f := range z.File {
		if f.Method != zip.Store || f.Flags&1 != 0 || f.CompressedSize64 != f.UncompressedSize64 || f.UncompressedSize64 > math.MaxInt64 {
			return nil, "", fmt.Errorf("member %q is compressed or encrypted, which torch.save does not do", f.Name)
		}
		off, err := f.DataOffset()
		size := int64(f.UncompressedSize64)
		if err != nil || off < 0 || off > s.file.size-size {
			return nil, "", fmt.Errorf("member %q is not within the file", f.Name)
		}
		if _, twice := members[f.Name]; twice {
			return nil, "", fmt.Errorf("member %q is there twice", f.Name)
		}
		members[f.Name] = span{off, size}
		if dir, ok := strings.CutSuffix(f.Name, "data.pkl"); ok && (dir == "" || strings.HasSuffix(dir, "/")) {
			if found {
				return nil, "", errors.New("holds more than one data.pkl")
			}
			found, prefix = true, dir
		}
	}
	if !found {
		return nil, "", errors.New("is a zip file without data.pkl")
	}
	return members, prefix, nil
}

// noZip says why the file is not the zip file that it should be. Such a file's
// table of contents is at its end.
func (s *shard) noZip(cause error) error {
	zipped := false
	err := s.file.use(0, min(s.file.size, 4), func(b []byte) error {
		zipped = string(b) == "PK\x03\x04"
		return nil
	})
	switch {
	case err != nil:
		return err
	case zipped:
		return fmt.Errorf("is no PyTorch file (%w): %w", cause, errCut)
	}
	if err := s.file.foreign("PyTorch"); err != nil {
		return err
	}
	return fmt.Errorf("is no PyTorch file (%w)", cause)
}

// locate finds the tensor's bytes in the file.
func (v *torchTensor) locate(x *file, members map[string]span, prefix string) (*tensor, error) {
	s := v.storage
	m, ok := members[prefix+"data/"+s.key]
	if !ok {
		return nil, fmt.Errorf("is in storage %q, which is missing", s.key)
	}
	width := s.dtype.Size()
	if s.elements > math.MaxInt64/width || s.elements*width != m.size {
		return nil, fmt.Errorf("is in a storage of %d elements of %v, which has %d bytes", s.elements, s.dtype, m.size)
	}
	t := &tensor{dtype: s.dtype, file: x}
	elements, err := t.setShape(v.shape)
	if err != nil {
		return nil, err
	}
	if len(v.stride) != len(v.shape) || v.offset < 0 {
		return nil, errors.New("has a damaged stride")
	}
	if elements == 0 {
		t.off = m.off
		return t, nil
	}
	last := v.offset // the highest index
	contiguous := true
	packed := int64(1) // the stride of a contiguous tensor
	for i := len(v.shape) - 1; i >= 0; i-- {
		n, step := v.shape[i], v.stride[i]
		if n > 1 {
			if step < 0 || step > (math.MaxInt64-last)/(n-1) {
				return nil, errors.New("has a damaged stride")
			}
			last += step * (n - 1)
			contiguous = contiguous && step == packed
		}
		packed *= n
	}
	if last >= s.elements {
		return nil, errors.New("reaches beyond its storage")
	}
	// A stride of 0 can make any shape of one element: such a tensor would be
	// larger than the file.
	if elements > s.elements {
		return nil, errors.New("has more elements than its storage")
	}
	t.off = m.off + v.offset*width
	t.size = (last - v.offset + 1) * width
	if !contiguous {
		t.layout = v
	}
	return t, nil
}

// rows, place and unpack make a strided view a layout. It has a dimension of
// more than one.
func (v *torchTensor) rows() int { return int(v.shape[0]) }

func (v *torchTensor) place(r int) (off, n int64) {
	last := int64(0) // of the row's elements, from its first on
	for i := 1; i < len(v.shape); i++ {
		last += (v.shape[i] - 1) * v.stride[i]
	}
	width := v.storage.dtype.Size()
	return int64(r) * v.stride[0] * width, (last + 1) * width
}

// unpack copies the elements of a row to row-major order.
func (v *torchTensor) unpack(_ int, dst, raw []byte) error {
	width := v.storage.dtype.Size()
	shape, stride := v.shape[1:], v.stride[1:]
	index := make([]int64, len(shape))
	at := int64(0)
	for ; len(dst) > 0; dst = dst[width:] {
		copy(dst[:width], raw[at*width:])
		for i := len(index) - 1; i >= 0; i-- {
			at += stride[i]
			if index[i]++; index[i] < shape[i] {
				break
			}
			at -= shape[i] * stride[i]
			index[i] = 0
		}
	}
	return nil
}

// readerAt reads the file without the guard of use, where a library wants a
// reader.
func (x *file) readerAt() io.ReaderAt {
	if x.File != nil {
		return x.from
	}
	return bytes.NewReader(x.data)
}
