package pipeline

import (
	"slices"

	"sparsellm/prune"
)

// NetworkReport is how the optimisation of a block's feed-forward network or
// convolution as a whole went.
type NetworkReport struct {
	// Objective is ‖Y − f(X)‖²/‖Y‖² after each epoch; the first is SparseGPT's.
	// The released code's is known only if it is traced.
	Objective []float64 `json:"objective"`
	Held      []float64 `json:"held,omitempty"` // the same on the samples that were held out, if any were
	Kept      int       `json:"kept"`           // the epoch whose weights were kept
	Final     float64   `json:"final"`          // Objective once these have been fitted on their support
	// Updates is what the updates of the auxiliary variables did to the
	// alternation's own objective, if it is traced.
	Updates []Update `json:"updates,omitempty"`
}

// Update is what the update of the auxiliary variables that precedes an
// epoch's weights did to the alternation's objective.
type Update struct {
	Epoch  int   `json:"epoch"`
	Before Parts `json:"before"`
	After  Parts `json:"after"`
}

// Parts are those of the objective, relative to ‖Y‖².
type Parts struct {
	Fit        float64 `json:"fit"`        // α‖z − W₁X‖², and of the gate
	Activation float64 `json:"activation"` // γ‖p − φ(z)‖²
	Output     float64 `json:"output"`     // β‖Y − W₂p‖²
}

// note takes from a step what the report says of it. p comes first in an
// update, and z or s last.
func (n *NetworkReport) note(c prune.Change, released bool) {
	parts := func(o prune.Objective) Parts {
		p := Parts{o.Fit / c.Energy, o.Activation / c.Energy, o.Output / c.Energy}
		if s := p.Fit + p.Activation + p.Output; s-s != 0 {
			return Parts{} // JSON has no such numbers; what comes of them is an error
		}
		return p
	}
	switch c.Step {
	case "p":
		epoch := c.Epoch
		if released {
			epoch++ // it updates at an epoch's end
		}
		n.Updates = append(n.Updates, Update{epoch, parts(c.Before), parts(c.After)})
	case "z", "s":
		n.Updates[len(n.Updates)-1].After = parts(c.After)
	}
}

// settle completes the report. Of a network whose output is nought there is no
// relative error to speak of.
func (n *NetworkReport) settle(objective, held []float64, kept int, final float64) {
	for _, v := range slices.Concat(objective, held, []float64{final}) {
		if v-v != 0 {
			return
		}
	}
	n.Objective, n.Held, n.Kept, n.Final = objective, held, kept, final
}
