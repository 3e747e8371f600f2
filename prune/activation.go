package prune

import "fmt"

// CheckNetwork returns an error unless the alternation has steps for the z, and
// s, of a network with that activation (by transformers' name for it) and with
// or without a gate: FFN names none, and is ReLU without a gate and SwiGLU with
// one.
func CheckNetwork(activation string, gated bool) error {
	with := map[bool]string{false: "without", true: "with"}
	switch {
	case activation == "":
		return fmt.Errorf("prune: the feed-forward network does not say what its activation is")
	case activation == "relu" && !gated, activation == "silu" && gated:
		return nil
	}
	return fmt.Errorf("prune: the alternation has no steps for the activation %q %s a gate: choose a method that prunes each matrix for itself", activation, with[gated])
}
