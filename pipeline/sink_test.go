package pipeline

import (
	"sparsellm/checkpoint"
	"sparsellm/linalg"
	"sparsellm/model"
)

// storing is a sink that rounds nothing.
type storing[T linalg.Float] func(tensor string, w linalg.Matrix[T]) error

func (f storing[T]) Store(at model.Slot, w linalg.Matrix[T]) error { return f(at.Tensor, w) }
func (f storing[T]) Round(model.Slot, linalg.Matrix[T])            {}

// nowhere is a sink that keeps nothing.
func nowhere[T linalg.Float]() model.Sink[T] {
	return storing[T](func(string, linalg.Matrix[T]) error { return nil })
}

// keeping is a sink that keeps copies in a map.
func keeping(stored map[string]linalg.Matrix[float32]) model.Sink[float32] {
	return storing[float32](func(tensor string, w linalg.Matrix[float32]) error {
		stored[tensor] = w.Clone()
		return nil
	})
}

// lay stores all of a tensor.
func lay[T linalg.Float](over *checkpoint.Overlay, tensor string, data []T) error {
	rows := 1
	if shape, ok := over.Shape(tensor); ok && len(shape) > 1 {
		rows = shape[0]
	}
	return checkpoint.SinkOf[T](over).Store(model.Whole(tensor), linalg.MatrixOf(rows, len(data)/rows, data))
}
