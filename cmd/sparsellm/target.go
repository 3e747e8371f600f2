package main

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sparsellm/prune"
)

// targetFlags say how sparse to prune, one way or the other.
type targetFlags struct{ sparsity, pattern string }

func (f *targetFlags) add(cmd *cobra.Command) {
	p := cmd.Flags()
	p.StringVar(&f.sparsity, "sparsity", "0.5", "`share` of zeros, from 0 to less than 1")
	p.StringVar(&f.pattern, "pattern", "", "`N:M` keeps N of every M weights in a row, in place of --sparsity")
}

// exclude refuses both of them on one command line.
func (f *targetFlags) exclude(cmd *cobra.Command) error {
	if cmd.Flags().Changed("sparsity") && f.pattern != "" {
		return usagef("--sparsity and --pattern exclude each other")
	}
	return nil
}

// of returns spec, to be as sparse as the flags say, or what is wrong with it.
func (f *targetFlags) of(spec prune.Spec) (prune.Spec, error) {
	if f.pattern != "" && !strings.Contains(f.pattern, ":") {
		return spec, usagef("--pattern %s is not of the form N:M", f.pattern)
	}
	spec, err := parseTarget(cmp.Or(f.pattern, f.sparsity), spec)
	if err != nil {
		return spec, err
	}
	return spec, asUsage(spec.Check())
}

// parseTarget reads how sparse a model is to become, as compare's list has it:
// a share of zeros such as 0.5, or a pattern such as 2:4. It sets those fields
// of spec alone.
func parseTarget(s string, spec prune.Spec) (prune.Spec, error) {
	if strings.Contains(s, ":") {
		p, err := prune.ParsePattern(s)
		spec.Sparsity, spec.Pattern = 0, p
		return spec, asUsage(err)
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return spec, usagef("sparsity %q is neither a number in [0, 1) nor a pattern N:M", s)
	}
	spec.Sparsity, spec.Pattern = f, prune.Pattern{}
	return spec, nil
}

// describeTarget is parseTarget's inverse.
func describeTarget(spec prune.Spec) string {
	if spec.Pattern.Structured() {
		return spec.Pattern.String()
	}
	return strconv.FormatFloat(spec.Sparsity, 'g', -1, 64)
}
