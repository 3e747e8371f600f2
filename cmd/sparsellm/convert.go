package main

import (
	"strings"

	"github.com/spf13/cobra"

	"sparsellm/job"
	"sparsellm/report"
)

func convertCommand(con *console) *cobra.Command {
	var set job.Conversion
	cmd := &cobra.Command{
		Use:   "convert DIR --out FILE",
		Short: "Write a model as a GGUF file, for llama.cpp and Ollama",
		Long: `Convert writes a model, pruned or not, with its tokenizer and its chat template
as one GGUF file, which llama.cpp, Ollama and what is built on them run. Zeros
stay zeros, and are stored like any other weight.

Formats:
  gguf, gguf-f16   matrices as float16
  gguf-bf16        as bfloat16, which holds what float16 does not
  gguf-f32         as float32
  gguf-q8_0        in 8 bits, with a float16 for every 32 of a row
  gguf-q4_0        in 4 bits, so likewise; the head, or the embeddings that are
                   one, in 8
Norms, biases and routers are float32. Rows that are no multiple of 32 wide are
float16 in place of 8 or 4 bits.

What llama.cpp would run otherwise than transformers is refused, with the
reason.`,
		Example:           "  sparsellm convert pruned --out pruned.gguf\n  sparsellm convert pruned --to gguf-q8_0 --out pruned-q8_0.gguf",
		Args:              oneModel,
		ValidArgsFunction: cobraFolders,
		RunE: func(cmd *cobra.Command, args []string) error {
			set.Model = args[0]
			at, end := con.meterLater()
			done, err := job.Convert(cmd.Context(), set, con.hooks(), func(done, of int) { at(done, of, "writing "+set.Out) })
			end()
			if err != nil {
				return err
			}
			con.remark("wrote %s, %s", set.Out, report.Bytes(done.Bytes))
			return nil
		},
	}
	p := cmd.Flags()
	p.SortFlags = false
	p.StringVar(&set.Out, "out", "", "write the model to this `file`")
	p.StringVar(&set.To, "to", "gguf", strings.Join(job.Formats(), ", "))
	p.StringVar(&set.Tokenizer, "tokenizer", "", "`folder` of the tokenizer (default: the model's)")
	p.BoolVar(&set.Force, "force", false, "write in place of a file that is there")
	completions(cmd, map[string]cobra.CompletionFunc{"to": oneOf(job.Formats()...), "tokenizer": cobraFolders})
	return cmd
}
