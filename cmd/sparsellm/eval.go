package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
)

func evalCommand(con *console) *cobra.Command {
	f := &modelFlags{}
	var data []string
	cmd := &cobra.Command{
		Use:   "eval --model DIR --data FILE...",
		Short: "Measure a model's perplexity on texts",
		Long: `Eval prints the perplexity of a model: exp of the mean next-token loss over
windows of --seqlen tokens that do not overlap, the remainder dropped, as
SparseGPT and SparseLLM measure it. Perplexities are comparable only at the
same seqlen and with the same tokenizer.

Files are *.txt, *.json or *.jsonl (objects with a field "text", or strings, a
line each or in a list; documents are joined by spaces; or rows of token ids,
a list of lists, each a window), packed by gzip or not, or one of the data sets
wikitext2, ptb and c4.`,
		Example: "  sparsellm eval --model opt-125m --data test.txt --seqlen 2048\n  sparsellm eval --model pruned --data wikitext2 ptb --data-dir data",
		RunE: func(cmd *cobra.Command, more []string) error {
			return evalModel(cmd.Context(), con, f, append(data, more...))
		},
	}
	f.add(cmd, "windows")
	cmd.Flags().StringArrayVar(&data, "data", nil, "`file` to measure on; more may follow")
	return cmd
}

func evalModel(ctx context.Context, con *console, f *modelFlags, files []string) error {
	start := time.Now()
	if err := f.check(); err != nil {
		return err
	}
	if len(files) == 0 {
		return usagef("--data is missing: give a file to measure perplexity on")
	}
	s, err := openSession(ctx, con, f)
	if err != nil {
		return err
	}
	defer s.close()
	texts, err := s.evaluations(ctx, files)
	if err != nil {
		return err
	}
	result := evalResult{Settings: s.settings()}
	if result.Eval, err = s.measure(ctx, s.ckpt, "model", texts); err != nil {
		return err
	}
	result.Seconds = time.Since(start).Seconds()
	result.PeakBytes = peakBytes()
	return con.report(f.json, result, result.print)
}

// print writes the result for a reader, in 80 columns.
func (r evalResult) print(w io.Writer) error {
	if err := r.Settings.print(w); err != nil {
		return err
	}
	fmt.Fprintln(w)
	var t table
	t.row("perplexity on", "seqlen", "tokens", "perplexity")
	for _, e := range r.Eval {
		t.row(shortened(e.File, 44), e.SeqLen, e.Tokens, e.Perplexity)
	}
	return t.print(w)
}
