package job

import (
	"testing"

	"sparsellm/prune"
)

func TestMethodTitle(t *testing.T) {
	for _, m := range prune.Methods() {
		if methodTitle(m.Name, false) != m.Title || methodTitle(m.Name, true) != m.Title+" as released" {
			t.Errorf("%s has the title %q", m.Name, methodTitle(m.Name, true))
		}
	}
}
