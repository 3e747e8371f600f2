package checkpoint

import (
	"fmt"
	"strings"
)

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

func (u *unpickler) global() {
	module, name := u.line(), u.line()
	g := global(module + " " + name)
	if _, ok := storages[g]; !ok && g != orderedDict && g != rebuildTensor && g != rebuildParameter {
		u.fail("%w", refused(module, name))
	}
	u.push(g)
}

// refused names what a pickle refers to that is none of the above.
func refused(module, name string) error {
	what := "only tensors are read"
	switch top, _, _ := strings.Cut(module, "."); {
	case name == "_rebuild_tensor_v3":
		what = "it has tensors of a dtype, such as float8, that is not read; convert it to bfloat16, or take the model that it was made from"
	case name == "_rebuild_qtensor" || strings.Contains(module, "torchao") || top == "bitsandbytes" || top == "optimum" || strings.Contains(module, "quant"):
		what = "its weights are quantised; take the model that they were made from"
	case top != "torch" && top != "collections":
		what = "only tensors are read; load it in Python and save its state_dict, or the model with save_pretrained"
	}
	return fmt.Errorf("pickle refers to %q, which is refused: %s", module+"."+name, what)
}

// persistent makes a storage of ("storage", class, key, location, elements).
func (u *unpickler) persistent() {
	id, ok := u.pop().(tuple)
	if !ok || len(id) != 5 || id[0] != "storage" {
		u.fail("pickle has a persistent id that is no storage")
		return
	}
	class, ok1 := id[1].(global)
	dtype, ok2 := storages[class]
	key, ok3 := id[2].(string)
	elements, ok4 := id[4].(int64)
	if !ok1 || !ok2 || !ok3 || !ok4 || elements < 0 {
		u.fail("pickle has a damaged storage")
	}
	u.push(&storage{dtype, key, elements})
}

// reduce stands for calling a callable with a tuple of arguments.
func (u *unpickler) reduce() {
	v := u.popN(2)
	f, _ := v[0].(global)
	args, ok := v[1].(tuple)
	switch {
	case !ok:
	case f == orderedDict && len(args) == 0:
		u.push(&dict{})
		return
	case f == rebuildTensor && len(args) >= 6: // storage, offset, shape, stride, requires_grad, hooks
		s, ok1 := args[0].(*storage)
		offset, ok2 := args[1].(int64)
		shape, ok3 := integers(args[2])
		stride, ok4 := integers(args[3])
		if ok1 && ok2 && ok3 && ok4 {
			u.push(&torchTensor{s, offset, shape, stride})
			return
		}
	case f == rebuildParameter && len(args) == 3: // tensor, requires_grad, hooks
		if t, ok := args[0].(*torchTensor); ok {
			u.push(t)
			return
		}
	}
	u.fail("pickle is damaged: it builds a tensor of the wrong parts")
}

// build sets an object's attributes: a state_dict's _metadata, the versions of
// modules, of which nothing is kept.
func (u *unpickler) build() {
	v := u.popN(2)
	d, ok1 := v[0].(*dict)
	_, ok2 := v[1].(*dict)
	if !ok1 || !ok2 {
		u.fail("pickle sets attributes of what is no dictionary")
	}
	u.push(d)
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
