package pipeline

import "sparsellm/prune"

// NetworkReport is how the optimisation of a block's feed-forward network as a
// whole went.
type NetworkReport struct {
	// Objective is ‖Y − f(X)‖²/‖Y‖² after each epoch; the first is SparseGPT's.
	// The released code's is known only if it is traced.
	Objective []float64 `json:"objective"`
	Kept      int       `json:"kept"` // the epoch whose weights were kept
	// Parts is what the alternation's own objective comes to once the
	// auxiliary variables have been updated, if it is traced.
	Parts []EpochParts `json:"parts,omitempty"`
}

// EpochParts are the parts of the objective after the auxiliary variables have
// been updated, at the end of the released code's epoch and at the start of
// the other's. They are relative to ‖Y‖².
type EpochParts struct {
	Epoch      int     `json:"epoch"`
	Fit        float64 `json:"fit"`        // α‖z − W₁X‖², and of the gate
	Activation float64 `json:"activation"` // γ‖p − φ(z)‖²
	Output     float64 `json:"output"`     // β‖Y − W₂p‖²
}

// note takes from a step what the report says of it: the last step of an epoch
// that updates an auxiliary variable stays.
func (n *NetworkReport) note(c prune.Change) {
	if c.Step != "z" && c.Step != "s" || c.Energy == 0 {
		return
	}
	parts := EpochParts{c.Epoch, c.After.Fit / c.Energy, c.After.Activation / c.Energy, c.After.Output / c.Energy}
	if k := len(n.Parts) - 1; k >= 0 && n.Parts[k].Epoch == c.Epoch {
		n.Parts[k] = parts
		return
	}
	n.Parts = append(n.Parts, parts)
}
