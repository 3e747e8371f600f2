package checkpoint

import (
	"encoding/json"
	"fmt"
	"strings"

	"sparsellm/internal/architecture"
)

// wrapperParts are what PyTorch's wrappers put between the dots of a tensor's
// name, wherever the wrapped module stands. No model has a module so named.
var wrapperParts = map[string]bool{
	"_orig_mod":                  true, // torch.compile
	"_fsdp_wrapped_module":       true,
	"_checkpoint_wrapped_module": true,
	"_forward_module":            true, // Lightning with DeepSpeed
}

// unwrap gives the tensors the names that transformers has, where a wrapper
// (DataParallel's "module.", torch.compile's "_orig_mod.", PEFT's
// "base_model.model.", a training script's own) has changed them. A prefix goes
// if every tensor has it.
func (c *Checkpoint) unwrap() error {
	renamed := map[*tensor]string{}
	for _, name := range c.names {
		renamed[c.byName[name]] = withoutWrappers(name)
	}
	prefix := wrapperPrefix(renamed, c.modelType())
	if prefix != "" {
		var with, without int
		stray := ""
		for _, t := range c.inOrder() {
			if name := renamed[t]; strings.HasPrefix(name, prefix) {
				with++
			} else if without++; stray == "" {
				stray = name
			}
		}
		switch {
		case without > 0 && c.hasText() && architecture.OfLarger(prefix):
			prefix = ""
		case without > 0:
			c.wrapped = fmt.Errorf("checkpoint: %d tensors have the prefix %q and %d, such as %q, have not: save the language model by itself, under the names that transformers gives it", with, prefix, without, stray)
			prefix = ""
		}
	}
	first := ""
	byName, names := map[string]*tensor{}, []string{}
	for _, t := range c.inOrder() {
		name := strings.TrimPrefix(renamed[t], prefix)
		if other := byName[name]; other != nil {
			return fmt.Errorf("checkpoint: without what wrappers put before them, the tensors %q and %q are both %q: remove one", other.name, t.name, name)
		}
		byName[name] = t
		names = append(names, name)
		if name != t.name && first == "" {
			first = fmt.Sprintf("%q as %q", t.name, name)
		}
	}
	if first == "" {
		return nil
	}
	c.byName, c.names = byName, names
	for _, s := range c.shards {
		s.header = nil // has the other names
	}
	for name, t := range byName {
		t.name = name
	}
	c.remark("the tensors' names are read, and written, without what a wrapper put before them: %s", first)
	return nil
}

// inOrder returns the tensors in the order of c.names.
func (c *Checkpoint) inOrder() []*tensor {
	var all []*tensor
	for _, name := range c.names {
		all = append(all, c.byName[name])
	}
	return all
}

// withoutWrappers drops wrapperParts from a name.
func withoutWrappers(name string) string {
	parts := strings.Split(name, ".")
	kept := parts[:0:0]
	for _, p := range parts {
		if !wrapperParts[p] {
			kept = append(kept, p)
		}
	}
	if len(kept) == len(parts) || len(kept) == 0 {
		return name
	}
	return strings.Join(kept, ".")
}

// modelType returns that of config.json; empty if it has none.
func (c *Checkpoint) modelType() string {
	var config struct {
		Type string `json:"model_type"`
	}
	_ = json.Unmarshal(c.config, &config) // who reads it says what is wrong with it
	return config.Type
}

// hasText says whether config.json is that of a larger model with a language
// model within.
func (c *Checkpoint) hasText() bool {
	var config struct {
		Text map[string]json.RawMessage `json:"text_config"`
	}
	return json.Unmarshal(c.config, &config) == nil && config.Text != nil
}

// wrapperPrefix returns what stands before the name of the one tensor of word
// embeddings of a model_type, or "" where there is none, or several.
func wrapperPrefix(names map[*tensor]string, kind string) string {
	prefix, found := "", 0
	for _, name := range names {
		for _, a := range architecture.Anchors(kind) {
			if rest, ok := strings.CutSuffix(name, a); ok && (rest == "" || strings.HasSuffix(rest, ".")) {
				prefix = rest
				found++
				break
			}
		}
	}
	if found != 1 {
		return ""
	}
	return prefix
}
