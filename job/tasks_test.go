package job_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sparsellm/job"
	"sparsellm/tasks"
)

// harness is what lm-evaluation-harness says of a task.
type harness struct {
	N          int
	Acc        *float64
	AccNorm    *float64 `json:"acc_norm"`
	AccBytes   *float64 `json:"acc_bytes"`
	Perplexity *float64
	Docs       []tasks.Answer
}

// TestHarness compares with lm-evaluation-harness 0.4.13: tokens, log-likelihoods,
// greedy choices and figures.
func TestHarness(t *testing.T) {
	const shared = "../../shared/tasks"
	if _, err := os.Stat(shared); err != nil {
		t.Skipf("no such data on this machine: %v", err)
	}
	worst := 0.0
	for _, c := range []struct{ run, model, bos string }{
		{"model", "model", ""}, {"model", "model", "yes"}, {"model", "model", "no"},
		{"model-bos", "model-bos", ""}, {"model-bos", "model-bos", "yes"}, {"model-nobos", "model-bos", "no"},
	} {
		for _, part := range []string{"", "edge"} {
			if part == "" && (c.bos == "yes" || c.model == "model" && c.bos == "no") {
				continue // no more to see
			}
			set := job.Default()
			set.Model = filepath.Join(shared, c.model)
			set.BOS, set.TaskData, set.Tasks = c.bos, filepath.Join(shared, part), tasks.Names()
			r, err := job.Evaluate(context.Background(), set, job.Hooks{})
			if err != nil {
				t.Fatal(err)
			}
			for _, got := range r.Tasks {
				text, err := os.ReadFile(filepath.Join(shared, "expected", c.run, part, got.Task+".json"))
				var want harness
				if err == nil {
					err = json.Unmarshal(text, &want)
				}
				if err != nil {
					t.Fatal(err)
				}
				where := filepath.Join(c.run, part, got.Task)
				if got.N() != want.N || len(want.Docs) != want.N {
					t.Fatalf("%s: %d documents, want %d", where, got.N(), want.N)
				}
				for i, d := range want.Docs {
					a := got.Answers[i]
					if !slices.Equal(a.Tokens, d.Tokens) || !slices.Equal(a.Greedy, d.Greedy) || (a.Gold == nil) != (d.Gold == nil) || a.Gold != nil && *a.Gold != *d.Gold {
						t.Errorf("%s, document %d: got tokens %v, greedy %v, want %v, %v", where, i, a.Tokens, a.Greedy, d.Tokens, d.Greedy)
						continue
					}
					for k, l := range d.Log {
						diff := math.Abs(a.Log[k] - l)
						if !(diff <= max(1e-4, 1e-6*math.Abs(l))) {
							t.Errorf("%s, document %d, choice %d: %v, want %v", where, i, k, a.Log[k], l)
						}
						worst = max(worst, diff/max(1, math.Abs(l)*0.01))
					}
				}
				for name, figure := range map[string]*float64{"acc": want.Acc, "acc_norm": want.AccNorm, "acc_bytes": want.AccBytes, "perplexity": want.Perplexity} {
					at := slices.IndexFunc(got.Measures, func(m tasks.Measure) bool { return m.Name == name })
					if (at < 0) != (figure == nil) {
						t.Errorf("%s: %s is reported: %v", where, name, at >= 0)
						continue
					}
					if figure == nil {
						continue
					}
					tolerance := 1e-15
					if name == "perplexity" {
						tolerance = 1e-4 * *figure
					}
					if v := got.Measures[at].Value(); !(math.Abs(v-*figure) <= tolerance) {
						t.Errorf("%s: %s is %v, want %v", where, name, v, *figure)
					}
					if name != "perplexity" && want.N > 1 {
						e := math.Sqrt(*figure * (1 - *figure) / float64(want.N-1))
						if got := got.Measures[at].Stderr(); !(math.Abs(got-e) <= 1e-12) {
							t.Errorf("%s: the standard error of %s is %v, want %v", where, name, got, e)
						}
					}
				}
			}
		}
	}
	t.Logf("log-likelihoods differ by %.1e at most", worst)
}

// TestTaskParquet reads the same rows as the hub stores them.
func TestTaskParquet(t *testing.T) {
	const shared = "../../shared/tasks"
	if _, err := os.Stat(shared); err != nil {
		t.Skipf("no such data on this machine: %v", err)
	}
	var texts []string
	for _, data := range []string{shared, shared + "/parquet"} {
		set := job.Default()
		set.Model, set.TaskData, set.Tasks = shared+"/model", data, []string{"arc_easy", "piqa"}
		r, err := job.Evaluate(context.Background(), set, job.Hooks{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range r.Tasks {
			r.Tasks[i].Seconds = 0
		}
		text, err := json.Marshal(r.Tasks)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	if texts[0] != texts[1] || !strings.Contains(texts[0], `"acc_norm":`) {
		t.Error("parquet has other results")
	}
}
