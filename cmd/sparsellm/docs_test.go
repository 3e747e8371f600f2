package main

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what commands print into the chapters")

// printed is a command in a chapter and what it prints.
var printed = regexp.MustCompile("(?s)```sh\n(sparsellm [^`]*)```\n\nIt prints\n\n```text\n(.*?)```\n")

// TestDocs runs the commands of the course that show what they print, from the
// repository's root, and holds the chapters to it.
func TestDocs(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	names, err := filepath.Glob(filepath.Join("docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, name := range names {
		text := string(read(t, name))
		now := printed.ReplaceAllStringFunc(text, func(block string) string {
			ran++
			m := printed.FindStringSubmatchIndex(block)
			args := strings.Fields(strings.ReplaceAll(block[m[2]:m[3]], "\\\n", " "))
			return block[:m[4]] + must(t, append(args[1:], "--quiet")...) + block[m[5]:]
		})
		switch {
		case now == text:
		case !*update:
			t.Errorf("%s shows something else than its commands print; go test ./cmd/sparsellm -run TestDocs -update mends it (-shown +printed):\n%s", name, cmp.Diff(text, now))
		default:
			if err := os.WriteFile(name, []byte(now), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	if ran == 0 {
		t.Error("no chapter shows what a command prints")
	}
}
