package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"sparsellm/job"
	"sparsellm/plan"
	"sparsellm/prune"
	"sparsellm/report"
)

// planCommand takes prune's flags: a command line of prune's is planned as it
// stands, with what says where things are written left unread.
func planCommand(con *console) *cobra.Command {
	f := newFlags()
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
		Args:    f.packArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.report = "" // what says where to write is left unread
			if err := f.read(cmd); err != nil {
				return err
			}
			result, err := job.Plan(cmd.Context(), f.Settings, con.hooks())
			if err != nil {
				return err
			}
			return con.report(f.json, result, func(w io.Writer) error { return printPlan(w, result) })
		},
	}
	f.addPrune(cmd)
	p := cmd.Flags()
	p.Lookup("model").Usage = "`folder` of the model, a config.json, a well-known name, or one of the hub (ORG/NAME)"
	for _, name := range []string{"out", "force", "resume", "mask", "report", "trace", "tokenizer", "data-dir", "bos"} {
		p.Lookup(name).Hidden = true // nothing that is planned depends on them
	}
	return cmd
}

// printPlan writes the plan for a reader.
func printPlan(w io.Writer, r *job.Planned) error {
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
		t.row(p.Name, fmt.Sprintf("%.0f", p.Flops/1e9), humanTime(p.Seconds), report.Bytes(int64(p.Bytes)))
	}
	t.row("in all", fmt.Sprintf("%.0f", r.Flops/1e9), humanTime(r.Seconds), report.Bytes(int64(r.Bytes)))
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
