package main

import (
	"cmp"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"sparsellm/internal/atomicfile"
	"sparsellm/job"
	"sparsellm/pipeline"
	"sparsellm/prune"
)

// jobFlags are those of the commands that do a job. Most are its settings as they
// stand.
type jobFlags struct {
	job.Settings
	sparsity, pattern string // how sparse, one way or the other
	only, skip        string
	json, report      string
}

func newFlags() *jobFlags { return &jobFlags{Settings: job.Default()} }

// flagName is the flag of a setting.
func flagName(setting string) string { return "--" + strings.ReplaceAll(setting, "_", "-") }

// addModel adds the flags of every command that runs a model, windows being the
// name of the one that says how much to evaluate; empty where nothing is.
func (f *jobFlags) addModel(cmd *cobra.Command, windows string) {
	p := cmd.Flags()
	p.SortFlags = false
	p.StringVar(&f.Model, "model", "", "`folder` of the model, or its name on the Hugging Face hub (ORG/NAME)")
	p.StringVar(&f.Tokenizer, "tokenizer", "", "`folder` of the tokenizer, or a GGUF file (default: the model's)")
	p.StringVar(&f.DataDir, "data-dir", "", "`folder` of the data sets wikitext2, ptb and c4\n(default: the Hugging Face cache, or the hub)")
	p.IntVar(&f.SeqLen, "seqlen", 0, "`tokens` in a window of text; rows of token ids are cut to it\n(0: the model's positions, at most 2048; whole rows)")
	addBOS(cmd, &f.BOS)
	if windows != "" {
		p.IntVar(&f.Windows, windows, 0, "evaluate at most this many windows of each file (0: all)")
	}
	p.IntVar(&f.Threads, "threads", 0, "threads to compute with (0: one per CPU); results do not depend on it")
	p.StringVar(&f.Precision, "precision", f.Precision, "compute in f32, or in f64 to verify")
	p.StringVar(&f.json, "json", "", jsonUsage)
	completions(cmd, map[string]cobra.CompletionFunc{
		"model": cobraFolders, "tokenizer": cobraFolders, "data-dir": cobraFolders,
		"precision": oneOf("f32", "f64"),
	})
}

// addBOS adds the one that says how windows begin.
func addBOS(cmd *cobra.Command, bos *string) {
	cmd.Flags().StringVar(bos, "bos", "auto", "begin each window of text with the tokenizer's BOS token: `yes`, no, or auto,\nwhich is yes for models that need it: Gemma's")
	completions(cmd, map[string]cobra.CompletionFunc{"bos": oneOf("auto", "yes", "no")})
}

func cobraFolders(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// addTarget adds those that say how sparse to prune.
func (f *jobFlags) addTarget(cmd *cobra.Command) {
	p := cmd.Flags()
	p.StringVar(&f.sparsity, "sparsity", "0.5", "`share` of zeros, from 0 to less than 1")
	p.StringVar(&f.pattern, "pattern", "", "`N:M` keeps N of every M weights in a row, in place of --sparsity")
}

// addSweep adds those that decide a sweep of one matrix.
func (f *jobFlags) addSweep(cmd *cobra.Command) {
	p := cmd.Flags()
	p.StringVar(&f.Calib, "calib", "", "calibrate with this `file`: *.txt, *.json, *.jsonl or *.parquet (documents,\nchats, or rows of token ids), a folder of texts, or the data sets wikitext2,\nptb, c4")
	f.addField(cmd)
	p.BoolVar(&f.Pack, "pack", false, "pack documents into windows, so that short ones can be used;\nwith f16, q8 or q4 behind it, --values")
	p.IntVar(&f.Samples, "nsamples", f.Samples, "calibration samples")
	p.Int64Var(&f.Seed, "seed", 0, "seed of the random calibration windows")
	p.IntVar(&f.BlockSize, "blocksize", f.BlockSize, "columns that a sweep handles at a time")
	p.Float64Var(&f.Damping, "percdamp", f.Damping, "damping of the Hessian, a share of its mean diagonal")
}

// addField adds the one that says what makes the text of a row.
func (f *jobFlags) addField(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.Field, "field", "", "take the text of rows from this `field`, or from several (a,b.c)\n(default: text, messages, instruction and output, …: what there is)")
}

