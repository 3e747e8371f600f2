package docs

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// unknown lists for each package those of the module that it must know nothing
// of, as its doc.go says; all but, for those that stand on few.
var unknown = map[string][]string{
	"asm":                  {"all but"},
	"linalg":               {"all but", "asm"},
	"model":                {"all but", "linalg"},
	"prune":                {"all but", "linalg", "asm", "internal/activation"},
	"internal/activation":  {"all but", "linalg", "asm"},
	"internal/jinja":       {"all but"},
	"internal/llamacpp":    {"all but"},
	"internal/parquetrows": {"all but"},
	"calib/chat":           {"all but", "internal/jinja", "internal/placeholder", "internal/pyjson"},
	"internal/decoder":     {"opt", "llama", "checkpoint", "tokenizer", "calib", "hub", "prune", "pipeline", "perplexity", "plan", "report"},
	"opt":                  {"checkpoint", "tokenizer", "calib", "hub", "prune", "pipeline", "perplexity", "plan", "report"},
	"llama":                {"checkpoint", "tokenizer", "calib", "hub", "prune", "pipeline", "perplexity", "plan", "report"},
	"arch":                 {"checkpoint", "tokenizer", "calib", "hub", "prune", "pipeline", "perplexity", "plan", "report"},
	"checkpoint":           {"arch", "opt", "llama", "tokenizer", "calib", "hub", "prune", "pipeline", "perplexity", "plan", "report"},
	"tokenizer":            {"model", "arch", "opt", "llama", "calib", "hub", "prune", "pipeline", "perplexity", "plan", "report"},
	"calib":                {"model", "arch", "opt", "llama", "tokenizer", "hub", "prune", "pipeline", "perplexity", "plan", "report"},
	"hub":                  {"model", "arch", "opt", "llama", "tokenizer", "calib", "prune", "pipeline", "perplexity", "plan", "report"},
	"perplexity":           {"checkpoint", "tokenizer", "calib", "hub", "prune", "pipeline", "plan", "report"},
	"recovery":             {"all but", "linalg", "model"},
	"packed":               {"all but", "asm", "linalg", "model"},
	"metrics":              {"all but"},
	"generate":             {"all but", "linalg", "model"},
	"likelihood":           {"all but", "linalg", "model"},
	"tasks":                {"all but", "likelihood", "metrics"},
	"pipeline":             {"checkpoint", "internal/decoder", "internal/architecture", "arch", "opt", "llama", "tokenizer", "calib", "hub", "perplexity", "plan", "report"},
	"plan":                 {"checkpoint", "internal/decoder", "internal/architecture", "arch", "opt", "llama", "tokenizer", "calib", "hub", "report"},
	"report":               {"checkpoint", "model", "arch", "opt", "llama", "tokenizer", "calib", "hub", "prune", "pipeline", "perplexity", "plan"},
	"inspect":              {"model", "opt", "llama", "tokenizer", "calib", "hub", "pipeline", "perplexity", "plan", "report"},
	"job":                  {"asm/asmtest", "internal/decoder", "internal/architecture", "opt", "llama"},
}

// TestImports holds the packages to what they must not know.
func TestImports(t *testing.T) {
	for pkg, not := range unknown {
		files, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(pkg), "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("package %s has no files: %v", pkg, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range f.Imports {
				name, err := strconv.Unquote(i.Path.Value)
				if err != nil {
					t.Fatal(err)
				}
				of, ours := strings.CutPrefix(name, "sparsellm/")
				if !ours {
					if strings.HasPrefix(name, "github.com/parquet-go/") && pkg != "internal/parquetrows" {
						t.Errorf("%s imports %s, which package internal/parquetrows alone is to know", file, name)
					}
					continue
				}
				known := !slices.Contains(not, of)
				if not[0] == "all but" {
					known = !known
				}
				if !known || of == "job" || strings.HasPrefix(of, "cmd/") {
					t.Errorf("%s imports %s, of which package %s is to know nothing", file, of, pkg)
				}
			}
		}
	}
}
