package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// quoted is an argument in quotes, which stands for one word.
var quoted = regexp.MustCompile(`"[^"]*"|'[^']*'`)

// shellLines are the lines of the shell blocks of a page that call sparsellm,
// installed or by go run: its arguments.
func shellLines(page string) (lines [][]string) {
	for i, block := range strings.Split(page, "```") {
		body, shell := strings.CutPrefix(block, "sh\n")
		if i%2 == 0 || !shell {
			continue
		}
		for _, line := range strings.Split(strings.ReplaceAll(body, "\\\n", " "), "\n") {
			line, _, _ = strings.Cut(line, " > ")
			line = quoted.ReplaceAllString(line, "text")
			args := strings.Fields(strings.Replace(line, "go run ./cmd/sparsellm", "sparsellm", 1))
			if len(args) > 0 && args[0] == "sparsellm" {
				lines = append(lines, args[1:])
			}
		}
	}
	return lines
}

// TestPagesCommands parses every command line of README and of docs, so that
// none has a flag or a subcommand that there is not.
func TestPagesCommands(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join("..", "..", "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	commands := 0
	for _, page := range append(pages, filepath.Join("..", "..", "README.md")) {
		for _, args := range shellLines(string(read(t, page))) {
			commands++
			root := newRoot(newConsole(nil, nil, nil))
			cmd, rest, err := root.Find(args)
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
				t.Errorf("%s: sparsellm %s: %v", page, strings.Join(args, " "), err)
			}
		}
	}
	if commands < 12 {
		t.Errorf("found %d commands", commands)
	}
}

// seconds is a time in a table, which differs from run to run.
var seconds = regexp.MustCompile(`[0-9]+\.[0-9]s\b`)

// TestREADME holds README to its length, to two commands for a start, to what
// its example prints, and to the results that it is an extract of.
func TestREADME(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	text := string(read(t, "README.md"))
	if n := strings.Count(text, "\n"); n > 150 {
		t.Errorf("README has %d lines, more than 150", n)
	}

	_, start, _ := strings.Cut(text, "\n## Start\n")
	start, _, _ = strings.Cut(start, "\n## ")
	if got := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(start, -1); len(got) != 2 ||
		got[0][1] != "go run ./cmd/sparsellm demo\n" || got[1][1] != "go test ./...\n" {
		t.Errorf("the start has other commands than go run ./cmd/sparsellm demo and go test ./...: %q", got)
	}

	printed := ""
	for _, args := range shellLines(text) {
		if len(args) > 2 && args[2] == "testdata/llama-micro" {
			for i, a := range args {
				if a == "--out" {
					args[i+1] = filepath.Join(t.TempDir(), "out")
				}
			}
			printed = must(t, append(args, "--quiet")...)
		}
	}
	_, shown, _ := strings.Cut(text, "```text\n")
	shown, _, _ = strings.Cut(shown, "```")
	same := func(s string) string { return seconds.ReplaceAllString(s, "0.0s") }
	if !strings.HasSuffix(same(printed), "\n\n"+same(shown)) {
		t.Errorf("README shows\n%swhere its command prints\n%s", shown, printed)
	}

	results := string(read(t, filepath.Join("docs", "results.md")))
	_, table, _ := strings.Cut(text, "\n## Results\n")
	table, _, _ = strings.Cut(table, "\n## ")
	rows := 0
	for _, line := range strings.Split(table, "\n") {
		if strings.HasPrefix(line, "|") && !strings.HasPrefix(line, "|--") {
			if rows++; !strings.Contains(results, "\n"+line+"\n") {
				t.Errorf("docs/results.md has no %s", line)
			}
		}
	}
	if rows < 5 {
		t.Errorf("found %d rows of results", rows)
	}
}
