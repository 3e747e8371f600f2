package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"sparsellm/arch"
	"sparsellm/checkpoint"
	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/plan"
	"sparsellm/prune"
)

// planFlags are those of plan.
type planFlags struct {
	model, json, memory string
	plan.Settings
}

// planResult is what plan --json writes.
type planResult struct {
	Model    string        `json:"model"`
	Shape    model.Config  `json:"shape"`
	Settings plan.Settings `json:"settings"`
	Rates    plan.Rates    `json:"rates"` // of this machine, a second
	plan.Plan
}

func planCommand(con *console) *cobra.Command {
	f := &planFlags{}
	cmd := &cobra.Command{
		Use:   "plan --model DIR",
		Short: "Say what time and memory a run would take",
		Long: `Plan says how many operations, how long and how much memory prune would take
on this machine, phase by phase. It measures the machine for two seconds and
reads the model's config.json, no weights: only that file need be there. For
well-known models a name is enough:

  ` + strings.ReplaceAll(wrapped(plan.Names(), 76), "\n", "\n  ") + `

Time leaves out downloads, evaluation and slow disks. SparseLLM may end before
its last epoch. Memory leaves out the pages of the mapped model.`,
		Example: "  sparsellm plan --model LLaMA-2-7B --nsamples 32\n  sparsellm plan --model smollm2 --method sparsegpt --nsamples 8 --seqlen 512",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			result, err := f.plan(cmd.Context())
			if err != nil {
				return err
			}
			return con.report(f.json, result, result.print)
		},
	}
	p := cmd.Flags()
	p.StringVar(&f.model, "model", "", "`folder` of the model, a config.json, or a well-known name")
	p.StringVar(&f.Method, "method", "sparsellm", strings.Join(plan.Methods, ", "))
	p.IntVar(&f.Samples, "nsamples", 64, "calibration samples")
	p.IntVar(&f.SeqLen, "seqlen", 0, "`tokens` of each\n(0: the model's positions, at most 2048)")
	p.IntVar(&f.Epochs, "epochs", 3, "epochs of SparseLLM's alternation, the first of which is SparseGPT")
	p.IntVar(&f.Threads, "threads", 0, "threads to compute with (0: one per CPU)")
	p.StringVar(&f.memory, "memory", "", "what prune --memory would do with this much, such as `4GiB`")
	p.StringVar(&f.json, "json", "", "also write the result to this `file` (-: to standard output instead of the table)")
	completions(cmd, map[string]cobra.CompletionFunc{"model": oneOf(plan.Names()...), "method": oneOf(plan.Methods...)})
	return cmd
}

// wrapped returns words in lines of at most width columns.
func wrapped(words []string, width int) string {
	var b strings.Builder
	column := 0
	for i, w := range words {
		if i < len(words)-1 {
			w += ","
		}
		if column > 0 && column+1+len(w) > width {
			b.WriteString("\n")
			column = 0
		}
		if column > 0 {
			b.WriteString(" ")
			column++
		}
		b.WriteString(w)
		column += len(w)
	}
	return b.String()
}

func (f *planFlags) plan(ctx context.Context) (planResult, error) {
	if f.model == "" {
		return planResult{}, usagef("--model is missing: give the folder of the model, a config.json, or one of %s", strings.Join(plan.Names(), ", "))
	}
	if f.Threads < 0 {
		return planResult{}, usagef("--threads %d is negative", f.Threads)
	}
	if err := writable(f.json); err != nil {
		return planResult{}, err
	}
	cfg, err := shapeOf(f.model)
	if err != nil {
		return planResult{}, err
	}
	s := f.Settings
	if s.Threads == 0 {
		s.Threads = runtime.GOMAXPROCS(0)
	}
	if s.SeqLen == 0 {
		s.SeqLen = min(cfg.MaxPositions, longestWindow)
	}
	if _, err := plan.Make(cfg, s, plan.Rates{}); err != nil {
		return planResult{}, asUsage(err)
	}
	budget, err := parseBytes(f.memory)
	if err != nil {
		return planResult{}, err
	}
	if budget > 0 {
		if s.Storage, _, err = plan.Fit(cfg, s, s.Epochs <= prune.AnewEpochs, budget); err != nil {
			return planResult{}, usagef("--memory %s: %w", f.memory, err)
		}
	}
	if err := ctx.Err(); err != nil {
		return planResult{}, err
	}
	rates := plan.Measure(linalg.NewPool(s.Threads), cfg)
	p, err := plan.Make(cfg, s, rates)
	return planResult{f.model, cfg, s, rates, p}, err
}

// shapeOf returns the shape of a model: of a config.json, of the folder that
// has one, of a file that holds a whole model, or of a well-known name.
func shapeOf(name string) (model.Config, error) {
	st, err := os.Stat(name)
	if errors.Is(err, os.ErrNotExist) {
		if cfg, ok := plan.Shape(path.Base(name)); ok {
			return cfg, nil
		}
		return model.Config{}, fmt.Errorf("there is no %s, nor is it one of %s", name, strings.Join(plan.Names(), ", "))
	}
	if err != nil {
		return model.Config{}, err
	}
	file := name
	if st.IsDir() {
		file = filepath.Join(name, "config.json")
	}
	if filepath.Ext(file) != ".json" || st.IsDir() && !exists(file) {
		ck, err := checkpoint.Open(name)
		if err != nil {
			return model.Config{}, err
		}
		defer ck.Close()
		return arch.Config(ck.Config())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return model.Config{}, err
	}
	return arch.Config(text)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// print writes the plan for a reader.
func (r planResult) print(w io.Writer) error {
	c, s := r.Shape, r.Settings
	fmt.Fprintf(w, "%s: %s, %d blocks\n", filepath.Base(r.Model), c.Arch, c.Blocks)
	fmt.Fprintf(w, "hidden %d, intermediate %d, heads %d, of keys %d\n", c.Hidden, c.Intermediate, c.Heads, c.KVHeads)
	epochs := ""
	if s.Method == "sparsellm" {
		epochs = fmt.Sprintf(", %d epochs at most", s.Epochs)
	}
	fmt.Fprintf(w, "%s%s, %d samples of %d tokens, threads: %d\n", s.Method, epochs, s.Samples, s.SeqLen, s.Threads)
	if s.Storage != "" && s.Method == "sparsellm" {
		fmt.Fprintf(w, "auxiliary variables: %s\n", s.Storage)
	}
	fmt.Fprintln(w)
	var t table
	t.row("phase", "GFLOP", "time", "memory")
	for _, p := range r.Phases {
		t.row(p.Name, fmt.Sprintf("%.0f", p.Flops/1e9), humanTime(p.Seconds), humanBytes(int64(p.Bytes)))
	}
	t.row("in all", fmt.Sprintf("%.0f", r.Flops/1e9), humanTime(r.Seconds), humanBytes(int64(r.Bytes)))
	if err := t.print(w); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nmeasured, GFLOP/s: products %.0f, Gram matrices %.0f, factors %.0f,\nsweeps %.0f, float64 %.0f; memory %.1f GB/s\n",
		r.Rates.Product/1e9, r.Rates.Gram/1e9, r.Rates.Factor/1e9, r.Rates.Sweep/1e9, r.Rates.Double/1e9, r.Rates.Bytes/1e9)
	return err
}

// humanTime is a number of seconds for a reader.
func humanTime(seconds float64) string {
	switch {
	case seconds < 60:
		return fmt.Sprintf("%.1f s", seconds)
	case seconds < 3600:
		return fmt.Sprintf("%.0f min", seconds/60)
	default:
		return fmt.Sprintf("%.1f h", seconds/3600)
	}
}
