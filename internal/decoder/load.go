package decoder

import (
	"cmp"
	"fmt"
	"slices"

	"sparsellm/linalg"
	"sparsellm/model"
)

// Loader loads tensors of the shapes that a config implies. The first that is
// missing or of another shape sets the error that Err returns, and what is
// loaded after it is empty. A checker goes on, and counts those that are missing.
type Loader[T linalg.Float] struct {
	src         model.Source
	prefix      string // of the tensors of the block that is loaded
	check       bool
	asked, lost int    // tensors
	first       string // of those lost
	err         error
}

// NewLoader returns a loader from src.
func NewLoader[T linalg.Float](src model.Source) *Loader[T] { return &Loader[T]{src: src} }

// NewChecker returns a loader that looks at shapes and reads nothing.
func NewChecker[T linalg.Float](src model.Source) *Loader[T] {
	return &Loader[T]{src: src, check: true}
}

// Err returns what was wrong with the first tensor that could not be loaded;
// that some are missing, before that one has another shape.
func (l *Loader[T]) Err() error {
	switch {
	case l.lost == 0:
		return l.err
	case l.lost == 1:
		return fmt.Errorf("the model has no tensor %s%s", l.first, l.instead())
	}
	return fmt.Errorf("the model lacks %d of the %d tensors that config.json implies, the first of them %s%s", l.lost, l.asked, l.first, l.instead())
}

// instead names a tensor that the source has where nearly nothing was found, as
// under the names of another library.
func (l *Loader[T]) instead() string {
	src, ok := l.src.(interface{ Names() []string })
	if !ok || l.lost <= l.asked/2 {
		return ""
	}
	names := src.Names()
	if len(names) == 0 {
		return "; it has none at all"
	}
	return fmt.Sprintf("; what it has is named like %s", names[len(names)/2])
}

// Vector loads a tensor of n elements.
func (l *Loader[T]) Vector(name string, n int) []T { return l.load(name, n) }

// Matrix loads a rows × cols tensor.
func (l *Loader[T]) Matrix(name string, rows, cols int) linalg.Matrix[T] {
	data := l.load(name, rows, cols)
	if data == nil {
		return linalg.Matrix[T]{}
	}
	return linalg.MatrixOf(rows, cols, data)
}

// Linear loads the outputs × inputs matrix of desc, and its bias if it has one,
// of the block whose tensors begin with the loader's prefix.
func (l *Loader[T]) Linear(desc LinearDescription, outputs, inputs int) *model.Linear[T] {
	tensor := l.prefix + cmp.Or(desc.Tensor, desc.Name)
	lin := &model.Linear[T]{Name: desc.Name, Slot: model.Whole(tensor + ".weight")}
	lin.Slot.Transposed = desc.Transposed
	all := outputs // of the tensor
	if desc.Of > 0 {
		all = desc.Of
		lin.Slot.First, lin.Slot.Outputs = desc.First, outputs
	}
	lin.Weight = l.weight(lin.Slot, all, outputs, inputs)
	if bias := tensor + ".bias"; desc.Bias && desc.Of == 0 {
		lin.Bias = l.Vector(bias, outputs)
	} else if desc.Bias {
		if whole := l.Vector(bias, all); whole != nil {
			lin.Bias = whole[desc.First : desc.First+outputs]
		}
	}
	return lin
}

// weight loads the outputs × inputs matrix in a slot of a tensor with outputs
// all, in the source's own form where it has one.
func (l *Loader[T]) weight(at model.Slot, all, outputs, inputs int) model.Weight[T] {
	if own := l.own(at, outputs, inputs); own != nil {
		return own
	}
	return model.Dense[T]{Matrix: l.dense(at, all, outputs, inputs)}
}

// own loads a matrix in the source's own form; nil where it has none.
func (l *Loader[T]) own(at model.Slot, outputs, inputs int) model.Weight[T] {
	src, ok := l.src.(model.WeightSource)
	if !ok || l.check || l.err != nil || l.lost > 0 {
		return nil
	}
	if _, ok := any(T(0)).(float32); !ok {
		return nil // more digits are asked for than it may compute with
	}
	w, ok, err := src.Weight(at, outputs, inputs)
	if err != nil {
		l.err = err
	}
	if !ok || err != nil {
		return nil
	}
	if w.Outputs() != outputs || w.Inputs() != inputs {
		l.err = fmt.Errorf("the matrix in %v is %d × %d; by config.json it must be %d × %d", at, w.Outputs(), w.Inputs(), outputs, inputs)
		return nil
	}
	return any(w).(model.Weight[T])
}

// dense loads the numbers of a matrix in a slot.
func (l *Loader[T]) dense(at model.Slot, all, outputs, inputs int) linalg.Matrix[T] {
	if !at.Transposed {
		m := l.Matrix(at.Tensor, all, inputs)
		if m.Rows == 0 || all == outputs {
			return m
		}
		return m.Slice(at.First, at.First+outputs, 0, inputs).Clone() // or else all of it would stay in memory
	}
	t := l.Matrix(at.Tensor, inputs, all)
	if t.Rows == 0 {
		return t
	}
	m := linalg.NewMatrix[T](outputs, inputs)
	for j := range inputs {
		for i, v := range t.Row(j)[at.First : at.First+outputs] {
			m.Set(i, j, v)
		}
	}
	return m
}

func (l *Loader[T]) load(name string, shape ...int) []T {
	if (l.err != nil || l.lost > 0) && !l.check {
		return nil
	}
	l.asked++
	got, ok := l.src.Shape(name)
	if !ok {
		if l.lost++; l.lost == 1 {
			l.first = name
		}
		return nil
	}
	if l.err != nil {
		return nil
	}
	if !slices.Equal(got, shape) {
		l.err = fmt.Errorf("tensor %s has the shape %v; by config.json it must be %v", name, got, shape)
		return nil
	}
	if l.check {
		return nil
	}
	n := 1
	for _, d := range shape {
		n *= d
	}
	data := make([]T, n)
	var err error
	switch d := any(data).(type) {
	case []float32:
		err = l.src.ReadFloat32(name, d)
	case []float64:
		err = l.src.ReadFloat64(name, d)
	}
	if err != nil {
		l.err = err
		return nil
	}
	return data
}
