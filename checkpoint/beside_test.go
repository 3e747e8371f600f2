package checkpoint

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sparsellm/internal/pyjson"
)

// filesUnder returns the files below dir with slashes, sorted, and what is in
// them.
func filesUnder(t *testing.T, dir string) (names []string, text map[string]string) {
	t.Helper()
	text = map[string]string{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		b, err := os.ReadFile(p)
		names = append(names, filepath.ToSlash(rel))
		text[filepath.ToSlash(rel)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names, text
}

// talker has files beside its weights, in a folder, too.
func talker(t *testing.T, more map[string]string) string {
	files := map[string]string{
		"config.json": "{}", "model.safetensors": scalars("a", "b"),
		"tokenizer.json": "t", "chat_template.jinja": "one", "additional_chat_templates/tool_use.jinja": "two", "additional_chat_templates/rag.jinja": "three",
	}
	for name, text := range more {
		files[name] = text
	}
	return folder(t, files)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestFilesThatGoAlong(t *testing.T) {
	along := map[string]string{
		"generation_config.json": "1", "tokenizer_config.json": `{"auto_map":{"AutoTokenizer":["own.Own",null]}}`, "tokenizer.model": "3", "tokenizer.model.v3": "3", "spiece.model": "4",
		"vocab.json": "5", "vocab.txt": "6", "merges.txt": "7", "special_tokens_map.json": "8", "added_tokens.json": "9", "chat_template.json": "10",
		"preprocessor_config.json": "11", "processor_config.json": "12", "own.py": "13", "LICENSE": "14", "License.txt": "15", "NOTICE.md": "16",
		"USE_POLICY.md": "17", "sentencepiece.bpe.model": "18", "x.tiktoken": "19", "tokenizer.4.0.json": "20", "tekken.json": "21",
	}
	stay := map[string]string{
		"README.md": "x", "training_args.bin": "x", "optimizer.pt": "x", "original/tokenizer.model": "x", "additional_chat_templates/a/b.jinja": "x",
		"additional_chat_templates/notes.txt": "x", "adapter_model.bin": "x", "LICENSES/MIT": "x", "pytorch_model.bin": "x",
	}
	all := map[string]string{}
	for _, m := range []map[string]string{along, stay} {
		for k, v := range m {
			all[k] = v
		}
	}
	in, err := Open(talker(t, all))
	must(t, err)
	defer in.Close()
	dir := filepath.Join(t.TempDir(), "out")
	w, err := Create(in, dir, Options{})
	must(t, err)
	must(t, w.Commit())
	want := []string{"config.json", "model.safetensors", "tokenizer.json", "chat_template.jinja", "additional_chat_templates/tool_use.jinja", "additional_chat_templates/rag.jinja"}
	for name := range along {
		want = append(want, name)
	}
	slices.Sort(want)
	got, text := filesUnder(t, dir)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	for name, want := range along {
		if text[name] != want {
			t.Errorf("%s has %q", name, text[name])
		}
	}
	// Without an auto_map nobody loads the *.py: they are someone's scripts.
	in, err = Open(talker(t, map[string]string{"train.py": "x", "tokenizer_config.json": `{"auto_map":null}`}))
	must(t, err)
	defer in.Close()
	if names, err := carriedIn(in.dir); err != nil || slices.Contains(names, "train.py") {
		t.Errorf("%v, %v", names, err)
	}
	// A clone without Git LFS has a tokenizer.model that is none.
	in, err = Open(talker(t, map[string]string{"tokenizer.model": "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"}))
	must(t, err)
	defer in.Close()
	if _, err := Create(in, filepath.Join(t.TempDir(), "out"), Options{}); err == nil || !strings.Contains(err.Error(), "tokenizer.model only says where Git LFS") {
		t.Errorf("%v", err)
	}
}

// TestHubTakesWhatTheOutputGets compares the two uses of the one list.
func TestHubTakesWhatTheOutputGets(t *testing.T) {
	dir := talker(t, map[string]string{"LICENSE": "x", "own.py": "x", "README.md": "x", "vocab.txt": "x", "chat_template.json": "x", "tokenizer_config.json": `{"auto_map":{"a":"b"}}`})
	carried, err := carriedIn(dir)
	must(t, err)
	names, _ := filesUnder(t, dir)
	files, whole, err := Files(names, func(name string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, name)) })
	must(t, err)
	want := append([]string{"config.json", "model.safetensors"}, carried...)
	slices.Sort(want)
	slices.Sort(files)
	if diff := cmp.Diff(want, files); diff != "" || !whole {
		t.Errorf("a whole model: %v; files (-of the output +of the hub):\n%s", whole, diff)
	}
}

// TestFoldersSurviveAKill stops Commit before each of its moves, and resumes,
// aborts, or starts again: the folder within is where the run says it is.
func TestFoldersSurviveAKill(t *testing.T) {
	in, err := Open(talker(t, nil))
	must(t, err)
	defer in.Close()
	whole := []string{"additional_chat_templates/rag.jinja", "additional_chat_templates/tool_use.jinja", "chat_template.jinja", "config.json", "tokenizer.json"}
	for moves := range len(whole) + 1 {
		for _, then := range []string{"resume", "resume and abort", "force"} {
			dir := filepath.Join(t.TempDir(), "out")
			w, err := Create(in, dir, Options{})
			must(t, err)
			must(t, write(w, "b", 7))
			must(t, w.fill())
			must(t, w.writeJournal(w.names(), append(slices.Clone(whole), "model.safetensors")))
			must(t, w.close())
			for _, name := range whole[:moves] {
				must(t, os.MkdirAll(filepath.Dir(at(dir, name)), 0o777))
				must(t, os.Rename(at(w.partial, name), at(dir, name)))
			}
			switch then {
			case "force":
				w, err = Create(in, dir, Options{Force: true})
				must(t, err)
				must(t, write(w, "b", 7))
				must(t, w.Commit())
			case "resume":
				w, err = Create(in, dir, Options{Resume: true})
				must(t, err)
				if got, _ := filesUnder(t, dir); slices.ContainsFunc(got, func(n string) bool { return !strings.HasPrefix(n, partialDir) }) {
					t.Errorf("after %d moves and a resume there are %v", moves, got)
				}
				must(t, w.Commit())
			case "resume and abort":
				w, err = Create(in, dir, Options{Resume: true})
				must(t, err)
				must(t, w.Abort())
				if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
					t.Errorf("after %d moves, a resume and an abort there are %v, %v", moves, entries, err)
				}
				continue
			}
			got, text := filesUnder(t, dir)
			want := append(slices.Clone(whole), "model.safetensors")
			slices.Sort(want)
			if diff := cmp.Diff(want, got); diff != "" || text["additional_chat_templates/rag.jinja"] != "three" {
				t.Errorf("after %d moves, then %s: %q in rag.jinja; files (-want +got):\n%s", moves, then, text["additional_chat_templates/rag.jinja"], diff)
			}
		}
	}
}

