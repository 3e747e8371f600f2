package checkpoint

import (
	"encoding/binary"
	"fmt"
)

// fault is the first thing that was wrong with what is being read. Who reads on
// after it gets zeros, and looks at the fault once, at the end.
type fault struct{ err error }

func (f *fault) fail(format string, args ...any) {
	if f.err == nil {
		f.err = fmt.Errorf(format, args...)
	}
}

// taker takes values off the front of bytes.
type taker struct {
	rest  []byte
	short error // the fault of bytes that end too early
	fault
}

func (t *taker) take(n uint64) []byte {
	if n > uint64(len(t.rest)) {
		t.fail("%w", t.short)
	}
	if t.err != nil {
		return nil
	}
	b := t.rest[:n]
	t.rest = t.rest[n:]
	return b
}

// number takes a little-endian unsigned number of at most 8 bytes.
func (t *taker) number(bytes uint64) uint64 {
	var w [8]byte
	copy(w[:], t.take(bytes))
	return binary.LittleEndian.Uint64(w[:])
}
