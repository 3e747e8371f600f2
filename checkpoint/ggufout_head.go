package checkpoint

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
)

// ggufMeta is metadata that is to be written.
type ggufMeta struct{ pairs []ggufPair }

type ggufPair struct {
	key   string
	value any
}

// put sets a key.
func (m *ggufMeta) put(key string, value any) {
	i := slices.IndexFunc(m.pairs, func(p ggufPair) bool { return p.key == key })
	if i < 0 {
		m.pairs = append(m.pairs, ggufPair{key, value})
		return
	}
	m.pairs[i].value = value
}

// ggufAligned rounds up to what tensors are aligned to.
func ggufAligned(n int64) int64 { return (n + 31) / 32 * 32 }

// ggufHead returns everything before the first tensor.
func ggufHead(m *ggufMeta, tensors []*ggufOutTensor) ([]byte, error) {
	le := binary.LittleEndian
	b := le.AppendUint32([]byte("GGUF"), 3)
	b = le.AppendUint64(b, uint64(len(tensors)))
	b = le.AppendUint64(b, uint64(len(m.pairs)))
	general := func(p ggufPair) int {
		if strings.HasPrefix(p.key, "general.") {
			return 0
		}
		return 1
	}
	slices.SortFunc(m.pairs, func(x, y ggufPair) int {
		return cmp.Or(general(x)-general(y), strings.Compare(x.key, y.key))
	})
	var err error
	for _, p := range m.pairs {
		if b, err = appendGGUF(ggufText(b, p.key), p.value, true); err != nil {
			return nil, fmt.Errorf("metadata %s: %w", p.key, err)
		}
	}
	for _, t := range tensors {
		b = le.AppendUint32(ggufText(b, t.name), uint32(len(t.dims)))
		for _, d := range t.dims {
			b = le.AppendUint64(b, uint64(d))
		}
		b = le.AppendUint64(le.AppendUint32(b, uint32(t.kind)), uint64(t.off))
	}
	return append(b, make([]byte, ggufAligned(int64(len(b)))-int64(len(b)))...), nil
}

func ggufText(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint64(b, uint64(len(s))), s...)
}

// appendGGUF appends a value, with its type before it if kind is set.
func appendGGUF(b []byte, value any, kind bool) ([]byte, error) {
	le := binary.LittleEndian
	as := func(n uint32) []byte {
		if !kind {
			return b
		}
		return le.AppendUint32(b, n)
	}
	switch v := value.(type) {
	case string:
		return ggufText(as(ggufString), v), nil
	case bool:
		x := byte(0)
		if v {
			x = 1
		}
		return append(as(ggufFlag), x), nil
	case int:
		if v < 0 || v > math.MaxUint32 {
			return nil, fmt.Errorf("%d is beyond 32 bits", v)
		}
		return le.AppendUint32(as(ggufUint32), uint32(v)), nil
	case int32:
		return le.AppendUint32(as(ggufInt32), uint32(v)), nil
	case float32:
		return le.AppendUint32(as(ggufFloat32), math.Float32bits(v)), nil
	case []string:
		return appendGGUFList(as(ggufList), ggufString, v)
	case []bool:
		return appendGGUFList(as(ggufList), ggufFlag, v)
	case []int32:
		return appendGGUFList(as(ggufList), ggufInt32, v)
	case []float32:
		return appendGGUFList(as(ggufList), ggufFloat32, v)
	case []int:
		numbers := make([]int32, len(v))
		for i, n := range v {
			numbers[i] = int32(n)
		}
		return appendGGUFList(as(ggufList), ggufInt32, numbers)
	}
	return nil, fmt.Errorf("%T has no type in GGUF", value)
}

func appendGGUFList[E any](b []byte, kind uint32, list []E) ([]byte, error) {
	b = binary.LittleEndian.AppendUint32(b, kind)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(list)))
	var err error
	for _, v := range list {
		if b, err = appendGGUF(b, v, false); err != nil {
			return nil, err
		}
	}
	return b, nil
}
