package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"sparsellm/job"
)

func evalCommand(con *console) *cobra.Command {
	f := newFlags()
	cmd := &cobra.Command{
		Use:   "eval --model DIR [--data FILE...] [--tasks LIST]",
		Short: "Measure a model's perplexity on texts, and how it does tasks",
		Long: `Eval prints the perplexity of a model: exp of the mean next-token loss over
windows of --seqlen tokens that do not overlap, the remainder dropped, as
SparseGPT and SparseLLM measure it. Perplexities are comparable only at the
same seqlen and --bos and with the same tokenizer. A BOS token is one of a
window's, and is neither predicted nor counted.

Files are *.txt, *.json, *.jsonl or *.parquet (objects with a field "text",
chats, or strings, a line each or in a list; documents are joined by spaces; or
rows of token ids, a list of lists, each a window), packed by gzip, Zstandard or
not, a folder of texts, or one of the data sets wikitext2, ptb and c4.

With --tasks it prints how well the model does tasks, as lm-evaluation-harness
measures it, or tasks of your own (docs/tasks.md has their forms). With --against
it prints how far predictions and answers are from those of the dense model.`,
		Example: "  sparsellm eval --model opt-125m --data test.txt --seqlen 2048\n  sparsellm eval --model pruned --data wikitext2 ptb --data-dir data\n" +
			"  sparsellm eval --model pruned --tasks hellaswag,piqa --against opt-125m",
		RunE: func(cmd *cobra.Command, more []string) error {
			if f.Eval = append(f.Eval, more...); len(f.Eval) == 0 && len(f.Tasks) == 0 && f.Model != "" {
				return usagef("--data is missing: give a file to measure perplexity on, or --tasks")
			}
			if err := f.read(cmd); err != nil {
				return err
			}
			result, err := job.Evaluate(cmd.Context(), f.Settings, con.hooks())
			if err != nil {
				return err
			}
			return con.report(f.json, result, func(w io.Writer) error { return printEvaluation(w, result) })
		},
	}
	f.addModel(cmd, "windows")
	f.addField(cmd)
	addTasks(cmd, &f.TaskSettings)
	cmd.Flags().Lookup("bos").Usage += ";\ntexts of tasks have the special tokens of the tokenizer unless it is no"
	addAgainst(cmd, &f.Settings)
	cmd.Flags().StringArrayVar(&f.Eval, "data", nil, "`file` to measure on; more may follow")
	return cmd
}

// printEvaluation writes the result for a reader, in 80 columns.
func printEvaluation(w io.Writer, r *job.Evaluation) error {
	if err := printSettings(w, r.Settings); err != nil {
		return err
	}
	if len(r.Against) > 0 {
		fmt.Fprintln(w)
		if err := distanceTable(r.Against).print(w); err != nil {
			return err
		}
		fmt.Fprintln(w, "KL: mean divergence of the next token's distribution from the other model's, in\nnats; same: share of positions where both find the same token likeliest")
	} else if len(r.Eval) > 0 {
		fmt.Fprintln(w)
		var t table
		t.row("perplexity on", "seqlen", "tokens", "perplexity")
		for _, e := range r.Eval {
			t.row(shortened(e.File, 44), e.SeqLen, e.Tokens, e.Perplexity)
		}
		if err := t.print(w); err != nil {
			return err
		}
	}
	if len(r.Tasks) == 0 {
		return nil
	}
	fmt.Fprintln(w)
	return taskTable(r.Tasks).print(w)
}

// distanceTable has a line for each text.
func distanceTable(all []job.Distance) *table {
	var t table
	t.row("on", "tokens", "perplexity", "against", "ratio", "KL", "± error", "KL 99%", "same")
	for _, d := range all {
		t.row(shortened(d.File, 22), d.Tokens, d.Perplexity, d.Reference, figure(float64(d.Ratio)), figure(float64(d.KL)), figure(float64(d.KLStderr)),
			figure(float64(d.KL99)), fmt.Sprintf("%.1f%%", 100*float64(d.Agreement)))
	}
	return &t
}
