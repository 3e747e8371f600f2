package arch

import (
	"fmt"

	"sparsellm/internal/decoder"
	"sparsellm/linalg"
	"sparsellm/llama"
	"sparsellm/model"
	"sparsellm/opt"
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
	kind, err := modelType(config)
	if err != nil {
		return nil, err
	}
	if kind == "opt" {
		return opt.Open[T](config, src)
	}
	return llama.Open[T](config, src)
}

// Config returns what the text of a config.json says of a model's shape.
func Config(config []byte) (model.Config, error) {
	kind, err := modelType(config)
	if err != nil {
		return model.Config{}, err
	}
	if kind == "opt" {
		return opt.Config(config)
	}
	return llama.Config(config)
}

// modelType returns the model_type of a supported architecture.
func modelType(config []byte) (string, error) {
	c, err := decoder.ParseConfig(config)
	if err != nil {
		return "", fmt.Errorf("arch: %w", err)
	}
	kind := c.String("model_type", "")
	switch kind {
	case "opt", "llama", "mistral", "qwen2":
		return kind, nil
	}
	c.RefuseWrapped()
	if kind == "" {
		c.Fail("has no model_type")
	}
	c.Fail("model_type %q is not supported; llama, mistral, opt and qwen2 are", kind)
	return "", fmt.Errorf("arch: %w", c.Err())
}
