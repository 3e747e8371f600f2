package docs

import (
	"bytes"
	"flag"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the examples into the chapters")

// shown is an example in a chapter: its name, its code and what it prints.
var shown = regexp.MustCompile("(?s)<!-- (Example_\\w+) -->\n```go\n(.*?)```\n\n[^`\n]*\n\n```text\n(.*?)```\n")

// TestChaptersShowTheExamples holds the code and the output in each chapter to
// the example that runs.
func TestChaptersShowTheExamples(t *testing.T) {
	examples := readExamples(t)
	for _, name := range chapters(t) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		now := shown.ReplaceAllStringFunc(string(text), func(block string) string {
			m := shown.FindStringSubmatchIndex(block)
			example := block[m[2]:m[3]]
			e, ok := examples[example]
			if !ok {
				t.Errorf("%s: there is no %s", name, example)
				return block
			}
			delete(examples, example)
			return block[:m[4]] + e.code + block[m[5]:m[6]] + e.output + block[m[7]:]
		})
		if now == string(text) {
			continue
		}
		if !*update {
			t.Errorf("%s shows other code or output than its example has; go test ./docs -update mends it (-shown +now):\n%s", name, cmp.Diff(string(text), now))
		} else if err := os.WriteFile(name, []byte(now), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for name := range examples {
		t.Errorf("no chapter shows %s", name)
	}
}

func chapters(t *testing.T) []string {
	names, err := filepath.Glob("*.md")
	if err != nil || len(names) < 7 {
		t.Fatalf("chapters %v: %v", names, err)
	}
	return names
}

type example struct{ code, output string }

// readExamples returns the bodies of the examples, as they stand in the
// source, and what they print.
func readExamples(t *testing.T) map[string]example {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	examples := map[string]example{}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, file, src, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		outputs := map[string]string{}
		for _, e := range doc.Examples(f) {
			outputs["Example"+e.Name] = e.Output
		}
		for _, d := range f.Decls {
			fun, ok := d.(*ast.FuncDecl)
			if !ok || !strings.HasPrefix(fun.Name.Name, "Example_") {
				continue
			}
			code := src[set.Position(fun.Body.Lbrace).Offset+1 : set.Position(fun.Body.Rbrace).Offset]
			if i := bytes.LastIndex(code, []byte("\t// Output:")); i >= 0 {
				code = code[:i]
			}
			lines := strings.Split(strings.TrimPrefix(string(code), "\n"), "\n")
			for i, l := range lines {
				lines[i] = strings.TrimPrefix(l, "\t")
			}
			examples[fun.Name.Name] = example{strings.Join(lines, "\n"), outputs[fun.Name.Name]}
		}
	}
	return examples
}

// fenced is a block of code.
var fenced = regexp.MustCompile("(?s)\n```.*?\n```\n")

// pictures are the folders that have some, and how many bytes one may take.
var pictures = map[string]int64{"figures": 100_000, "screenshots": 300_000}

// links are Markdown's, to pictures too, each with the heading that it goes to.
var links = regexp.MustCompile(`\]\(([^)#\s]*)(?:#([^)\s]+))?\)`)

// TestLinks holds every link between files to a file, and a heading, that is
// there, and the pictures to a size that a page can take.
func TestLinks(t *testing.T) {
	for _, name := range append(chapters(t), "../README.md", "../CONTRIBUTING.md", "../CHANGELOG.md") {
		text := readPage(t, name)
		for _, m := range links.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			to := name
			if m[1] != "" {
				to = path.Join(path.Dir(name), m[1])
			}
			info, err := os.Stat(filepath.FromSlash(to))
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if most, picture := pictures[path.Base(path.Dir(to))]; picture && info.Size() > most {
				t.Errorf("%s: %s takes %d bytes", name, to, info.Size())
			}
			if m[2] != "" && !slices.Contains(headings(readPage(t, to)), m[2]) {
				t.Errorf("%s: %s has no heading #%s", name, to, m[2])
			}
		}
	}
}

func readPage(t *testing.T, name string) string {
	text, err := os.ReadFile(filepath.FromSlash(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// headings returns what a page's headings are linked by.
func headings(text string) (all []string) {
	for _, line := range strings.Split(fenced.ReplaceAllString(text, ""), "\n") {
		if title := strings.TrimLeft(line, "#"); title != line {
			title = strings.Map(func(r rune) rune {
				switch {
				case r == ' ':
					return '-'
				case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
					return unicode.ToLower(r)
				}
				return -1
			}, strings.TrimSpace(title))
			all = append(all, title)
		}
	}
	return all
}

// TestIndex holds README of this folder to all pages.
func TestIndex(t *testing.T) {
	index := readPage(t, "README.md")
	for _, name := range chapters(t) {
		if name != "README.md" && !strings.Contains(index, "]("+name+")") {
			t.Errorf("the index has no %s", name)
		}
	}
}
