package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"sparsellm/job"
	"sparsellm/prune"
)

func pruneCommand(con *console) *cobra.Command {
	f := newFlags()
	cmd := &cobra.Command{
		Use:   "prune --model DIR --out DIR --calib FILE",
		Short: "Prune a model and write it to a new folder",
		Long: `Prune zeroes a share of the weights of every matrix in the model's decoder
blocks, repairs the rest, and writes a folder that loads like the model's own:
same tensor names, same dtypes, with its config and tokenizer.

Methods:
` + methodHelp() + `
--pattern N:M keeps N of every M weights in a row: 2:4 is half zeros. (The
authors' code counts the zeros instead.)

` + filled("--local makes sparsellm prune each matrix by "+either(prune.Locals()[1:])+", too, in place of "+prune.DefaultLocal+"'s sweep.", 80) + `

--allocate lets some matrices keep more than others, the total being the same:
  uniform     every matrix has the same share of zeros (the default for patterns
              and all methods but sparsellm)
  error       matrices keep more whose zeros move the hidden states more (the
              default for sparsellm)
  owl         blocks with more outliers |W|·‖X‖₂ keep more (Yin et al., 2024)
  alpha       blocks whose matrices have heavier-tailed spectra keep more
              (AlphaPruning, Lu et al., 2024)

Zeros are stored dense: the output is as large and as fast as the input, and
loads everywhere. --values (or --pack q8) leaves them out, as "sparsellm pack"
does: then the output is small and fast, and for this program alone, until
"sparsellm unpack" makes the other of it. q8 and q4 quantise weights in the
order of the sweep, so that those that follow make good for the rounding.`,
		Example: `  sparsellm prune --model opt-125m --out pruned --calib text.txt --sparsity 0.5
  sparsellm prune --model opt-125m --out pruned --calib text.txt --pattern 2:4 \
      --method sparsegpt --eval test.txt --json result.json
  sparsellm prune --model opt-125m --out pruned --calib wikitext2 \
      --data-dir data --layers 0:half --skip out_proj`,
		Args: f.packArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.read(cmd); err != nil {
				return err
			}
			return pruneModel(cmd.Context(), con, f)
		},
	}
	f.addPrune(cmd)
	return cmd
}

// addPrune adds the flags of prune.
func (f *jobFlags) addPrune(cmd *cobra.Command) {
	p := cmd.Flags()
	f.addModel(cmd, "eval-windows")
	p.StringVar(&f.Out, "out", "", "write the pruned model to this `folder`")
	p.StringVar(&f.Method, "method", f.Method, strings.Join(prune.Names(nil), ", "))
	f.addTarget(cmd)
	f.addRecipe(cmd)
	addPacking(cmd, &f.Values, &f.Head, "", "")
	p.StringArrayVar(&f.Eval, "eval", nil, "measure perplexity on this `file` before and after (may be repeated; as --calib)")
	p.StringVar(&f.Mask, "mask", "", "also write the masks to this safetensors `file`: true where a weight is kept")
	p.StringVar(&f.report, "report", "", reportUsage)
	p.StringVar(&f.To, "to", "", "also write the pruned model to its folder for llama.cpp, as\n"+strings.Join(job.Formats(), ", "))
	p.StringVar(&f.Trace, "trace", "", "write what each step of SparseLLM does to its objective to this `file`,\na line of JSON each; --resume goes on with it and repeats the block that was cut off")
	p.BoolVar(&f.Force, "force", false, "write to a folder that is not empty, or into the model's own")
	p.BoolVar(&f.Resume, "resume", false, "go on with an interrupted run of the same command, if there is one, else start;\nif the result is there already, do nothing")
	completions(cmd, map[string]cobra.CompletionFunc{"method": oneOf(prune.Names(nil)...), "out": cobraFolders, "to": oneOf(job.Formats()...), "report": cobraFolders})
}

// pruneModel is the command.
func pruneModel(ctx context.Context, con *console, f *jobFlags) error {
	result, err := job.Prune(ctx, f.Settings, con.hooks())
	if errors.Is(err, job.ErrComplete) {
		to := con.out
		if f.json == "-" {
			to = con.err // what reads the output wants JSON
		}
		_, err = fmt.Fprintf(to, "%s is complete already, pruned with these settings: there is nothing to do\n", f.Out)
		return err
	}
	if err != nil {
		return err
	}
	err = con.report(f.json, result, func(w io.Writer) error { return printPruned(w, result) })
	if err == nil {
		err = con.writeReport(f.report, result.Page)
	}
	if err != nil {
		return fmt.Errorf("the pruned model is complete in %s, but the result could not be reported: %w", f.Out, err)
	}
	return nil
}
