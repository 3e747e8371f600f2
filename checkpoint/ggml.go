package checkpoint

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ggmlType is how a tensor's elements are stored.
type ggmlType uint32

// The types that are written.
const (
	ggmlF32  ggmlType = 0
	ggmlF16  ggmlType = 1
	ggmlQ4_0 ggmlType = 2
	ggmlQ8_0 ggmlType = 8
	ggmlBF16 ggmlType = 30
)

// ggmlStorage is what is known of a type that is read.
type ggmlStorage struct {
	name         string
	block, bytes int64 // elements of a block, and its bytes
	// dtype is what the values are presented, and by default written, as. Those
	// of quantised types are numbers of a few bits times a float16 scale: they are
	// multiples of 2⁻²⁴, as all of float16's are, so that rounding them to it
	// takes 1 part in 2048 at most from any, however small, where float32 would
	// double what is written and held in memory.
	dtype DType
	// unpack writes the values of a block, exact in the arithmetic of float32;
	// nil where the bytes are the values.
	unpack func(x []float32, block []byte)
}

// size returns the bytes of so many elements, whole blocks.
func (s ggmlStorage) size(elements int64) int64 { return elements / s.block * s.bytes }

var ggmlTypes = map[ggmlType]ggmlStorage{
	ggmlF32:  {"F32", 1, 4, F32, nil},
	ggmlF16:  {"F16", 1, 2, F16, nil},
	ggmlQ4_0: {"Q4_0", 32, 18, F16, unpackQ4_0},
	3:        {"Q4_1", 32, 20, F16, unpackQ4_1},
	6:        {"Q5_0", 32, 22, F16, unpackQ5_0},
	7:        {"Q5_1", 32, 24, F16, unpackQ5_1},
	ggmlQ8_0: {"Q8_0", 32, 34, F16, unpackQ8_0},
	10:       {"Q2_K", 256, 84, F16, unpackQ2K},
	11:       {"Q3_K", 256, 110, F16, unpackQ3K},
	12:       {"Q4_K", 256, 144, F16, unpackQ4K},
	13:       {"Q5_K", 256, 176, F16, unpackQ5K},
	14:       {"Q6_K", 256, 210, F16, unpackQ6K},
	20:       {"IQ4_NL", 32, 18, F16, unpackIQ4NL},
	23:       {"IQ4_XS", 256, 136, F16, unpackIQ4XS},
	28:       {"F64", 1, 8, F64, nil},
	ggmlBF16: {"BF16", 1, 2, BF16, nil},
}

// ggmlNames are other types that files have, for the message.
var ggmlNames = map[ggmlType]string{
	9: "Q8_1", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 21: "IQ3_S", 22: "IQ2_S",
	24: "I8", 25: "I16", 26: "I32", 27: "I64", 29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4", 40: "NVFP4", 41: "Q1_0",
}

func (t ggmlType) String() string {
	if k, ok := ggmlTypes[t]; ok {
		return k.name
	}
	if name, ok := ggmlNames[t]; ok {
		return name
	}
	return fmt.Sprintf("of number %d", uint32(t))
}

// ggmlRead is the list of the types that are read.
func ggmlRead() string {
	var names []string
	for _, t := range slices.Sorted(maps.Keys(ggmlTypes)) {
		names = append(names, ggmlTypes[t].name)
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
