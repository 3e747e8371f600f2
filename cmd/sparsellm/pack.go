package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"sparsellm/checkpoint"
	"sparsellm/inspect"
	"sparsellm/internal/atomicfile"
	"sparsellm/job"
	"sparsellm/report"
)

func packCommand(con *console) *cobra.Command {
	var f repackFlags
	cmd := &cobra.Command{
		Use:   "pack DIR --out DIR",
		Short: "Write a pruned model without its zeros",
		Long: `Pack writes a model with its zeros left out, so that it is smaller, and faster
where it is run. It is no folder for transformers, but for eval, inspect and
generate; unpack makes the one for transformers of it again.

A matrix is packed by its zeros: 2:4 and 4:8 as values and indices, others as
values and a mask where that is smaller, else dense. --values says how a kept
weight is stored:
  f16         in 16 bits, as float16, or bfloat16 where the model has that:
              of models of these nothing is lost
  q8, q4      in 8 or 4 bits, with a float16 for every 128 columns of a row

Pack rounds weights to the nearest such value. "prune --values" chooses them
while it prunes, so that other weights make good for the rounding: q4 of a
finished model loses much more. --head is for the embeddings and the head.`,
		Example: `  sparsellm pack pruned --out packed
  sparsellm pack pruned --out packed --values f16 --head f16`,
		Args:              oneModel,
		ValidArgsFunction: cobraFolders,
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(con, args[0], "Packed", func() (*job.Repacked, error) { return job.Pack(cmd.Context(), f.Repacking, con.hooks()) })
		},
	}
	f.add(cmd)
	addPacking(cmd, &f.Values, &f.Head, "q8", job.UsualHead)
	return cmd
}

func unpackCommand(con *console) *cobra.Command {
	var f repackFlags
	cmd := &cobra.Command{
		Use:   "unpack DIR --out DIR",
		Short: "Write a packed model as the folder that others load",
		Long: `Unpack writes a packed model as the folder that it was before pack: same tensor
names, shapes and dtypes, with its config and tokenizer. Weights that were
packed in 16 bits come out as they went in, bit for bit; those of q8 and q4 are
rounded to the dtype once more, unless that is f32.`,
		Example:           "  sparsellm unpack packed --out pruned",
		Args:              oneModel,
		ValidArgsFunction: cobraFolders,
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(con, args[0], "Unpacked", func() (*job.Repacked, error) { return job.Unpack(cmd.Context(), f.Repacking, con.hooks()) })
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.DType, "dtype", "keep", "store weights as f32, f16 or bf16, or as they were before they were packed")
	completions(cmd, map[string]cobra.CompletionFunc{"dtype": oneOf("keep", "f32", "f16", "bf16")})
	return cmd
}

// addPacking adds the flags that say how weights are packed.
func addPacking(cmd *cobra.Command, values, head *string, usual, usualHead string) {
	p := cmd.Flags()
	p.StringVar(values, "values", usual, "pack the output, kept weights in 16, 8 or 4 bits: `f16`, q8 or q4")
	p.StringVar(head, "head", usualHead, "embeddings and head likewise: `f16`, q8 or q4 (default: q8)")
	completions(cmd, map[string]cobra.CompletionFunc{"values": oneOf("f16", "q8", "q4"), "head": oneOf("f16", "q8", "q4")})
}

// packArgs takes "--pack q8" for "--values q8": a form after --pack, which alone
// packs documents into windows, is that of the output.
func (f *jobFlags) packArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 1 && f.Pack {
		if _, err := checkpoint.ParseValues(args[0]); err == nil {
			if f.Values != "" && f.Values != args[0] {
				return usagef("--pack %s and --values %s are two forms of one output", args[0], f.Values)
			}
			f.Values, f.Pack = args[0], false
			return nil
		}
	}
	return noArgs(cmd, args)
}

// repackFlags are those of pack and unpack.
type repackFlags struct {
	job.Repacking
	json string
}

func (f *repackFlags) add(cmd *cobra.Command) {
	p := cmd.Flags()
	p.SortFlags = false
	p.StringVar(&f.Out, "out", "", "write the model to this `folder`")
	p.BoolVar(&f.Force, "force", false, "write to a folder that is not empty, or into the model's own")
	p.StringVar(&f.json, "json", "", jsonUsage)
	completions(cmd, map[string]cobra.CompletionFunc{"out": cobraFolders})
}

// run does the job on a model and reports it.
func (f *repackFlags) run(con *console, model, done string, do func() (*job.Repacked, error)) error {
	f.Model = model
	if err := atomicfile.Writable(f.json); err != nil {
		return err
	}
	r, err := do()
	if err != nil {
		return err
	}
	err = con.report(f.json, r, func(w io.Writer) error {
		fmt.Fprintf(w, "%s %s to %s in %s, with %s of memory at most.\n\n", done, f.Model, f.Out, inSeconds(r.Seconds), report.Bytes(r.PeakBytes))
		return printStorage(w, r.Size)
	})
	if err != nil {
		return fmt.Errorf("the model is complete in %s, but the result could not be reported: %w", f.Out, err)
	}
	return nil
}

// printStorage writes what a model's parts take.
func printStorage(w io.Writer, s inspect.Storage) error {
	var t table
	t.row("", "kind", "values", "tensors", "weights", "bytes", "a weight", "kept", "index", "scales")
	share := func(part, of int64) string {
		if part == 0 {
			return "-"
		}
		return report.Percent(float64(part) / float64(of))
	}
	for _, p := range s.Parts {
		kind := p.Kind
		if kind == "" {
			kind = "as it was"
		}
		t.row(p.What, kind, p.Values, p.Tensors, p.Weights, report.Bytes(p.Bytes), fmt.Sprintf("%.3f", float64(p.Bytes)/float64(max(p.Weights, 1))),
			share(p.Kept, p.Bytes), share(p.Index+p.Offsets, p.Bytes), share(p.Scales, p.Bytes))
	}
	if err := t.print(w); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nAll %d weights take %s, %.3f bytes each.\n", s.Weights, report.Bytes(s.Bytes), s.PerWeight)
	return err
}