// TestFailedCommitIsTakenBack has a Commit that fails halfway: Abort leaves
// nothing, Suspend and Resume lead to the whole.
func TestFailedCommitIsTakenBack(t *testing.T) {
	in, err := Open(talker(t, nil))
	must(t, err)
	defer in.Close()
	for _, abort := range []bool{true, false} {
		dir := filepath.Join(t.TempDir(), "new", "out")
		w, err := Create(in, dir, Options{})
		must(t, err)
		obstacle := filepath.Join(dir, "tokenizer.json") // a folder where a file must go
		must(t, os.MkdirAll(filepath.Join(obstacle, "x"), 0o777))
		if err := w.Commit(); err == nil {
			t.Fatal("a folder was replaced by a file")
		}
		if _, err := os.Stat(filepath.Join(dir, "additional_chat_templates", "rag.jinja")); err != nil {
			t.Fatalf("nothing was moved before: %v", err)
		}
		must(t, os.RemoveAll(obstacle))
		if abort {
			must(t, w.Abort())
			if _, err := os.Stat(filepath.Dir(dir)); !errors.Is(err, fs.ErrNotExist) {
				got, _ := filesUnder(t, filepath.Dir(dir))
				t.Errorf("left are %v, %v", got, err)
			}
			continue
		}
		_ = w.Suspend() // its files are closed already
		w, err = Create(in, dir, Options{Resume: true})
		must(t, err)
		must(t, w.Commit())
		if got, _ := filesUnder(t, dir); len(got) != 6 {
			t.Errorf("%v", got)
		}
	}
}

