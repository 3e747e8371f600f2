package arch

import (
	"fmt"
	"strings"

	"sparsellm/internal/architecture"
	"sparsellm/internal/decoder"
	"sparsellm/linalg"
	"sparsellm/llama"
	"sparsellm/model"
	"sparsellm/opt"
)

// opener opens a model of a family.
type opener[T linalg.Float] func(config []byte, src model.Source) (model.Model[T], error)

// families are the packages that run them.
var families = map[architecture.Family]struct {
	config func(config []byte) (model.Config, error)
	single opener[float32]
	double opener[float64]
}{
	architecture.OPT:   {opt.Config, opt.Open[float32], opt.Open[float64]},
	architecture.LLaMA: {llama.Config, llama.Open[float32], llama.Open[float64]},
}

// Open returns the model that the text of a config.json describes, with its
// tensors from src. A src that can Check whether its tensors are weights as they
// are, as a checkpoint.Checkpoint can, must find that they are.
func Open[T linalg.Float](config []byte, src model.Source) (model.Model[T], error) {
	if c, ok := src.(interface{ Check() error }); ok {
		if err := c.Check(); err != nil {
			return nil, err
		}
	}
	a, err := architectureOf(config)
	if err != nil {
		return nil, err
	}
	family := families[a.Family]
	if open, ok := any(family.single).(opener[T]); ok {
		return open(config, src)
	}
	return any(family.double).(opener[T])(config, src)
}

// Config returns what the text of a config.json says of a model's shape.
func Config(config []byte) (model.Config, error) {
	a, err := architectureOf(config)
	if err != nil {
		return model.Config{}, err
	}
	return families[a.Family].config(config)
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

// architectureOf returns the supported architecture of a config.json.
func architectureOf(config []byte) (architecture.Architecture, error) {
	c, err := decoder.ParseConfig(config)
	if err != nil {
		return architecture.Architecture{}, fmt.Errorf("arch: %w", err)
	}
	kind := c.String("model_type", "")
	if a, ok := architecture.Named(kind); ok {
		return a, nil
	}
	c.RefuseWrapped()
	if kind == "" {
		c.Fail("has no model_type")
	}
	c.Fail("model_type %q is not supported; it is one of %s", kind, strings.Join(architecture.Types(""), ", "))
	return architecture.Architecture{}, fmt.Errorf("arch: %w", c.Err())
}
