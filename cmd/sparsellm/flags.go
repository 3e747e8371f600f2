package main

import (
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sparsellm/checkpoint"
	"sparsellm/pipeline"
	"sparsellm/prune"
)

// modelFlags are those of every command that runs a model.
type modelFlags struct {
	model, tokenizer, dataDir, precision, json string
	threads, seqlen, windows                   int
}

// add adds them, windows being the name of the one that says how much to
// evaluate; empty where nothing is.
func (f *modelFlags) add(cmd *cobra.Command, windows string) {
	p := cmd.Flags()
	p.SortFlags = false
	p.StringVar(&f.model, "model", "", "`folder` of the model, or its name on the Hugging Face hub (ORG/NAME)")
	p.StringVar(&f.tokenizer, "tokenizer", "", "`folder` of the tokenizer (default: the model's)")
	p.StringVar(&f.dataDir, "data-dir", "", "`folder` of the data sets wikitext2, ptb and c4\n(default: the Hugging Face cache, or the hub)")
	p.IntVar(&f.seqlen, "seqlen", 0, "`tokens` in a window of text; rows of token ids are cut to it\n(0: the model's positions, at most 2048; whole rows)")
	if windows != "" {
		p.IntVar(&f.windows, windows, 0, "evaluate at most this many windows of each file (0: all)")
	}
	p.IntVar(&f.threads, "threads", 0, "threads to compute with (0: one per CPU); results do not depend on it")
	p.StringVar(&f.precision, "precision", "f32", "compute in f32, or in f64 to verify")
	p.StringVar(&f.json, "json", "", "also write the result to this `file` (-: to standard output instead of the table)")
	completions(cmd, map[string]cobra.CompletionFunc{
		"model": cobraFolders, "tokenizer": cobraFolders, "data-dir": cobraFolders,
		"precision": oneOf("f32", "f64"),
	})
}

