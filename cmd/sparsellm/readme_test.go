package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestREADME parses every command line of README, so that none has a flag or a
// subcommand that there is not.
func TestREADME(t *testing.T) {
	text := string(read(t, filepath.Join("..", "..", "README.md")))
	commands := 0
	for i, block := range strings.Split(text, "```") {
		body, shell := strings.CutPrefix(block, "sh\n")
		if i%2 == 0 || !shell {
			continue
		}
		for _, line := range strings.Split(strings.ReplaceAll(body, "\\\n", " "), "\n") {
			args := strings.Fields(line)
			if len(args) == 0 || args[0] != "sparsellm" {
				continue
			}
			commands++
			root := newRoot(newConsole(nil, nil, nil))
			cmd, rest, err := root.Find(args[1:])
			if err == nil {
				err = cmd.ParseFlags(rest)
			}
			if err == nil && cmd == root {
				err = os.ErrNotExist
			}
			if err == nil {
				err = cmd.ValidateArgs(cmd.Flags().Args())
			}
			if err != nil {
				t.Errorf("%s: %v", line, err)
			}
		}
	}
	if commands < 4 {
		t.Errorf("found %d commands", commands)
	}
	// The quick start stays one of two commands, one for the demonstration and
	// one for the tests.
	start, _, _ := strings.Cut(text[strings.Index(text, "## Quick start"):], "\n## ")
	for _, want := range []string{"go install ./cmd/sparsellm\n", "\nsparsellm demo\n", "\ngo test ./...\n"} {
		if !strings.Contains(start, want) {
			t.Errorf("the quick start lacks %q", want)
		}
	}
}
