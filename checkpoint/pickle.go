package checkpoint

import (
	"bytes"
	"errors"
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
	taker
	stack []any
	marks []int // heights of the stack
	memo  map[uint64]any
}

// unpickle returns the value that the program text leaves.
func unpickle(text []byte) (any, error) {
	u := &unpickler{taker: taker{rest: text, short: errors.New("pickle is cut short")}, memo: map[uint64]any{}}
	for u.err == nil {
		op := u.number(1)
		if op == '.' { // STOP
			v := u.pop()
			return v, u.err
		}
		u.step(byte(op))
	}
	return nil, u.err
}

// line takes a text up to a line feed.
func (u *unpickler) line() string {
	i := bytes.IndexByte(u.rest, '\n')
	if i < 0 || i > 200 {
		u.fail("pickle is damaged: a global has no name")
		return ""
	}
	return string(u.take(uint64(i + 1))[:i])
}

func (u *unpickler) push(v any) { u.stack = append(u.stack, v) }

func (u *unpickler) pop() any {
	n := len(u.stack) - 1
	if n < 0 || len(u.marks) > 0 && n < u.marks[len(u.marks)-1] {
		u.fail("pickle is damaged: its stack is empty")
		return nil
	}
	v := u.stack[n]
	u.stack = u.stack[:n]
	return v
}

// popN returns the topmost n values, the first pushed first.
func (u *unpickler) popN(n int) []any {
	v := make([]any, n)
	for i := range n {
		v[n-1-i] = u.pop()
	}
	return v
}

// popMark returns the values above the last mark, which it removes.
func (u *unpickler) popMark() []any {
	n := len(u.marks) - 1
	if n < 0 {
		u.fail("pickle is damaged: a mark is missing")
		return nil
	}
	at := u.marks[n]
	u.marks = u.marks[:n]
	v := append([]any(nil), u.stack[at:]...)
	u.stack = u.stack[:at]
	return v
}

func (u *unpickler) step(op byte) {
	switch op {
	case 0x80: // PROTO
		if v := u.number(1); v != 2 {
			u.fail("pickle has protocol %d, not torch.save's 2", v)
		}
	case '(': // MARK
		u.marks = append(u.marks, len(u.stack))
	case '}': // EMPTY_DICT
		u.push(&dict{})
	case ')': // EMPTY_TUPLE
		u.push(tuple(nil))
	case 'N': // NONE
		u.push(nil)
	case 0x88, 0x89: // NEWTRUE, NEWFALSE
		u.push(op == 0x88)
	case 'K': // BININT1
		u.push(int64(u.number(1)))
	case 'M': // BININT2
		u.push(int64(u.number(2)))
	case 'J': // BININT, of the three widths the only signed one
		u.push(int64(int32(u.number(4))))
	case 0x8a: // LONG1
		u.push(u.long())
	case 'X': // BINUNICODE
		u.push(u.text())
	case 't': // TUPLE
		u.push(tuple(u.popMark()))
	case 0x85, 0x86, 0x87: // TUPLE1, 2, 3
		u.push(tuple(u.popN(int(op - 0x84))))
	case 'q': // BINPUT
		u.put(u.number(1))
	case 'r': // LONG_BINPUT
		u.put(u.number(4))
	case 'h': // BINGET
		u.get(u.number(1))
	case 'j': // LONG_BINGET
		u.get(u.number(4))
	case 's': // SETITEM
		u.setItems(u.popN(2))
	case 'u': // SETITEMS
		u.setItems(u.popMark())
	case 'c': // GLOBAL
		u.global()
	case 'Q': // BINPERSID
		u.persistent()
	case 'R': // REDUCE
		u.reduce()
	case 'b': // BUILD
		u.build()
	default:
		u.fail("pickle has opcode %#02x, which torch.save does not write for a dictionary of tensors", op)
	}
}

// long takes a signed number and the byte before it that says how long it is.
func (u *unpickler) long() (v int64) {
	b := u.take(u.number(1))
	n := len(b)
	if n > 8 {
		u.fail("pickle has an integer beyond 64 bits")
		return 0
	}
	for i, c := range b {
		v |= int64(c) << (8 * i)
	}
	if n > 0 && n < 8 && b[n-1]&0x80 != 0 {
		v -= 1 << (8 * n)
	}
	return v
}

func (u *unpickler) text() string {
	b := u.take(u.number(4))
	if !utf8.Valid(b) {
		u.fail("pickle has a text that is not UTF-8")
	}
	return string(b)
}

func (u *unpickler) put(i uint64) {
	v := u.pop()
	u.memo[i] = v
	u.push(v)
}

func (u *unpickler) get(i uint64) {
	v, ok := u.memo[i]
	if !ok {
		u.fail("pickle is damaged: it recalls what it did not store")
	}
	u.push(v)
}

func (u *unpickler) setItems(v []any) {
	d, ok := u.pop().(*dict)
	if !ok || len(v)%2 != 0 {
		u.fail("pickle sets items of what is no dictionary")
		return
	}
	for i := 0; i < len(v); i += 2 {
		d.entries = append(d.entries, entry{v[i], v[i+1]})
	}
	u.push(d)
}
