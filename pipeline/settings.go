package pipeline

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"sparsellm/model"
	"sparsellm/prune"
)

// Settings say how to prune: with the model, the samples and the precision all
// that the pruned weights depend on.
type Settings struct {
	// Method is the name of one of prune.Methods.
	Method string `json:"method,omitempty"`
	// Local is how SparseLLM prunes a matrix within its alternation, and those
	// of the attention: one of prune.Locals. Nothing is prune.DefaultLocal, and
	// is what other methods have.
	Local string `json:"local,omitempty"`
	// Compat computes just what the authors' released code computes.
	Compat     bool `json:"compat"`
	prune.Spec      // of every matrix
	// Allocate is one of Allocations: how the zeros are shared out among the
	// matrices. Empty means by error for SparseLLM, else uniform.
	Allocate string `json:"allocate,omitempty"`
	// Epochs of the alternation, the first of which is SparseGPT. 0 means the
	// default.
	Epochs int `json:"epochs,omitempty"`
	// α, β, γ; a zero means the default.
	prune.Penalties
	// Global zeroes by one threshold over all the selected matrices of the
	// model. Only magnitude pruning can.
	Global bool `json:"-"`

	// First and Last say which blocks are pruned: First ≤ i < Last. A Last of
	// 0 means all.
	First int `json:"-"`
	Last  int `json:"-"`
	// Only and Skip select matrices by the name of their tensor; nil selects
	// all, or skips none.
	Only *regexp.Regexp `json:"only,omitempty"`
	Skip *regexp.Regexp `json:"skip,omitempty"`
}

// Check returns a SettingError that says what is wrong with s, whatever the
// model is.
func (s *Settings) Check() error {
	method, err := prune.MethodNamed(s.Method)
	if err != nil {
		return Wrong("%w", err)
	}
	if err := s.Spec.Check(); err != nil {
		return Wrong("%w", err)
	}
	if err := method.CheckBits(s.Bits); err != nil {
		return Wrong("%w", err)
	}
	if err := s.checkLocal(method); err != nil {
		return err
	}
	with := func(can func(prune.MethodInfo) bool) string { return strings.Join(prune.Names(can), " or ") }
	switch uneven := s.Allocate != "" && s.uneven(); {
	case s.Allocate != "" && !slices.Contains(Allocations, s.Allocate):
		return Wrong("<allocate> %s is none of %s", s.Allocate, strings.Join(Allocations, ", "))
	case s.Global && !method.Global:
		return Wrong("<scope> model goes with <method> %s only", with(func(m prune.MethodInfo) bool { return m.Global }))
	case s.Global && s.Pattern.Structured():
		return Wrong("pattern %v leaves a threshold over the whole model nothing to choose", s.Pattern)
	case s.Global && uneven:
		return Wrong("<scope> model shares out the zeros by its one threshold: leave out <allocate> %s", s.Allocate)
	case uneven && s.Pattern.Structured():
		return Wrong("pattern %v makes all matrices alike and leaves nothing to allocate: use it with <allocate> uniform only, not %s", s.Pattern, s.Allocate)
	case s.Epochs < 0:
		return Wrong("<epochs> %d: the alternation needs at least one", s.Epochs)
	}
	for _, p := range s.penalties() {
		if !(*p.at >= 0) {
			return Wrong("<%s> is %v; it must be positive", p.name, *p.at)
		}
	}
	return nil
}

// checkLocal is Check for the local method.
func (s *Settings) checkLocal(method prune.MethodInfo) error {
	local, err := prune.LocalNamed(cmp.Or(s.Local, prune.DefaultLocal))
	switch {
	case err != nil:
		return Wrong("%w", err)
	case method.Alternates && !s.Compat:
		if err := local.CheckBits(s.Bits); err != nil {
			return Wrong("%w", err)
		}
	case local.Name != prune.DefaultLocal:
		return Wrong("a local method is chosen for %s only, and not for the released code",
			strings.Join(prune.Names(func(m prune.MethodInfo) bool { return m.Alternates }), ", "))
	}
	return nil
}

// Complete fills in what s leaves to the defaults, for a model, or returns a
// SettingError. Run does so, too; it is for callers who want to know the
// defaults or the mistakes before.
func (s *Settings) Complete(cfg model.Config) error {
	if err := s.Check(); err != nil {
		return err
	}
	if s.Last == 0 {
		s.Last = cfg.Blocks
	}
	if s.First < 0 || s.First >= s.Last || s.Last > cfg.Blocks {
		return Wrong("blocks %d:%d are not a range of the model's %d blocks", s.First, s.Last, cfg.Blocks)
	}
	if s.alternates() {
		if err := prune.CheckNetwork(string(cfg.Activation), cfg.Gated, s.Compat); err != nil {
			return Wrong("%w", err)
		}
	}
	if s.alternates() && !s.Compat {
		s.Local = cmp.Or(s.Local, prune.DefaultLocal)
	} else {
		s.Local = ""
	}
	s.Allocate = cmp.Or(s.Allocate, s.defaultAllocation())
	s.Epochs = cmp.Or(s.Epochs, s.defaultEpochs())
	for _, p := range s.penalties() {
		*p.at = cmp.Or(*p.at, s.defaultPenalty(cfg, p.name))
	}
	return nil
}

// penalty is a penalty's weight, by its name.
type penalty struct {
	name string
	at   *float64
}

func (s *Settings) penalties() []penalty {
	return []penalty{{"alpha", &s.Alpha}, {"beta", &s.Beta}, {"gamma", &s.Gamma}}
}

// uneven reports whether matrices get sparsities of their own.
func (s *Settings) uneven() bool { return s.Allocate != Allocations[0] }

// alternates reports whether feed-forward networks are pruned as a whole.
func (s *Settings) alternates() bool {
	m, err := prune.MethodNamed(s.Method)
	return err == nil && m.Alternates
}

// defaultAllocation is by error for SparseLLM, which gains most by it, and even
// for what others have published and for patterns.
func (s *Settings) defaultAllocation() string {
	if s.alternates() && !s.Compat && !s.Pattern.Structured() {
		return "error"
	}
	return Allocations[0]
}

// defaultEpochs is how many the released code takes, or as many as gain most
// for their time.
func (s *Settings) defaultEpochs() int {
	if s.Compat {
		return 4
	}
	return 3
}

// defaultPenalty is that of the released code, α, β and γ alike, or what
// generalises best: a small α lets z, and W₁ after it, move far.
func (s *Settings) defaultPenalty(cfg model.Config, name string) float64 {
	switch {
	case s.Compat:
		return releasedPenalty(cfg.Gated)
	case name == "alpha":
		return 0.1
	default:
		return 1
	}
}
