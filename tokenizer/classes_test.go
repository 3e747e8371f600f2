package tokenizer

import (
	"testing"

	"sparsellm/internal/architecture"
)

// TestModelClasses wants of every architecture a class that is known: without
// one, ids would silently be those of no class.
func TestModelClasses(t *testing.T) {
	for _, a := range architecture.All() {
		s := settings{modelType: a.Type}
		if err := s.setClass(); err != nil || s.class.names == nil {
			t.Errorf("%s: class %q, %v", a.Type, s.class.names, err)
		}
		if _, known := classNamed(a.Tokenizer5); !known && a.Tokenizer5 != "" {
			t.Errorf("%s: the class %q of transformers 5 is not known", a.Type, a.Tokenizer5)
		}
	}
}
