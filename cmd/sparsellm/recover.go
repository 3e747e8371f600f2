package main

import (
	"fmt"
	"io"
	"math"

	"github.com/spf13/cobra"

	"sparsellm/internal/atomicfile"
	"sparsellm/job"
	"sparsellm/recovery"
	"sparsellm/report"
)

func recoverCommand(con *console) *cobra.Command {
	set := job.DefaultRecovery()
	var jsonFile string
	cmd := &cobra.Command{
		Use:   "recover --model DIR --teacher DIR --calib FILE --out DIR",
		Short: "Fit the weights left in a pruned model to the dense one",
		Long: `Recover moves the weights that pruning has left so that the model as a whole
says what the dense one does: by gradients of the divergence between their next
tokens, with Adam. Zeros stay zero, and so do patterns such as 2:4.

It learns from windows of text that do not overlap, each once before any comes
again, and holds some out to choose the weights by: the result is never worse
on these than what came. Text that the perplexity is measured on must be other
text. It takes --steps steps, or as many as --time allows; only runs of so many
steps give the same bytes again. Ctrl-C keeps the best so far.

Models with experts and packed ones are not supported.`,
		Example: `  sparsellm recover --model pruned --teacher opt-125m --calib train.txt \
    --out recovered --time 10m
  sparsellm recover --model pruned --teacher opt-125m --calib wikitext2 \
    --data-dir data --out recovered --steps 100`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := atomicfile.Writable(jsonFile); err != nil {
				return err
			}
			if cmd.Flags().Changed("steps") && cmd.Flags().Changed("time") {
				return usagef("--steps and --time both say when to end: give one")
			}
			const parts = 1000 // of the meter
			var m *meter
			r, err := job.Recover(cmd.Context(), set, con.hooks(), func(e recovery.Event) {
				if m == nil {
					m = con.meter("", parts)
				}
				m.at(int(parts*e.Done), fmt.Sprintf("step %d, divergence %.4f", e.Step, e.Loss))
				if !math.IsNaN(e.Held) {
					m.line("step %d: divergence %.4f, held out %.4f", e.Step, e.Loss, e.Held)
				}
			})
			m.end()
			if err != nil {
				return err
			}
			return con.report(jsonFile, r, func(w io.Writer) error { return printRecovery(w, r) })
		},
	}
	p := cmd.Flags()
	p.SortFlags = false
	p.StringVar(&set.Model, "model", "", "`folder` of the pruned model")
	p.StringVar(&set.Teacher, "teacher", "", "`folder` of the dense model that it was pruned from, or its name on the hub")
	p.StringVar(&set.Calib, "calib", "", "learn from this `file` or data set")
	p.StringVar(&set.Out, "out", "", "write the model to this `folder`")
	p.DurationVar(&set.Time, "time", set.Time, "take steps for so long, such as 90s, 10m or 1h")
	p.IntVar(&set.Steps, "steps", 0, "take so many steps instead")
	p.IntVar(&set.SeqLen, "seqlen", set.SeqLen, "tokens in a window")
	addBOS(cmd, &set.BOS)
	p.IntVar(&set.Batch, "batch", set.Batch, "windows in a step")
	p.Float64Var(&set.Rate, "rate", 0, "highest rate of learning (default: 1e-3·√(576/width of the model))")
	p.IntVar(&set.Held, "held", 0, "windows held out (default: a sixteenth, 4 to 16)")
	p.IntVar(&set.Every, "every", set.Every, "steps between two looks at the windows held out")
	p.Int64Var(&set.Seed, "seed", 0, "of the order of windows")
	p.StringVar(&set.DType, "dtype", set.DType, "store weights as f32, f16 or bf16, or as they were")
	p.StringVar(&set.Tokenizer, "tokenizer", "", "`folder` of the tokenizer (default: the model's)")
	p.StringVar(&set.DataDir, "data-dir", "", "`folder` of the data sets (default: the hub's)")
	p.IntVar(&set.Threads, "threads", 0, "threads to use (default: one per CPU)")
	p.BoolVar(&set.Force, "force", false, "write to a folder that is not empty, or into the model's own")
	p.StringVar(&jsonFile, "json", "", jsonUsage)
	completions(cmd, map[string]cobra.CompletionFunc{"model": cobraFolders, "teacher": cobraFolders, "out": cobraFolders, "tokenizer": cobraFolders,
		"data-dir": cobraFolders, "dtype": oneOf("keep", "f32", "f16", "bf16")})
	return cmd
}

// printRecovery writes the result for a reader, in 80 columns.
func printRecovery(w io.Writer, r *job.Recovered) error {
	fmt.Fprintf(w, "Recovered %s to %s in %s, with %s of memory at most.\n\n", r.Settings.Model, r.Settings.Out, inSeconds(r.Seconds), report.Bytes(r.PeakBytes))
	if r.Best == 0 {
		fmt.Fprintf(w, "None of %d steps was better on the text held out: the weights are those that came.\n\n", r.Steps)
	}
	var t table
	t.row("steps", "best", "tokens", "tokens/s", "divergence before", "after")
	t.row(r.Steps, r.Best, r.Tokens, fmt.Sprintf("%.0f", float64(r.Tokens)/max(r.Learning, 1e-9)), r.Before, r.After)
	return t.print(w)
}
