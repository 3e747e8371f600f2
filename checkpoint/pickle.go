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
// turns into the values of this file: nothing else can be built or run.
//
// github.com/nlpodyssey/gopickle, which can read the format, is no base for
// that: it allocates whatever length an opcode states, panics on opcode 0xff
// and on empty integers, resolves some globals before its FindClass hook is
// asked, and widens every storage to a slice of float32 in memory. Its last
// release is of 2023.

// global is a callable or class by its name, "torch HalfStorage".
type global string

const (
	orderedDict      global = "collections OrderedDict"
	rebuildTensor    global = "torch._utils _rebuild_tensor_v2"
	rebuildParameter global = "torch._utils _rebuild_parameter"
)

// storages are the element types of PyTorch's storages.
var storages = map[global]DType{
	"torch DoubleStorage":   F64,
	"torch FloatStorage":    F32,
	"torch HalfStorage":     F16,
	"torch BFloat16Storage": BF16,
	"torch LongStorage":     I64,
	"torch IntStorage":      I32,
	"torch ShortStorage":    I16,
	"torch CharStorage":     I8,
	"torch ByteStorage":     U8,
	"torch BoolStorage":     Bool,
}

// The values of the machine are these, string, int64, bool and nil.
type (
	tuple []any
	dict  struct {
		entries []entry
	}
	entry   struct{ key, value any }
	storage struct {
		dtype    DType
		key      string
		elements int64
	}
	torchTensor struct {
		storage       *storage
		offset        int64 // in elements
		shape, stride []int64
	}
)

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

func (u *unpickler) global() error {
	module, err := u.line()
	if err != nil {
		return err
	}
	name, err := u.line()
	if err != nil {
		return err
	}
	g := global(module + " " + name)
	if _, ok := storages[g]; !ok && g != orderedDict && g != rebuildTensor && g != rebuildParameter {
		return fmt.Errorf("pickle refers to %q, which is refused: only tensors are read", module+"."+name)
	}
	return u.push(g)
}

// persistent makes a storage of ("storage", class, key, location, elements).
func (u *unpickler) persistent() error {
	v, err := u.pop()
	if err != nil {
		return err
	}
	id, ok := v.(tuple)
	if !ok || len(id) != 5 || id[0] != "storage" {
		return errors.New("pickle has a persistent id that is no storage")
	}
	class, ok1 := id[1].(global)
	dtype, ok2 := storages[class]
	key, ok3 := id[2].(string)
	elements, ok4 := id[4].(int64)
	if !ok1 || !ok2 || !ok3 || !ok4 || elements < 0 {
		return errors.New("pickle has a damaged storage")
	}
	return u.push(&storage{dtype, key, elements})
}

// reduce stands for calling a callable with a tuple of arguments.
func (u *unpickler) reduce() error {
	v, err := u.popN(2)
	if err != nil {
		return err
	}
	f, _ := v[0].(global)
	args, ok := v[1].(tuple)
	switch {
	case !ok:
	case f == orderedDict && len(args) == 0:
		return u.push(&dict{})
	case f == rebuildTensor && len(args) >= 6: // storage, offset, shape, stride, requires_grad, hooks
		s, ok1 := args[0].(*storage)
		offset, ok2 := args[1].(int64)
		shape, ok3 := integers(args[2])
		stride, ok4 := integers(args[3])
		if ok1 && ok2 && ok3 && ok4 {
			return u.push(&torchTensor{s, offset, shape, stride})
		}
	case f == rebuildParameter && len(args) == 3: // tensor, requires_grad, hooks
		if t, ok := args[0].(*torchTensor); ok {
			return u.push(t)
		}
	}
	return errors.New("pickle is damaged: it builds a tensor of the wrong parts")
}

// build sets an object's attributes: a state_dict's _metadata, the versions of
// modules, of which nothing is kept.
func (u *unpickler) build() error {
	v, err := u.popN(2)
	if err != nil {
		return err
	}
	d, ok1 := v[0].(*dict)
	_, ok2 := v[1].(*dict)
	if !ok1 || !ok2 {
		return errors.New("pickle sets attributes of what is no dictionary")
	}
	return u.push(d)
}

func integers(v any) ([]int64, bool) {
	t, ok := v.(tuple)
	if !ok || len(t) > maxDims {
		return nil, false
	}
	x := make([]int64, len(t))
	for i, e := range t {
		if x[i], ok = e.(int64); !ok {
			return nil, false
		}
	}
	return x, true
}
