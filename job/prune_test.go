package job

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sparsellm/checkpoint"
	"sparsellm/pipeline"
)

// quick are settings of a short run on a model of testdata.
func quick(t *testing.T, model, rows string) Settings {
	t.Helper()
	s := Default()
	s.Model = filepath.Join("../testdata", model)
	s.Calib = filepath.Join(s.Model, rows)
	s.Samples, s.Epochs, s.Threads = 4, 2, 2
	s.Out = filepath.Join(t.TempDir(), "out")
	return s
}

// TestPrunePartsOfTensors prunes models whose matrices are rows or columns of
// tensors, and wants masks of each, and perplexities of what was written.
func TestPrunePartsOfTensors(t *testing.T) {
	for _, model := range []string{"today/gpt2", "today/phi3"} {
		set := quick(t, model, "test.rows.json")
		set.Method, set.Eval, set.Report = "sparsegpt", []string{set.Calib}, true
		set.Mask = filepath.Join(t.TempDir(), "mask.safetensors")
		r, err := Prune(t.Context(), set, Hooks{})
		if err != nil {
			t.Fatalf("%s: %v", model, err)
		}
		page, err := r.Page()
		if err != nil {
			t.Fatal(err)
		}
		tensors := map[string]bool{}
		for i, l := range r.Layers {
			tensors[l.Tensor] = true
			if page.Matrices[i].Mask == nil || l.Sparsity < 0.49 || l.Sparsity > 0.55 {
				t.Errorf("%s: %s has the mask %v and the sparsity %v", model, l.Name, page.Matrices[i].Mask, l.Sparsity)
			}
		}
		if len(tensors) == len(r.Layers) {
			t.Errorf("%s: no tensor holds several matrices", model)
		}
		text, err := os.ReadFile(set.Mask)
		if err != nil {
			t.Fatal(err)
		}
		for tensor := range tensors {
			if strings.Count(string(text), `"`+tensor+`"`) != 1 {
				t.Errorf("%s: the masks do not have %s once", model, tensor)
			}
		}
		set.Model = set.Out
		e, err := Evaluate(t.Context(), set, Hooks{})
		if err != nil {
			t.Fatal(err)
		}
		if e.Eval[0].Perplexity != r.Eval[0].Pruned || r.Eval[0].Pruned == r.Eval[0].Dense {
			t.Errorf("%s: perplexity %v, of the folder %v, before %v", model, r.Eval[0].Pruned, e.Eval[0].Perplexity, r.Eval[0].Dense)
		}
	}
}

// TestPruneResumes stops a run after its first block: the error says that it can
// be resumed, and how, and what comes out then is what comes out of one run.
func TestPruneResumes(t *testing.T) {
	whole := quick(t, "today/phi3", "test.rows.json")
	if _, err := Prune(t.Context(), whole, Hooks{}); err != nil {
		t.Fatal(err)
	}
	set := quick(t, "today/phi3", "test.rows.json")
	ctx, cancel := context.WithCancel(t.Context())
	var said []string
	hooks := Hooks{
		Remark: func(text string) { said = append(said, text) },
		Pruning: func(string, int) (func(pipeline.Event), func(bool)) {
			return func(e pipeline.Event) {
				if e.Block == 1 && e.Stage == "prune" {
					cancel()
				}
			}, func(bool) {}
		},
		Setting: func(name string) string { return "Settings." + name },
	}
	_, err := Prune(ctx, set, hooks)
	if stopped := (Interrupted{}); !errors.As(err, &stopped) || !strings.Contains(stopped.Left, "with Settings.resume goes on at block 2/3") {
		t.Fatalf("a run that is stopped ends with %v", err)
	}
	if _, err := Prune(t.Context(), set, Hooks{}); !errors.Is(err, checkpoint.ErrInterrupted) {
		t.Errorf("without Resume: %v", err)
	}
	set.Resume = true
	hooks.Pruning = nil
	if _, err := Prune(t.Context(), set, hooks); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(said, "\n"), "going on with block 2/3") {
		t.Errorf("said: %q", said)
	}
	if _, err := Prune(t.Context(), set, Hooks{}); !errors.Is(err, ErrComplete) {
		t.Errorf("once more: %v", err)
	}
	for _, name := range []string{"model.safetensors", "config.json", "sparsellm.json"} {
		a, err1 := os.ReadFile(filepath.Join(whole.Out, name))
		b, err2 := os.ReadFile(filepath.Join(set.Out, name))
		if err := errors.Join(err1, err2); err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs: %v", name, err)
		}
	}
}

// TestSettingsRefused: what is wrong with settings is a SettingError, before
// anything is read.
func TestSettingsRefused(t *testing.T) {
	for want, change := range map[string]func(s *Settings){
		"model is missing":                    func(s *Settings) { s.Model = "" },
		"out is missing":                      func(s *Settings) { s.Out = "" },
		"calib is missing":                    func(s *Settings) { s.Calib = "" },
		"there is no method":                  func(s *Settings) { s.Method = "obs" },
		"damping -1 is negative":              func(s *Settings) { s.Damping = -1 },
		"gamma is -1; it must be":             func(s *Settings) { s.Gamma = -1 },
		"scope model goes with method magnit": func(s *Settings) { s.Scope = "model" },
		"layers 1 is not of the form":         func(s *Settings) { s.Layers = "1" },
		"memory 4 is not a size":              func(s *Settings) { s.Memory = "4" },
		"dtype f8 is none":                    func(s *Settings) { s.DType = "f8" },
	} {
		set := quick(t, "nowhere", "none.txt")
		change(&set)
		_, err := Prune(t.Context(), set, Hooks{})
		if e := (*pipeline.SettingError)(nil); !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
