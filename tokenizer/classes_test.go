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
		if err := s.setClass(); err != nil || s.Class == "" {
			t.Errorf("%s: class %q, %v", a.Type, s.Class, err)
		}
	}
}
