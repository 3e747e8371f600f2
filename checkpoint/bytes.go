package checkpoint

import "encoding/binary"

// fromBytes returns the little-endian integers that b holds, a whole number of
// them; nil of none.
func fromBytes[T uint16 | uint32](b []byte) []T {
	if len(b) == 0 {
		return nil
	}
	x := make([]T, len(b)/binary.Size(T(0)))
	if _, err := binary.Decode(b, binary.LittleEndian, x); err != nil {
		panic(err) // there are as many bytes as it takes
	}
	return x
}

// toBytes is the reverse of fromBytes.
func toBytes[T uint16 | uint32](x []T) []byte {
	b, err := binary.Append(nil, binary.LittleEndian, x)
	if err != nil {
		panic(err) // of no other types than these
	}
	return b
}
