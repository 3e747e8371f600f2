package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"sparsellm/job"
	"sparsellm/prune"
)

// newComparison is newFlags for compare: by default all methods are.
func newComparison() *jobFlags {
	f := newFlags()
	f.Methods, f.Targets = prune.Names(nil), []string{"0.5", "0.7", "2:4"}
	return f
}

func compareCommand(con *console) *cobra.Command {
	f := newComparison()
	cmd := &cobra.Command{
		Use:   "compare --model DIR --calib FILE --eval FILE [--tasks LIST]",
		Short: "Prune by several methods and compare perplexities",
		Long: `Compare prunes a model by each of the methods to each of the sparsities and
prints one table of perplexities and times. It writes nothing: the pruned
weights are laid over the model in memory, rounded as they would be stored.

Sparsities are shares of zeros (0.5) and patterns (2:4, which keeps 2 of every
4). A method with -compat after its name, such as sparsellm-compat, computes
what the authors' released code does; --compat does that to all of them.
sparsellm+admm is sparsellm with --local admm, and so for the others. A method
with @ and an allocation after its name, such as sparsellm@owl, shares out the
zeros as prune --allocate does; --allocate is for the others.

With --tasks the table has tasks, too, with the difference from the dense model
on the same documents and its standard error, and with --against the divergence
of predictions from that model's.`,
		Example: `  sparsellm compare --model opt-125m --calib train.txt --eval test.txt
  sparsellm compare --model opt-125m --calib train.txt --eval test.txt \
      --methods sparsegpt,sparsellm,sparsellm-compat --sparsities 0.5,0.7,2:4`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, list := range [][]string{f.Methods, f.Targets} {
				for i := range list {
					list[i] = strings.TrimSpace(list[i])
				}
			}
			if err := f.read(cmd); err != nil {
				return err
			}
			result, err := job.Compare(cmd.Context(), f.Settings, con.hooks())
			if err != nil {
				return err
			}
			if err := con.report(f.json, result, func(w io.Writer) error { return printComparison(w, result) }); err != nil {
				return err
			}
			if err := con.writeReport(f.report, result.Page); err != nil {
				return err
			}
			if n := result.Failed(); n > 0 {
				return fmt.Errorf("%d of %d runs failed", n, len(result.Runs))
			}
			return nil
		},
	}
	p := cmd.Flags()
	f.addModel(cmd, "eval-windows")
	p.StringSliceVar(&f.Methods, "methods", f.Methods, "`list` of methods, of "+strings.Join(prune.Names(nil), ", "))
	p.StringSliceVar(&f.Targets, "sparsities", f.Targets, "`list` of shares of zeros and N:M patterns")
	p.Lookup("methods").DefValue = "all"
	f.addRecipe(cmd)
	p.StringArrayVar(&f.Eval, "eval", nil, "measure perplexity on this `file` (may be repeated; as --calib)")
	addTasks(cmd, &f.TaskSettings)
	addAgainst(cmd, &f.Settings)
	p.StringVar(&f.report, "report", "", reportUsage)
	completions(cmd, map[string]cobra.CompletionFunc{"methods": oneOf(prune.Names(nil)...), "report": cobraFolders})
	return cmd
}

// title names a text in a table.
func title(t job.Text) string {
	return fmt.Sprintf("%s (%d tokens in windows of %d)", filepath.Base(t.File), t.Tokens, t.SeqLen)
}
