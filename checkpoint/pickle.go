package checkpoint

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"
)

// A pickle is a program for a stack machine that can call whatever it names.
// This machine knows the opcodes that torch.save writes for a dictionary of
// tensors (protocol 2) and the few callables below, which it does not call but
// turns into the values of pickle_tensors.go: nothing else can be built or run.
//
// github.com/nlpodyssey/gopickle, which can read the format, is no base for
// that: it allocates whatever length an opcode states, panics on opcode 0xff
// and on empty integers, resolves some globals before its FindClass hook is
// asked, and widens every storage to a slice of float32 in memory. Its last
// release is of 2023.

// unpickler runs a pickle. Each opcode pushes one value at most, so that stack
// and memo are bounded by the pickle's length; values are shared, not copied.
type unpickler struct {
	rest  []byte
	stack []any
	marks []int // heights of the stack
	memo  map[uint32]any
}

var errUnderflow = errors.New("pickle is damaged: its stack is empty")

// unpickle returns the value that the program text leaves.
func unpickle(text []byte) (any, error) {
	u := &unpickler{rest: text, memo: map[uint32]any{}}
	for {
		op, err := u.take(1)
		if err != nil {
			return nil, err
		}
		if op[0] == '.' { // STOP
			return u.pop()
		}
		if err := u.step(op[0]); err != nil {
			return nil, err
		}
	}
}

func (u *unpickler) take(n int) ([]byte, error) {
	if n < 0 || n > len(u.rest) {
		return nil, errors.New("pickle is cut short")
	}
	b := u.rest[:n]
	u.rest = u.rest[n:]
	return b, nil
}

// number takes an unsigned little-endian number of n ≤ 4 bytes.
func (u *unpickler) number(n int) (uint32, error) {
	b, err := u.take(n)
	if err != nil {
		return 0, err
	}
	var w [4]byte
	copy(w[:], b)
	return binary.LittleEndian.Uint32(w[:]), nil
}

// line takes a text up to a line feed.
func (u *unpickler) line() (string, error) {
	i := bytes.IndexByte(u.rest, '\n')
	b, err := u.take(i + 1)
	if err != nil || i < 0 || i > 200 {
		return "", errors.New("pickle is damaged: a global has no name")
	}
	return string(b[:i]), nil
}

func (u *unpickler) push(v any) error {
	u.stack = append(u.stack, v)
	return nil
}

func (u *unpickler) pop() (any, error) {
	n := len(u.stack) - 1
	if n < 0 || len(u.marks) > 0 && n < u.marks[len(u.marks)-1] {
		return nil, errUnderflow
	}
	v := u.stack[n]
	u.stack = u.stack[:n]
	return v, nil
}

// popN returns the topmost n values, the first pushed first.
func (u *unpickler) popN(n int) ([]any, error) {
	v := make([]any, n)
	for i := range n {
		var err error
		if v[n-1-i], err = u.pop(); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// popMark returns the values above the last mark, which it removes.
func (u *unpickler) popMark() ([]any, error) {
	n := len(u.marks) - 1
	if n < 0 {
		return nil, errors.New("pickle is damaged: a mark is missing")
	}
	at := u.marks[n]
	u.marks = u.marks[:n]
	v := append([]any(nil), u.stack[at:]...)
	u.stack = u.stack[:at]
	return v, nil
}

func (u *unpickler) pushTuple(n int) error {
	v, err := u.popN(n)
	if err != nil {
		return err
	}
	return u.push(tuple(v))
}

func (u *unpickler) pushInt(n int) error {
	x, err := u.number(n)
	if err != nil {
		return err
	}
	if n == 4 { // of the three widths, the only signed one
		return u.push(int64(int32(x)))
	}
	return u.push(int64(x))
}

func (u *unpickler) step(op byte) error {
	switch op {
	case 0x80: // PROTO
		v, err := u.number(1)
		if err == nil && v != 2 {
			err = fmt.Errorf("pickle has protocol %d, not torch.save's 2", v)
		}
		return err
	case '(': // MARK
		u.marks = append(u.marks, len(u.stack))
		return nil
	case '}': // EMPTY_DICT
		return u.push(&dict{})
	case ')': // EMPTY_TUPLE
		return u.push(tuple(nil))
	case 'N': // NONE
		return u.push(nil)
	case 0x88, 0x89: // NEWTRUE, NEWFALSE
		return u.push(op == 0x88)
	case 'K': // BININT1
		return u.pushInt(1)
	case 'M': // BININT2
		return u.pushInt(2)
	case 'J': // BININT
		return u.pushInt(4)
	case 0x8a: // LONG1
		return u.long()
	case 'X': // BINUNICODE
		return u.text()
	case 't': // TUPLE
		v, err := u.popMark()
		if err != nil {
			return err
		}
		return u.push(tuple(v))
	case 0x85, 0x86, 0x87: // TUPLE1, 2, 3
		return u.pushTuple(int(op - 0x84))
	case 'q', 'r': // BINPUT, LONG_BINPUT
		return u.put(op)
	case 'h', 'j': // BINGET, LONG_BINGET
		return u.get(op)
	case 's': // SETITEM
		v, err := u.popN(2)
		if err != nil {
			return err
		}
		return u.setItems(v)
	case 'u': // SETITEMS
		v, err := u.popMark()
		if err != nil {
			return err
		}
		return u.setItems(v)
	case 'c': // GLOBAL
		return u.global()
	case 'Q': // BINPERSID
		return u.persistent()
	case 'R': // REDUCE
		return u.reduce()
	case 'b': // BUILD
		return u.build()
	}
	return fmt.Errorf("pickle has opcode %#02x, which torch.save does not write for a dictionary of tensors", op)
}

func (u *unpickler) long() error {
	n, err := u.number(1)
	if err != nil {
		return err
	}
	b, err := u.take(int(n))
	if err != nil {
		return err
	}
	if n > 8 {
		return errors.New("pickle has an integer beyond 64 bits")
	}
	var v int64
	for i, c := range b {
		v |= int64(c) << (8 * i)
	}
	if n > 0 && n < 8 && b[n-1]&0x80 != 0 {
		v -= 1 << (8 * n)
	}
	return u.push(v)
}

func (u *unpickler) text() error {
	n, err := u.number(4)
	if err != nil {
		return err
	}
	if n > math.MaxInt32 {
		return errors.New("pickle is cut short")
	}
	b, err := u.take(int(n))
	if err != nil {
		return err
	}
	if !utf8.Valid(b) {
		return errors.New("pickle has a text that is not UTF-8")
	}
	return u.push(string(b))
}

func (u *unpickler) index(op byte) (uint32, error) {
	if op == 'q' || op == 'h' {
		return u.number(1)
	}
	return u.number(4)
}

func (u *unpickler) put(op byte) error {
	i, err := u.index(op)
	if err != nil {
		return err
	}
	v, err := u.pop()
	if err != nil {
		return err
	}
	u.memo[i] = v
	return u.push(v)
}

func (u *unpickler) get(op byte) error {
	i, err := u.index(op)
	if err != nil {
		return err
	}
	v, ok := u.memo[i]
	if !ok {
		return errors.New("pickle is damaged: it recalls what it did not store")
	}
	return u.push(v)
}

func (u *unpickler) setItems(v []any) error {
	top, err := u.pop()
	if err != nil {
		return err
	}
	d, ok := top.(*dict)
	if !ok || len(v)%2 != 0 {
		return errors.New("pickle sets items of what is no dictionary")
	}
	for i := 0; i < len(v); i += 2 {
		d.entries = append(d.entries, entry{v[i], v[i+1]})
	}
	return u.push(d)
}
