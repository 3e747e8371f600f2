package pipeline

import (
	"cmp"

	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/prune"
)

// Options are how to prune, and what goes in and out on the way.
type Options[T linalg.Float] struct {
	Settings

	// Sink receives every pruned weight, and rounds it to the values that the
	// stored model will have.
	Sink model.Sink[T]
	// Resume is where an earlier run got to, which was given the same model,
	// rows and options; nil starts anew. Run takes it over.
	Resume *State[T]
	// Save, if not nil, is given the state after every block but the last; it
	// must not keep it. All weights up to there have been stored.
	Save func(State[T]) error
	// Anew has the auxiliary variables of an alternation computed anew rather
	// than kept (see prune.Problem).
	Anew bool
	// Storage, if not nil, makes what keeps the auxiliary variables of a block's
	// alternation (see prune.Problem). One that is an io.Closer is closed when
	// the block is done.
	Storage func(tokens, features int) (prune.Storage[T], error)
	// Progress, if not nil, is told of every step.
	Progress func(Event)
	// Observe, if not nil, is shown every quantity of the alternation of every
	// block.
	Observe func(block int, s prune.Step[T])
	// Trace, if not nil, is told what every step of the alternation did to the
	// objective, which takes time to compute.
	Trace func(block int, c prune.Change)
}

// Event tells how far a run has got.
type Event struct {
	Block, Blocks int // of those that are pruned, Block from 0
	// Stage is "capture", "prune" or "run", or "allocate" while the zeros are
	// being shared out.
	Stage string
	// Matrix is set once a matrix is done.
	Matrix *MatrixReport
}

// MatrixReport is what became of one weight matrix.
type MatrixReport struct {
	Block    int     `json:"block"`
	Name     string  `json:"name"`
	Tensor   string  `json:"tensor"` // its name in the checkpoint
	Rows     int     `json:"rows"`
	Cols     int     `json:"cols"`
	Sparsity float64 `json:"sparsity"` // share of zeros
	// Error is ‖(W − W₀)X‖²/‖W₀X‖² over the calibration inputs of the dense
	// block. Of a matrix that an alternation fits to other inputs and targets
	// it says how far it has moved, not how well it does.
	Error   float64 `json:"error"`
	Seconds float64 `json:"seconds"`
	// Fallback is the method that pruned a matrix of an expert which too few
	// tokens reach, in place of the run's. Error is then unknown.
	Fallback string `json:"fallback,omitempty"`
	// Dead is the number of input features that were zero in every sample.
	Dead int `json:"dead,omitempty"`
	// Damping is the damping that the Hessian took, where that was more than
	// was asked for.
	Damping float64 `json:"damping,omitempty"`
	// Network is about the block's feed-forward network, if that was pruned as
	// a whole. It is with the network's last matrix.
	Network *NetworkReport `json:"network,omitempty"`
}

// method returns the method for single matrices: of SparseLLM, that for the
// attention's.
func (o *Options[T]) method() prune.Method[T] {
	if o.alternates() {
		return prune.NewMethod[T](cmp.Or(o.Local, prune.DefaultLocal))
	}
	return prune.NewMethod[T](o.Method)
}

// selects reports whether a matrix of block i is to be pruned.
func (o *Options[T]) selects(i int, l *model.Linear[T]) bool {
	return i >= o.First && i < o.End &&
		(o.Only == nil || o.Only.MatchString(l.Slot.Tensor)) &&
		(o.Skip == nil || !o.Skip.MatchString(l.Slot.Tensor))
}
