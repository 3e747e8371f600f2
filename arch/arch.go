package arch

import (
	"fmt"
	"strings"

	"sparsellm/internal/architecture"
	"sparsellm/internal/decoder"
	"sparsellm/linalg"
	"sparsellm/model"
)

// Open returns the model that the text of a config.json describes, with its
// tensors from src. A src that can Check whether its tensors are weights as they
// are, as a checkpoint.Checkpoint can, must find that they are.
func Open[T linalg.Float](config []byte, src model.Source) (model.Model[T], error) {
	if c, ok := src.(interface{ Check() error }); ok {
		if err := c.Check(); err != nil {
			return nil, err
		}
	}
	a, d, err := describe(config)
	if err != nil {
		return nil, err
	}
	return decoder.Open[T](a, d, src)
}

// Slots returns where the matrices of the blocks lie of the model that the text of
// a config.json describes, in the order of the data, and the tensors of its word
// embeddings and head, which may be one.
func Slots(config []byte, src model.Source) (matrices []model.Slot, tables []string, err error) {
	a, d, err := describe(config)
	if err != nil {
		return nil, nil, err
	}
	return decoder.Slots(a, d, src)
}

// Config returns what the text of a config.json says of a model's shape.
func Config(config []byte) (model.Config, error) {
	_, d, err := describe(config)
	return d.Config, err
}

// NeedsBOS says whether models of that model_type are nearly lost on a text that
// does not begin with their BOS token.
func NeedsBOS(kind string) bool {
	a, ok := architecture.Named(kind)
	return ok && a.NeedsBOS
}

// Titles returns what the architectures are called that can be opened, in the
// order of their model_types.
func Titles() []string {
	var titles []string
	for _, a := range architecture.All() {
		titles = append(titles, a.Title)
	}
	return titles
}

// InBlock reports whether the tensor of that name belongs to a decoder block.
func InBlock(tensor string) bool {
	_, ok := architecture.BlockOf(tensor)
	return ok
}

// describe finds the architecture of a config.json and has it read.
func describe(config []byte) (*decoder.Architecture, decoder.Description, error) {
	f, err := decoder.ParseConfig(config)
	if err != nil {
		return nil, decoder.Description{}, fmt.Errorf("arch: %w", err)
	}
	kind, f := architecture.Language(f)
	if a, ok := architecture.Named(kind); ok {
		d, err := a.Read(f)
		return &a, d, err
	}
	f.RefuseWrapped()
	if kind == "" {
		f.Fail("has no model_type")
	}
	var types []string
	for _, a := range architecture.All() {
		types = append(types, a.Type)
	}
	f.Fail("model_type %q is not supported; it is one of %s", kind, strings.Join(types, ", "))
	return nil, decoder.Description{}, fmt.Errorf("arch: %w", f.Err())
}
