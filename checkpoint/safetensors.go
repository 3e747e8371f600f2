package checkpoint

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Limits of a header, the first being the reference implementation's.
const (
	maxHeader = 100_000_000
	maxDims   = 16
)

// readSafetensors reads the header of a safetensors file: 8 bytes of its
// length, little-endian, and a JSON object of the tensors' dtypes, shapes and
// byte ranges in what follows. As in the format's definition
// (https://github.com/huggingface/safetensors) the ranges must cover the rest
// of the file without holes and without overlaps.
func readSafetensors(x *file) (*shard, error) {
	s := &shard{file: x}
	if err := s.readHeader(); err != nil {
		return nil, fmt.Errorf("checkpoint: %s: %w", x.path, err)
	}
	return s, nil
}

func (s *shard) readHeader() error {
	var length uint64
	err := s.file.use(0, min(8, s.file.size), func(b []byte) error {
		if len(b) < 8 {
			return tooShort("safetensors", int64(len(b)))
		}
		length = binary.LittleEndian.Uint64(b)
		return nil
	})
	if err != nil {
		return err
	}
	if length == 0 && s.file.size > 16 || length > uint64(s.file.size-8) {
		if err := s.file.foreign("safetensors"); err != nil {
			return err
		}
	}
	switch {
	case length > math.MaxInt64 || int64(length) > s.file.size-8:
		return fmt.Errorf("header of %d bytes is beyond the file's end: the file is cut short (download it again) or is no safetensors file", length)
	case length > maxHeader:
		return fmt.Errorf("header of %d bytes is beyond the format's limit of %d", length, maxHeader)
	}
	err = s.file.use(8, int64(length), func(b []byte) error {
		s.header = slices.Clone(b)
		return nil
	})
	if err != nil {
		return err
	}
	start := 8 + int64(length)
	err = object(s.header, func(d *json.Decoder, key string) error {
		if key == "__metadata__" {
			return objectAt(d, func(d *json.Decoder, key string) error {
				v, err := stringAt(d)
				s.metadata = append(s.metadata, [2]string{key, v})
				return err
			})
		}
		t, err := readEntry(d)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", key, err)
		}
		t.name, t.file, t.off = key, s.file, t.off+start
		s.tensors = append(s.tensors, t)
		return nil
	})
	if err != nil {
		return fmt.Errorf("header %w", err)
	}
	slices.SortFunc(s.tensors, byOffset)
	end := start
	for _, t := range s.tensors {
		switch {
		case t.off < end:
			return fmt.Errorf("tensor %q overlaps the one before it", t.name)
		case t.off > end:
			return fmt.Errorf("%d bytes before tensor %q belong to none", t.off-end, t.name)
		case t.size > s.file.size-t.off:
			return fmt.Errorf("tensor %q ends beyond the file's end: %w", t.name, errCut)
		}
		end = t.off + t.size
	}
	if end != s.file.size {
		return fmt.Errorf("%d bytes at the end belong to no tensor", s.file.size-end)
	}
	return s.unpackNames()
}

// byOffset orders tensors as they lie in a file; of those that take no bytes,
// which may share an offset with the next, by name and first.
func byOffset(a, b *tensor) int {
	if c := a.off - b.off; c != 0 {
		return sign(c)
	}
	if c := a.size - b.size; c != 0 {
		return sign(c)
	}
	return strings.Compare(a.name, b.name)
}

func sign(x int64) int {
	switch {
	case x < 0:
		return -1
	case x > 0:
		return 1
	}
	return 0
}

// unknownDType is for dtypes that are none of ours. Those of less than a byte
// are in quantised models alone.
func unknownDType(name string) error {
	if strings.HasPrefix(name, "F4") || strings.HasPrefix(name, "F6_") {
		return fmt.Errorf("has the dtype %q: its weights are quantised, which is not read; take the model that they were made from", name)
	}
	return fmt.Errorf("has the unknown dtype %q", name)
}

// readEntry reads one tensor's value in the header; off is relative to the
// header's end.
func readEntry(d *json.Decoder) (*tensor, error) {
	t := &tensor{}
	var dims, offsets []int64
	fields := 0
	err := objectAt(d, func(d *json.Decoder, key string) (err error) {
		fields++
		switch key {
		case "dtype":
			s, err := stringAt(d)
			if err != nil {
				return err
			}
			var ok bool
			if t.dtype, ok = parseName(s); !ok {
				return unknownDType(s)
			}
		case "shape":
			dims, err = integersAt(d, maxDims)
		case "data_offsets":
			offsets, err = integersAt(d, 2)
		default:
			err = fmt.Errorf("has the unknown field %q", key)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if fields != 3 || len(offsets) != 2 || offsets[0] > offsets[1] {
		return nil, errors.New("needs a dtype, a shape and two ascending data_offsets")
	}
	t.off, t.size = offsets[0], offsets[1]-offsets[0]
	elements, err := t.setShape(dims)
	if err != nil {
		return nil, err
	}
	if elements > math.MaxInt64/t.dtype.Size() || elements*t.dtype.Size() != t.size {
		return nil, fmt.Errorf("has %d bytes, which is not what %v of shape %v takes", t.size, t.dtype, dims)
	}
	return t, nil
}
