package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"sparsellm/arch"
	"sparsellm/checkpoint"
	"sparsellm/hub"
	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/plan"
	"sparsellm/prune"
)

// planFlags are those of prune: a command line of prune's is planned as it
// stands, with what says where things are written left unread.
type planFlags struct{ pruneFlags }

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
on this machine, phase by phase. It takes prune's flags: put plan in place of
prune. What they name is not read, but for the model's config.json; samples are
taken to be --nsamples of --seqlen tokens. It measures the machine for two
seconds. For well-known models a name is enough, besides those of the hub:

  ` + strings.ReplaceAll(filled(strings.Join(plan.Names(), ", "), 76), "\n", "\n  ") + `

Time leaves out downloads, evaluation and slow disks; of alps and swaps it
depends on the weights, and that of a usual model is said. SparseLLM may end
before its last epoch. --memory is what prune would be held to.`,
		Example: "  sparsellm plan --model LLaMA-2-7B --nsamples 32\n  sparsellm plan --model smollm2 --method sparsegpt --nsamples 8 --seqlen 512",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.targetFlags.exclude(cmd); err != nil {
				return err
			}
			result, err := f.plan(cmd.Context(), con)
			if err != nil {
				return err
			}
			return con.report(f.json, result, result.print)
		},
	}
	f.add(cmd)
	p := cmd.Flags()
	p.Lookup("model").Usage = "`folder` of the model, a config.json, a well-known name, or one of the hub (ORG/NAME)"
	for _, name := range []string{"out", "force", "resume", "mask", "report", "trace", "tokenizer", "data-dir"} {
		p.Lookup(name).Hidden = true // nothing that is planned depends on them
	}
	return cmd
}

// machineRates is a variable for tests to which it does not matter how fast this
// machine is.
var machineRates = plan.Measure

func (f *planFlags) plan(ctx context.Context, con *console) (planResult, error) {
	if f.model == "" {
		return planResult{}, usagef("--model is missing: give the folder of the model, a config.json, its name on the Hugging Face hub, or one of %s", strings.Join(plan.Names(), ", "))
	}
	if err := f.modelFlags.check(); err != nil {
		return planResult{}, err
	}
	j, err := f.job()
	if err != nil {
		return planResult{}, err
	}
	cfg, err := shapeOf(ctx, con, f.model)
	if err != nil {
		return planResult{}, err
	}
	samples := make([]int, f.nsamples)
	for i := range samples {
		samples[i] = cmp.Or(f.seqlen, min(cfg.MaxPositions, longestWindow))
	}
	evaluated := 0
	if len(f.eval) > 0 { // all of a text, however long, or so many windows
		evaluated = math.MaxInt32
		if f.windows > 0 {
			evaluated = f.windows * samples[0]
		}
	}
	set, err := j.planned(cfg, f.precision, samples, f.threads, evaluated)
	if err != nil {
		return planResult{}, err
	}
	if _, err := plan.Make(cfg, set, plan.Rates{}); err != nil {
		return planResult{}, asUsage(err)
	}
	if f.budget > 0 {
		if set.Auxiliaries, _, err = plan.Fit(cfg, set, f.budget); err != nil {
			return planResult{}, usagef("--memory %s: %w", f.memory, err)
		}
	}
	if err := ctx.Err(); err != nil {
		return planResult{}, err
	}
	rates := machineRates(linalg.NewPool(set.Threads), cfg)
	p, err := plan.Make(cfg, set, rates)
	return planResult{f.model, cfg, set, rates, p}, err
}

// shapeOf returns the shape of a model: of a config.json, of the folder that
// has one, of a file that holds a whole model, of a well-known name, or of a
// model of the hub.
func shapeOf(ctx context.Context, con *console, name string) (model.Config, error) {
	st, err := os.Stat(name)
	if errors.Is(err, os.ErrNotExist) {
		if cfg, ok := plan.Shape(path.Base(name)); ok {
			return cfg, nil
		}
		if !hub.IsID(name) {
			return model.Config{}, fmt.Errorf("there is no %s, nor is it one of %s", name, strings.Join(plan.Names(), ", "))
		}
		dir, err := con.fromHub(func(c *hub.Client) (string, error) { return c.Config(ctx, name) })
		if err != nil {
			return model.Config{}, fmt.Errorf("there is no folder %s, and the Hugging Face hub does not give its config.json: %w", name, err)
		}
		return shapeOf(ctx, con, filepath.Join(dir, "config.json"))
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
	how := ""
	method, err := prune.MethodNamed(s.Method)
	if err != nil {
		return err
	}
	if method.Alternates {
		how = fmt.Sprintf(", %d epochs at most", s.Epochs)
		if s.Local != "" && s.Local != prune.DefaultLocal {
			how += ", --local " + s.Local
		}
	}
	fmt.Fprintf(w, "%s%s, %d samples of %d tokens, threads: %d\n", s.Method, how, s.Samples, s.SeqLen, s.Threads)
	if s.Auxiliaries != "" && method.Alternates {
		fmt.Fprintf(w, "auxiliary variables: %s\n", s.Auxiliaries)
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
	_, err = fmt.Fprintf(w, "\nmeasured, GFLOP/s: products %.0f, Gram matrices %.0f, factors %.0f,\nsweeps %.0f, float64 %.0f; memory %.1f GB/s\n",
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