// TestForceRemovesStaleFiles writes over another model's output.
func TestForceRemovesStaleFiles(t *testing.T) {
	in, err := Open(talker(t, nil))
	must(t, err)
	defer in.Close()
	bare, err := Open(folder(t, map[string]string{"config.json": "{}", "model.safetensors": scalars("a")}))
	must(t, err)
	defer bare.Close()
	old := map[string]string{
		"model.safetensors.index.json": `{"weight_map":{"a":"part-a.safetensors","b":"../outside.safetensors"}}`, "part-a.safetensors": "x",
		"tokenizer.model": "x", "additional_chat_templates/old.jinja": "x", "chat_template.json": "x",
		"LICENSE": "mine", "notes.txt": "mine", "script.py": "mine", "additional_chat_templates/notes.txt": "mine", "other.safetensors": "mine",
	}
	for name, c := range map[string]struct {
		in   *Checkpoint
		gone []string
	}{
		"of a tokenizer": {in, []string{"tokenizer.model", "additional_chat_templates/old.jinja", "chat_template.json"}},
		"of none":        {bare, nil},
	} {
		t.Run(name, func(t *testing.T) {
			// An index that leads out is damaged: nothing is removed by it.
			for _, index := range []string{old["model.safetensors.index.json"], `{"weight_map":{"a":"part-a.safetensors"}}`} {
				files := map[string]string{}
				for k, v := range old {
					files[k] = v
				}
				files["model.safetensors.index.json"] = index
				dir := folder(t, files)
				w, err := Create(c.in, dir, Options{Force: true})
				must(t, err)
				must(t, w.Commit())
				gone := append([]string{"model.safetensors.index.json"}, c.gone...)
				if !strings.Contains(index, "..") {
					gone = append(gone, "part-a.safetensors")
				}
				got, _ := filesUnder(t, dir)
				for name := range files {
					if slices.Contains(gone, name) == slices.Contains(got, name) {
						t.Errorf("%s: there is %v, left of what was %v", name, got, gone)
					}
				}
			}
		})
	}
}

// TestOwnFolderKeepsItsFiles kills a Commit into the model's own folder amid
// its moves: the files that the model is loaded from are there all the time.
func TestOwnFolderKeepsItsFiles(t *testing.T) {
	dir := talker(t, nil)
	in, err := Open(dir)
	must(t, err)
	defer in.Close()
	w, err := Create(in, dir, Options{Force: true})
	must(t, err)
	must(t, write(w, "b", 7))
	must(t, w.fill())
	names := append(slices.Clone(w.small), "model.safetensors")
	must(t, w.writeJournal(w.names(), names))
	must(t, w.close())
	for _, name := range w.small {
		must(t, os.Rename(at(w.partial, name), at(dir, name)))
	}
	there := func(when string) {
		for _, name := range w.small {
			if !exists(at(dir, name)) {
				t.Errorf("%s, %s is missing", when, name)
			}
		}
	}
	for _, end := range []func(*Writer) error{(*Writer).Suspend, (*Writer).Commit} {
		again, err := Create(in, dir, Options{Resume: true})
		must(t, err)
		there("after a resume")
		must(t, end(again))
		there("after its end")
	}
	out, err := Open(dir)
	must(t, err)
	defer out.Close()
	x := make([]float32, 1)
	if err := out.ReadFloat32("b", x); err != nil || x[0] != 7 {
		t.Errorf("%v, %v", x, err)
	}
}

func TestUntie(t *testing.T) {
	for config, want := range map[string]string{
		`{"tie_word_embeddings": true, "a": 1}`:                             `{"tie_word_embeddings": false, "a": 1}`,
		`{"a": {"tie_word_embeddings": true}}`:                              "{\n  \"tie_word_embeddings\": false,\"a\": {\"tie_word_embeddings\": true}}",
		`{"x":NaN, "tie_word_embeddings":null,"tie_word_embeddings": true}`: `{"x":NaN, "tie_word_embeddings":false,"tie_word_embeddings": false}`,
		`{}`: "{\n  \"tie_word_embeddings\": false}",
	} {
		in, err := Open(folder(t, map[string]string{"config.json": config, "model.safetensors": scalars("a")}))
		must(t, err)
		defer in.Close()
		for _, untie := range []bool{false, true} {
			dir := filepath.Join(t.TempDir(), "out")
			w, err := Create(in, dir, Options{Untie: untie})
			must(t, err)
			must(t, w.Commit())
			expect := config
			if untie {
				expect = want
			}
			if b, err := os.ReadFile(filepath.Join(dir, "config.json")); err != nil || string(b) != expect {
				t.Errorf("%s, %v, want %s", b, err, expect)
			}
		}
	}
}

func FuzzField(f *testing.F) {
	f.Add([]byte(`{"tie_word_embeddings": true, "x": NaN}`))
	f.Add([]byte("\xef\xbb\xbf { } "))
	f.Add([]byte(`{"tie_word_embeddings":1,"tie_word_embeddings":[{}]}`))
	f.Fuzz(func(t *testing.T, config []byte) {
		out, err := withField(config, "tie_word_embeddings", "false")
		if err != nil {
			return
		}
		text, err := pyjson.Standard(out)
		if err != nil {
			t.Fatal(err)
		}
		var all map[string]json.RawMessage
		if err := json.Unmarshal(text, &all); err != nil || string(all["tie_word_embeddings"]) != "false" {
			t.Fatalf("%q becomes %q: %v", config, out, err)
		}
	})
}