func cobraFolders(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// check says what is wrong with the flags as such.
func (f *modelFlags) check() error {
	switch {
	case f.model == "":
		return usagef("--model is missing: give the folder of the model, or its name on the Hugging Face hub")
	case f.seqlen < 0 || f.seqlen == 1:
		return usagef("--seqlen %d: a window needs at least 2 tokens", f.seqlen)
	case f.windows < 0:
		return usagef("%d windows cannot be evaluated", f.windows)
	case f.threads < 0:
		return usagef("--threads %d is negative", f.threads)
	case f.precision != "f32" && f.precision != "f64":
		return usagef("--precision %s is neither f32 nor f64", f.precision)
	}
	if f.threads == 0 {
		f.threads = runtime.GOMAXPROCS(0)
	}
	return writable(f.json)
}

// recipeFlags say how to prune.
type recipeFlags struct {
	compat, keepMask             bool
	scope, local, allocate       string
	calib, layers, dtype, memory string
	only, skip                   string
	nsamples, blocksize, wbits   int
	epochs                       int
	seed                         int64
	percdamp, alpha, beta, gamma float64

	budget         float64 // of --memory, in bytes; 0 for none
	layerRange     layerRange
	onlyRE, skipRE *regexp.Regexp
	storeAs        checkpoint.DType
}

// addSweep adds those that decide a sweep of one matrix.
func (f *recipeFlags) addSweep(cmd *cobra.Command) {
	p := cmd.Flags()
	p.StringVar(&f.calib, "calib", "", "calibrate with this `file`: *.txt, *.json or *.jsonl (documents with a\nfield \"text\", or rows of token ids), or the data sets wikitext2, ptb, c4")
	p.IntVar(&f.nsamples, "nsamples", 64, "calibration samples")
	p.Int64Var(&f.seed, "seed", 0, "seed of the random calibration windows")
	p.IntVar(&f.blocksize, "blocksize", 128, "columns that a sweep handles at a time")
	p.Float64Var(&f.percdamp, "percdamp", 0.01, "damping of the Hessian, a share of its mean diagonal")
}

func (f *recipeFlags) add(cmd *cobra.Command) {
	f.addSweep(cmd)
	p := cmd.Flags()
	p.BoolVar(&f.keepMask, "keep-mask", false, "keep the zeros that the model has, and only add to them")
	p.IntVar(&f.wbits, "wbits", 16, "quantise kept weights to so many bits as well (16: do not)")
	p.IntVar(&f.epochs, "epochs", 0, "epochs of SparseLLM's alternation, the first of which is SparseGPT\n(0: 3; with --compat 4)")
	p.StringVar(&f.local, "local", prune.DefaultLocal, "how SparseLLM prunes each matrix: "+strings.Join(prune.Locals(), ", "))
	p.Float64Var(&f.alpha, "alpha", 0, "SparseLLM's weight of ‖z − W₁X‖² (0: 0.1; with --compat 0.1, of networks\nwith a gate 5)")
	p.Float64Var(&f.beta, "beta", 0, "SparseLLM's weight of ‖Y − W₂p‖² (0: 1; with --compat as --alpha)")
	p.Float64Var(&f.gamma, "gamma", 0, "SparseLLM's weight of ‖p − φ(z)‖² (0: 1; with --compat as --alpha)")
	p.BoolVar(&f.compat, "compat", false, "compute just what the authors' released code computes")
	p.StringVar(&f.memory, "memory", "", "stay within this much memory, such as `4GiB`; SparseLLM then computes what is\nlargest anew, or keeps it in a file; the result is the same")
	p.StringVar(&f.scope, "scope", "matrix", "magnitude's threshold is one per matrix, or one for the whole model")
	p.StringVar(&f.allocate, "allocate", "", "share out the zeros among the matrices by: "+strings.Join(pipeline.Allocations, ", "))
	p.Lookup("allocate").DefValue = "error for sparsellm without a pattern, else uniform"
	p.StringVar(&f.layers, "layers", "", "prune blocks `A:B` only, A ≤ block < B; half is half of them (0:half)")
	p.StringVar(&f.only, "only", "", "prune only tensors whose name matches this regular `expression`")
	p.StringVar(&f.skip, "skip", "", "do not prune tensors whose name matches this regular `expression`")
	p.StringVar(&f.dtype, "dtype", "keep", "store weights as f32, f16 or bf16, or keep the model's")
	completions(cmd, map[string]cobra.CompletionFunc{
		"allocate": oneOf(pipeline.Allocations...), "local": oneOf(prune.Locals()...),
		"scope": oneOf("matrix", "model"), "dtype": oneOf("keep", "f32", "f16", "bf16"),
	})
}

// check says what is wrong with the flags as such, and reads those that have a
// form of their own.
func (f *recipeFlags) check() error {
	err := f.checkSamples()
	switch {
	case err != nil:
		return err
	case f.epochs < 0:
		return usagef("--epochs %d: the alternation needs at least one", f.epochs)
	case f.scope != "matrix" && f.scope != "model":
		return usagef("--scope %s is neither matrix nor model", f.scope)
	case f.allocate != "" && !slices.Contains(pipeline.Allocations, f.allocate):
		return usagef("--allocate %s is none of %s", f.allocate, strings.Join(pipeline.Allocations, ", "))
	case f.alpha < 0 || f.beta < 0 || f.gamma < 0:
		return usagef("--alpha, --beta and --gamma must be positive")
	}
	if _, err := prune.LocalNamed(f.local); err != nil {
		return asUsage(err)
	}
	if f.budget, err = parseBytes(f.memory); err != nil {
		return err
	}
	if f.storeAs, err = checkpoint.ParseDType(f.dtype); err != nil {
		return usagef("--dtype %s is none of keep, f32, f16, bf16", f.dtype)
	}
	if f.layerRange, err = parseLayers(f.layers); err != nil {
		return err
	}
	if f.onlyRE, err = expression("only", f.only); err != nil {
		return err
	}
	f.skipRE, err = expression("skip", f.skip)
	return err
}

// checkSweep says what is wrong with the flags of addSweep that no Spec checks.
func (f *recipeFlags) checkSweep() error {
	if err := f.checkCalib(); err != nil {
		return err
	}
	return f.checkSamples()
}

func (f *recipeFlags) checkCalib() error {
	if f.calib == "" {
		return usagef("--calib is missing: give a .txt, .jsonl, .json.gz or .rows.json file to calibrate with, or one of the data sets wikitext2, ptb and c4")
	}
	return nil
}

func (f *recipeFlags) checkSamples() error {
	if f.nsamples < 1 {
		return usagef("--nsamples %d: at least one calibration sample is needed", f.nsamples)
	}
	return nil
}

// spec returns what the flags say of every matrix, but for how sparse.
func (f *recipeFlags) spec() prune.Spec {
	return prune.Spec{BlockSize: f.blocksize, Damping: f.percdamp, Bits: f.wbits, KeepMask: f.keepMask}
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

// uneven reports whether an allocation was asked for that is not uniform.
func uneven(allocate string) bool { return allocate != "" && allocate != pipeline.Allocations[0] }

// checkAllocation refuses to share out what a pattern has shared out.
func checkAllocation(allocate string, spec prune.Spec) error {
	if spec.Pattern.Structured() && uneven(allocate) {
		return usagef("pattern %v makes all matrices alike and leaves nothing to allocate: use it with --allocate uniform only, not %s", spec.Pattern, allocate)
	}
	return nil
}
