package main

import (
	"strconv"
	"strings"

	"sparsellm/prune"
)

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
