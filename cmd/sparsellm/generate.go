package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"sparsellm/internal/atomicfile"
	"sparsellm/job"
	"sparsellm/report"
)

func generateCommand(con *console) *cobra.Command {
	f := newFlags()
	var q job.Question
	var prompt, file string
	cmd := &cobra.Command{
		Use:   "generate --model DIR [--prompt TEXT]",
		Short: "Have a model continue a text, or answer a message",
		Long: `Generate prints how a model continues a text, token by token as it chooses them:
the likeliest each time, or with --temperature drawn by chance, the same for the
same seed. With --chat the text is a user's message, written as the model's chat
template has it, and the answer ends where the model ends it.

The text is that of --prompt, of the file of --prompt-file, or of standard
input, without a line break at its end. How fast it went is said on standard
error.`,
		Example: "  sparsellm generate --model opt-125m --prompt 'Once upon a time'\n" +
			"  sparsellm generate --model smollm2 --chat --prompt 'Why is the sky blue?'",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.Model == "" {
				return usagef("--model is missing: give the folder of the model, or its name on the Hugging Face hub")
			}
			if err := atomicfile.Writable(f.json); err != nil {
				return err
			}
			var err error
			if q.Prompt, err = con.prompt(prompt, file, cmd.Flags().Changed("prompt")); err != nil {
				return err
			}
			out := &answer{w: con.out}
			if f.json != "-" {
				q.Answer = out.write
			}
			result, err := job.Generate(cmd.Context(), f.Settings, q, con.hooks())
			out.end()
			if err = cmp.Or(err, out.err); result == nil {
				return err
			}
			if f.json != "" {
				err = errors.Join(err, con.writeJSON(f.json, result))
			}
			con.remark("prompt: %d tokens, %s tokens/s; answer: %d tokens, %s tokens/s; %s of memory",
				result.Prompt.Tokens, report.TokensPerSecond(result.Prompt.PerSec), result.Answer.Tokens, report.TokensPerSecond(result.Answer.PerSec), report.Bytes(result.PeakBytes))
			return err
		},
	}
	p := cmd.Flags()
	p.SortFlags = false
	p.StringVar(&f.Model, "model", "", "`folder` of the model, a GGUF file, or its name on the Hugging Face hub\n(ORG/NAME)")
	p.StringVar(&f.Tokenizer, "tokenizer", "", "`folder` of the tokenizer (default: the model's)")
	p.StringVar(&prompt, "prompt", "", "`text` to continue, or message to answer")
	p.StringVar(&file, "prompt-file", "", "`file` with it (-: standard input)")
	p.BoolVar(&q.Chat, "chat", false, "answer a message, by the model's chat template")
	p.IntVar(&q.Tokens, "max-tokens", 256, "tokens to answer with at most (0: as many as the model takes)")
	p.Float64Var(&q.Temperature, "temperature", 0, "how much is left to chance; 0: the likeliest token each time")
	p.IntVar(&q.TopK, "top-k", 0, "draw from the likeliest so many tokens (0: all)")
	p.Float64Var(&q.TopP, "top-p", 1, "draw from the likeliest tokens that share this `probability`")
	p.Float64Var(&q.MinP, "min-p", 0, "draw from tokens of at least this `share` of the likeliest one's probability")
	p.Uint64Var(&q.Seed, "seed", 0, "seed of what is drawn")
	p.StringArrayVar(&q.Stop, "stop", nil, "end the answer before this `text`; may be given again")
	p.IntVar(&f.Threads, "threads", 0, "threads to compute with (0: one per CPU); results do not depend on it")
	p.StringVar(&f.Precision, "precision", f.Precision, "compute in f32, or in f64 to verify")
	p.StringVar(&f.json, "json", "", "also write the result to this `file` (-: to standard output instead of the text)")
	completions(cmd, map[string]cobra.CompletionFunc{
		"model": cobraFolders, "tokenizer": cobraFolders, "precision": oneOf("f32", "f64"),
	})
	return cmd
}

// prompt returns the text that is to be continued.
func (c *console) prompt(text, file string, given bool) (string, error) {
	from := file
	var data []byte
	var err error
	switch {
	case given && file != "":
		return "", usagef("--prompt and --prompt-file exclude each other")
	case given:
		from, data = "--prompt", []byte(text)
	case file != "" && file != "-":
		data, err = os.ReadFile(file)
	default:
		if in, ok := c.in.(*os.File); ok && term.IsTerminal(int(in.Fd())) {
			c.remark("type the text, and end it with Ctrl-D")
		}
		from = "standard input"
		data, err = io.ReadAll(c.in)
	}
	if err != nil {
		return "", fmt.Errorf("reading the prompt: %w", err)
	}
	if enc := wide(data); enc != "" {
		return "", fmt.Errorf("%s is %s: make UTF-8 of it with `iconv -f %s -t UTF-8`", from, enc, enc)
	}
	if !utf8.Valid(data) {
		return "", fmt.Errorf("%s is not UTF-8", from)
	}
	prompt := strings.TrimPrefix(string(data), byteOrderMark)
	if !given {
		prompt = strings.TrimSuffix(strings.TrimSuffix(prompt, "\n"), "\r")
	}
	return prompt, nil
}

// answer writes an answer as it comes, and ends its last line.
type answer struct {
	w    io.Writer
	last byte
	err  error // of the first write that failed
}

func (a *answer) write(text string) {
	if _, err := io.WriteString(a.w, text); a.err == nil {
		a.err = err
	}
	a.last = text[len(text)-1]
}

func (a *answer) end() {
	if a.last != 0 && a.last != '\n' {
		a.write("\n")
	}
}
