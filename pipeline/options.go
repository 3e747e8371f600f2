package pipeline

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/prune"
)

// Options are the settings of a run.
type Options[T linalg.Float] struct {
	// Method is the name of one of prune.Methods.
	Method string
	// Local is how SparseLLM prunes a matrix within its alternation, and those
	// of the attention: one of prune.Locals. Nothing is prune.DefaultLocal, and
	// is what other methods have.
	Local string
	// Compat computes just what the authors' released code computes.
	Compat bool
	Spec   prune.Spec
	// Allocate is one of Allocations: how the zeros are shared out among the
	// matrices. Empty means uniform.
	Allocate string
	// Epochs of the alternation, the first of which is SparseGPT. 0 means the
	// default.
	Epochs int
	// Weights are α, β, γ; a zero means the default.
	Weights prune.Penalties
	// Global zeroes by one threshold over all the selected matrices of the
	// model. Only magnitude pruning can.
	Global bool

	// First and Last say which blocks are pruned: First ≤ i < Last. A Last of
	// 0 means all.
	First, Last int
	// Only and Skip select matrices by the name of their tensor; nil selects
	// all, or skips none.
	Only, Skip *regexp.Regexp

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
	// Dead is the number of input features that were zero in every sample.
	Dead int `json:"dead,omitempty"`
	// Damping is the damping that the Hessian took, where that was more than
	// was asked for.
	Damping float64 `json:"damping,omitempty"`
	// Network is about the block's feed-forward network, if that was pruned as
	// a whole. It is with the network's last matrix.
	Network *NetworkReport `json:"network,omitempty"`
}

// Complete fills in what o leaves to the defaults, for a model, or says what is
// wrong with it. Run does so, too; it is for callers who want to know the
// defaults or the mistakes before.
func (o *Options[T]) Complete(cfg model.Config) error {
	if o.Last == 0 {
		o.Last = cfg.Blocks
	}
	if o.First < 0 || o.First >= o.Last || o.Last > cfg.Blocks {
		return fmt.Errorf("blocks %d:%d are not a range of the model's %d blocks", o.First, o.Last, cfg.Blocks)
	}
	if err := o.Spec.Check(); err != nil {
		return err
	}
	method, err := prune.MethodNamed(o.Method)
	if err != nil {
		return err
	}
	if err := method.CheckBits(o.Spec.Bits); err != nil {
		return err
	}
	if err := o.completeLocal(); err != nil {
		return err
	}
	if method.Alternates {
		if err := prune.CheckNetwork(string(cfg.Activation), cfg.Gated); err != nil {
			return err
		}
	}
	if o.Global && !method.Global {
		return fmt.Errorf("%s has no scope of the whole model", o.Method)
	}
	if o.Global && o.Spec.Pattern.Structured() {
		return fmt.Errorf("pattern %v leaves a threshold over the whole model nothing to choose", o.Spec.Pattern)
	}
	if o.Allocate == "" {
		o.Allocate = o.defaultAllocation()
	}
	if !slices.Contains(Allocations, o.Allocate) {
		return fmt.Errorf("unknown allocation %q: it is one of %v", o.Allocate, Allocations)
	}
	if o.uneven() && o.Spec.Pattern.Structured() {
		return fmt.Errorf("pattern %v leaves allocation %s nothing to share out: it makes all matrices alike", o.Spec.Pattern, o.Allocate)
	}
	if o.uneven() && o.Global {
		return fmt.Errorf("a threshold over the whole model shares out the zeros itself: it goes with uniform allocation only, not with %s", o.Allocate)
	}
	if o.Epochs == 0 {
		o.Epochs = o.defaultEpochs()
	}
	if o.Epochs < 1 {
		return fmt.Errorf("%d epochs: the alternation needs at least one", o.Epochs)
	}
	for _, v := range []struct {
		name string
		at   *float64
	}{{"alpha", &o.Weights.Alpha}, {"beta", &o.Weights.Beta}, {"gamma", &o.Weights.Gamma}} {
		if *v.at == 0 {
			*v.at = o.defaultWeight(cfg, v.name)
		}
		if !(*v.at > 0) {
			return fmt.Errorf("%s is %v; it must be positive", v.name, *v.at)
		}
	}
	return nil
}

// completeLocal is Complete for the local method.
func (o *Options[T]) completeLocal() error {
	local, err := prune.LocalNamed(cmp.Or(o.Local, prune.DefaultLocal))
	switch {
	case err != nil:
		return err
	case o.alternates() && !o.Compat:
		o.Local = local.Name
		return local.CheckBits(o.Spec.Bits)
	case local.Name != prune.DefaultLocal:
		return fmt.Errorf("a local method is chosen for %s only, and not for the released code",
			strings.Join(prune.Names(func(m prune.MethodInfo) bool { return m.Alternates }), ", "))
	}
	o.Local = ""
	return nil
}

// alternates reports whether feed-forward networks are pruned as a whole.
func (o *Options[T]) alternates() bool {
	m, err := prune.MethodNamed(o.Method)
	return err == nil && m.Alternates
}

// defaultAllocation is by error for SparseLLM, which gains most by it, and even
// for what others have published and for patterns.
func (o *Options[T]) defaultAllocation() string {
	if o.alternates() && !o.Compat && !o.Spec.Pattern.Structured() {
		return "error"
	}
	return Allocations[0]
}

// defaultEpochs is how many the released code takes, or as many as gain most
// for their time.
func (o *Options[T]) defaultEpochs() int {
	if o.Compat {
		return 4
	}
	return 3
}

// defaultWeight is that of the released code, α, β and γ alike, or what
// generalises best: a small α lets z, and W₁ after it, move far.
func (o *Options[T]) defaultWeight(cfg model.Config, name string) float64 {
	switch {
	case o.Compat:
		return releasedPenalty(cfg.Gated)
	case name == "alpha":
		return 0.1
	default:
		return 1
	}
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
	return i >= o.First && i < o.Last &&
		(o.Only == nil || o.Only.MatchString(l.Slot.Tensor)) &&
		(o.Skip == nil || !o.Skip.MatchString(l.Slot.Tensor))
}
