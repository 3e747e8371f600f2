package main

import (
	"path/filepath"
	"strings"
	"testing"

	"sparsellm/arch"
	"sparsellm/prune"
)

// TestLists wants every architecture and every method where a reader looks for
// what there is.
func TestLists(t *testing.T) {
	readme := string(read(t, filepath.Join("..", "..", "README.md")))
	root, help, compare := must(t, "--help"), must(t, "prune", "--help"), must(t, "compare", "--help")
	for where, text := range map[string]string{"README": readme, "the help": root} {
		for _, title := range arch.Titles() {
			if !strings.Contains(text, title) {
				t.Errorf("%s does not say that there is %s", where, title)
			}
		}
	}
	for _, m := range prune.Methods() {
		for where, text := range map[string]string{"README": readme, "prune's help": help} {
			if !strings.Contains(strings.ToLower(text), m.Name) {
				t.Errorf("%s does not say that there is %s", where, m.Name)
			}
		}
		if !strings.Contains(help, "\n  "+m.Name+" ") || !strings.Contains(compare, m.Name+",") && !strings.Contains(compare, m.Name+"\n") {
			t.Errorf("a list of methods lacks %s", m.Name)
		}
	}
	for _, text := range []string{root, help} {
		for _, line := range strings.Split(text, "\n") {
			if n := len([]rune(line)); n > 80 {
				t.Errorf("%d columns: %s", n, line)
			}
		}
	}
}
