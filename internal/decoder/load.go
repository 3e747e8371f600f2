package decoder

import (
	"fmt"
	"slices"

	"sparsellm/linalg"
	"sparsellm/model"
)

// Loader loads tensors of the shapes that a config implies. The first that is
// missing or of another shape sets the error that Err returns, and what is
// loaded after it is empty.
type Loader[T linalg.Float] struct {
	src   model.Source
	check bool
	err   error
}

// NewLoader returns a loader from src.
func NewLoader[T linalg.Float](src model.Source) *Loader[T] { return &Loader[T]{src: src} }

// NewChecker returns a loader that looks at shapes and reads nothing.
func NewChecker[T linalg.Float](src model.Source) *Loader[T] {
	return &Loader[T]{src: src, check: true}
}

// Err returns what was wrong with the first tensor that could not be loaded.
func (l *Loader[T]) Err() error { return l.err }

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

// Linear loads the out × in matrix prefix+name+".weight" and, if bias, the
// vector prefix+name+".bias".
func (l *Loader[T]) Linear(prefix, name string, site model.Site, out, in int, bias bool) *model.Linear[T] {
	lin := &model.Linear[T]{Name: name, Tensor: prefix + name + ".weight", Site: site}
	lin.Weight = l.Matrix(lin.Tensor, out, in)
	if bias {
		lin.Bias = l.Vector(prefix+name+".bias", out)
	}
	return lin
}

func (l *Loader[T]) load(name string, shape ...int) []T {
	if l.err != nil {
		return nil
	}
	got, ok := l.src.Shape(name)
	if !ok {
		l.err = fmt.Errorf("the model has no tensor %s", name)
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