// addRecipe adds those that say how to prune, but for the method and how sparse.
func (f *jobFlags) addRecipe(cmd *cobra.Command) {
	f.addSweep(cmd)
	p := cmd.Flags()
	p.BoolVar(&f.KeepMask, "keep-mask", false, "keep the zeros that the model has, and only add to them")
	p.IntVar(&f.Bits, "wbits", f.Bits, "quantise kept weights to so many bits as well (16: do not)")
	p.IntVar(&f.Epochs, "epochs", 0, "epochs of SparseLLM's alternation, the first of which is SparseGPT\n(0: 3; with --compat 4)")
	p.StringVar(&f.Local, "local", f.Local, "how SparseLLM prunes each matrix: "+strings.Join(prune.Locals(), ", "))
	p.Float64Var(&f.Alpha, "alpha", 0, "SparseLLM's weight of ‖z − W₁X‖² (0: 0.1; with --compat 0.1, of networks\nwith a gate 5)")
	p.Float64Var(&f.Beta, "beta", 0, "SparseLLM's weight of ‖Y − W₂p‖² (0: 1; with --compat as --alpha)")
	p.Float64Var(&f.Gamma, "gamma", 0, "SparseLLM's weight of ‖p − φ(z)‖² (0: 1; with --compat as --alpha)")
	p.BoolVar(&f.Compat, "compat", false, "compute just what the authors' released code computes")
	p.StringVar(&f.Memory, "memory", "", "stay within this much memory, such as `4GiB`; SparseLLM then computes what is\nlargest anew, or keeps it in a file; the result is the same")
	p.StringVar(&f.Scope, "scope", f.Scope, "magnitude's threshold is one per matrix, or one for the whole model")
	p.StringVar(&f.Allocate, "allocate", "", "share out the zeros among the matrices by: "+strings.Join(pipeline.Allocations, ", "))
	p.Lookup("allocate").DefValue = "error for sparsellm without a pattern, else uniform"
	p.StringVar(&f.Layers, "layers", "", "prune blocks `A:B` only, A ≤ block < B; half is half of them (0:half)")
	p.StringVar(&f.only, "only", "", "prune only tensors whose name matches this regular `expression`")
	p.StringVar(&f.skip, "skip", "", "do not prune tensors whose name matches this regular `expression`")
	p.StringVar(&f.DType, "dtype", f.DType, "store weights as f32, f16 or bf16, or keep the model's")
	completions(cmd, map[string]cobra.CompletionFunc{
		"allocate": oneOf(pipeline.Allocations...), "local": oneOf(prune.Locals()...),
		"scope": oneOf("matrix", "model"), "dtype": oneOf("keep", "f32", "f16", "bf16"),
	})
}

// read reads the flags that have a form of their own, and says early whether the
// result can be written.
func (f *jobFlags) read(cmd *cobra.Command) error {
	if cmd.Flags().Changed("sparsity") && f.pattern != "" {
		return usagef("--sparsity and --pattern exclude each other")
	}
	if f.pattern != "" && !strings.Contains(f.pattern, ":") {
		return usagef("--pattern %s is not of the form N:M", f.pattern)
	}
	if target := cmp.Or(f.pattern, f.sparsity); target != "" {
		if err := f.SetTarget(target); err != nil {
			return err
		}
	}
	var err error
	if f.Only, err = expression("only", f.only); err != nil {
		return err
	}
	if f.Skip, err = expression("skip", f.skip); err != nil {
		return err
	}
	if err := atomicfile.Writable(f.json); err != nil {
		return err
	}
	f.Report = f.report != ""
	return checkReport(f.report)
}

func expression(flag, s string) (*regexp.Regexp, error) {
	if s == "" {
		return nil, nil
	}
	re, err := regexp.Compile(s)
	if err != nil {
		return nil, usagef("--%s is not a regular expression: %w", flag, err)
	}
	return re, nil
}
