package tokenizer

import (
	"encoding/binary"
	"errors"
	"math"
)

// protoField is a field of a message in the wire format of protocol buffers.
type protoField struct {
	number int
	bits   uint64 // of a number
	data   []byte // of a string or a message
}

var errProto = errors.New("it is no protocol buffer")

// eachField calls use with each field of a message.
func eachField(message []byte, use func(protoField) error) error {
	for len(message) > 0 {
		key, n := binary.Uvarint(message)
		if n <= 0 || key>>3 == 0 || key>>3 > 1<<29 {
			return errProto
		}
		message = message[n:]
		f := protoField{number: int(key >> 3)}
		switch key & 7 {
		case 0:
			f.bits, n = binary.Uvarint(message)
		case 1:
			if n = 8; len(message) >= n {
				f.bits = binary.LittleEndian.Uint64(message)
			}
		case 5:
			if n = 4; len(message) >= n {
				f.bits = uint64(binary.LittleEndian.Uint32(message))
			}
		case 2:
			size, m := binary.Uvarint(message)
			if m <= 0 || size > uint64(len(message)-m) {
				return errProto
			}
			n = m + int(size)
			f.data = message[m:n]
		default: // groups, which nobody writes
			return errProto
		}
		if n <= 0 || n > len(message) {
			return errProto
		}
		message = message[n:]
		if err := use(f); err != nil {
			return err
		}
	}
	return nil
}

// float is the value of a field that is one.
func (f protoField) float() float32 { return math.Float32frombits(uint32(f.bits)) }

// flag is the value of a field that is a bool.
func (f protoField) flag() bool { return f.bits != 0 }
