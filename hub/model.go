package hub

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
)

// modelFiles are what a model's folder holds besides weights: its config and
// what a tokenizer is loaded from.
var modelFiles = []string{
	"config.json", "generation_config.json",
	"tokenizer.json", "tokenizer_config.json", "tokenizer.model",
	"vocab.json", "merges.txt", "special_tokens_map.json", "added_tokens.json",
	"chat_template.jinja", "LICENSE*", "NOTICE*",
}

// Model returns the folder of the model ORG/NAME: the snapshot in the cache,
// else one that is downloaded, with its safetensors or, where it has none,
// its pytorch_model.bin.
func (c *Client) Model(ctx context.Context, id string) (dir string, err error) {
	if !IsID(id) {
		return "", fmt.Errorf("hub: %q is no name of a model, ORG/NAME", id)
	}
	return c.snapshot(ctx, repo{"models", id, "main"}, chooseModel)
}

// Config returns a folder with the config.json of the model ORG/NAME, and perhaps
// nothing else: of the cache, else downloaded to it.
func (c *Client) Config(ctx context.Context, id string) (dir string, err error) {
	if !IsID(id) {
		return "", fmt.Errorf("hub: %q is no name of a model, ORG/NAME", id)
	}
	return c.snapshot(ctx, repo{"models", id, "main"}, func(names []string) ([]string, error) {
		if !slices.Contains(names, "config.json") {
			return nil, errors.New("has no config.json: it is no model")
		}
		return []string{"config.json"}, nil
	})
}

// chooseModel picks a model's files, the large ones last.
func chooseModel(names []string) ([]string, error) {
	if !slices.Contains(names, "config.json") {
		return nil, errors.New("has no config.json: it is no model")
	}
	var chosen []string
	for _, name := range names {
		for _, pattern := range modelFiles {
			if ok, _ := path.Match(pattern, name); ok { // none is malformed
				chosen = append(chosen, name)
			}
		}
	}
	weights, err := chooseWeights(names)
	return append(chosen, weights...), err
}

func chooseWeights(names []string) ([]string, error) {
	for _, w := range [][2]string{{"model", "safetensors"}, {"pytorch_model", "bin"}} {
		whole := w[0] + "." + w[1]
		if slices.Contains(names, whole) {
			return []string{whole}, nil
		}
		index := whole + ".index.json"
		if !slices.Contains(names, index) {
			continue
		}
		chosen, count := []string{index}, 0
		for _, name := range names {
			var i, n int
			form := w[0] + "-%05d-of-%05d." + w[1]
			if _, err := fmt.Sscanf(name, form, &i, &n); err == nil && name == fmt.Sprintf(form, i, n) {
				chosen, count = append(chosen, name), n
			}
		}
		if len(chosen)-1 != count || count == 0 {
			return nil, fmt.Errorf("has %d of the %d parts of its weights", len(chosen)-1, count)
		}
		return chosen, nil
	}
	return nil, errors.New("has no weights as model.safetensors or pytorch_model.bin")
}
