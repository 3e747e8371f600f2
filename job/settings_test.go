package job

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sparsellm/prune"
)

// full are settings each of which says something.
func full() Settings {
	s := Default()
	s.Version, s.CPU, s.Threads, s.Arch, s.SampleLen = "1", "avx2", 3, "opt", 64
	s.Model, s.Tokenizer, s.DataDir, s.SeqLen, s.Windows = "m<1>", "t", "d", 32, 7
	s.Out, s.Calib, s.Seed, s.Layers, s.Allocate = "o", "c", 5, "1:2", "owl"
	s.Epochs, s.Alpha, s.Beta, s.Gamma = 3, 0.1, 1, 2
	s.Field, s.Template, s.Pack, s.Values, s.Head = "a,b", "0f", true, "q8", "q4"
	s.BOS, s.Tasks, s.TaskData, s.Limit, s.Shots, s.ShotsFrom = "no", []string{"boolq"}, "r", 3, 2, "e"
	s.Writing.Template, s.Stop, s.MaxTokens, s.Against = "{source}", []string{"."}, 9, "b"
	s.Only, s.Skip = regexp.MustCompile("a<b|c"), regexp.MustCompile(`fc1$`)
	return s
}

func keys(t *testing.T, text []byte) (all []string) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	for depth := 0; ; {
		token, err := d.Token()
		if err != nil {
			return all
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		default:
			if depth == 1 {
				all = append(all, token.(string))
				var value json.RawMessage
				if err := d.Decode(&value); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// TestSettingsInOrder holds JSON to the order of docs/json.md.
func TestSettingsInOrder(t *testing.T) {
	page, err := os.ReadFile("../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "## settings")
	table, _, _ = strings.Cut(table, "\n## ")
	documented := func(left ...string) (all []string) {
		for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)`").FindAllStringSubmatch(table, -1) {
			if !strings.Contains(" "+strings.Join(left, " ")+" ", " "+m[1]+" ") {
				all = append(all, m[1])
			}
		}
		return all
	}
	marshal := func(v any) []byte {
		t.Helper()
		var text bytes.Buffer
		e := json.NewEncoder(&text)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil {
			t.Fatal(err)
		}
		return text.Bytes()
	}
	s := full()
	one := marshal(s)
	if diff := cmp.Diff(documented("pattern", "methods", "sparsities"), keys(t, one)); diff != "" {
		t.Errorf("settings (-page +JSON):\n%s", diff)
	}
	for _, want := range []string{`"model":"m<1>"`, `"sparsity":0.5,`, `"only":"a<b|c"`, `"skip":"fc1$"`} {
		if !strings.Contains(string(one), want) {
			t.Errorf("%s lacks %s", one, want)
		}
	}
	s.Pattern = prune.Pattern{Keep: 1, Of: 4}
	if two := marshal(s); !strings.Contains(string(two), `"sparsity":0.75,"pattern":"1:4",`) {
		t.Errorf("of a pattern: %s", two)
	}
	s.Pattern, s.Method, s.Local, s.Methods, s.Targets = prune.Pattern{}, "", "", []string{"wanda"}, []string{"0.5"}
	if diff := cmp.Diff(documented("method", "local", "sparsity", "pattern"), keys(t, marshal(s))); diff != "" {
		t.Errorf("settings of a comparison (-page +JSON):\n%s", diff)
	}
	s.Calib = ""
	if diff := cmp.Diff(documented()[:22], keys(t, marshal(s))); diff != "" {
		t.Errorf("settings of an evaluation (-page +JSON):\n%s", diff)
	}
}

// TestIdentity: what the weights do not depend on changes nothing, all else does.
func TestIdentity(t *testing.T) {
	rows := [][]int{{1, 2}, {3}}
	id := func(change func(s *Settings), rows [][]int) string {
		s := full()
		change(&s)
		text, err := s.identity(rows)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	was := id(func(*Settings) {}, rows)
	for name, change := range map[string]func(s *Settings){
		"threads": func(s *Settings) { s.Threads++ }, "out": func(s *Settings) { s.Out = "" },
		"memory": func(s *Settings) { s.Memory = "1GB" }, "field": func(s *Settings) { s.Field, s.Template, s.Pack = "", "", false }, "calib": func(s *Settings) { s.Calib, s.Samples, s.Seed = "x", 9, 9 },
		"model": func(s *Settings) { s.Model = "x" }, "eval": func(s *Settings) { s.Eval, s.Windows = []string{"x"}, 1 },
	} {
		if id(change, rows) != was {
			t.Errorf("%s changes the identity", name)
		}
	}
	for name, change := range map[string]func(s *Settings){
		"version": func(s *Settings) { s.Version = "2" }, "cpu": func(s *Settings) { s.CPU = "generic" },
		"precision": func(s *Settings) { s.Precision = "f64" }, "method": func(s *Settings) { s.Method = "wanda" },
		"sparsity": func(s *Settings) { s.Sparsity = 0.6 }, "pattern": func(s *Settings) { s.Pattern = prune.Pattern{Keep: 2, Of: 4} },
		"scope": func(s *Settings) { s.Scope = "model" }, "only": func(s *Settings) { s.Only = nil },
		"layers": func(s *Settings) { s.Layers = "0:1" }, "gamma": func(s *Settings) { s.Gamma = 3 },
		"dtype": func(s *Settings) { s.DType = "f16" }, "keep_mask": func(s *Settings) { s.KeepMask = true },
	} {
		now := id(change, rows)
		if now == was {
			t.Errorf("%s does not change the identity", name)
		}
		if d, err := differences([]byte(was), []byte(now)); err != nil || !strings.Contains(d, name+" was ") {
			t.Errorf("%s: %q, %v", name, d, err)
		}
	}
	if id(func(*Settings) {}, rows[:1]) == was {
		t.Error("samples do not change the identity")
	}
}
