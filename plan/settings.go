package plan

import (
	"fmt"

	"sparsellm/model"
	"sparsellm/pipeline"
	"sparsellm/prune"
)

// Settings of a run: what pipeline.Settings say of how to prune, and what of.
type Settings struct {
	Method    string `json:"method"` // the name of one of prune.Methods
	Local     string `json:"local,omitempty"`
	Compat    bool   `json:"compat,omitempty"`
	Allocate  string `json:"allocate"`
	KeepMask  bool   `json:"keep_mask,omitempty"`
	BlockSize int    `json:"blocksize"`
	Epochs    int    `json:"epochs"`              // of SparseLLM, the first of which is SparseGPT
	First     int    `json:"first"`               // block that is pruned
	End       int    `json:"last"`                // one past the last
	Quantised bool   `json:"quantised,omitempty"` // weights are moved to a grid once they are pruned
	Width     int    `json:"width"`               // bytes of a number: 4 in float32, 8 in float64

	Samples   int     `json:"nsamples"`
	SeqLen    int     `json:"seqlen"` // tokens of each
	Threads   int     `json:"threads"`
	Evaluated float64 `json:"evaluated,omitempty"` // tokens of the longest text of which perplexity is measured as well
	Laid      float64 `json:"laid,omitempty"`      // bytes of pruned weights that stay in memory

	// Auxiliaries is where SparseLLM's auxiliary variables are, one of
	// Auxiliaries; empty is InMemory.
	Auxiliaries string `json:"auxiliaries,omitempty"`
}

// SettingsOf returns those of complete settings, computed in numbers of so many
// bytes; the samples and the threads are left to the caller.
func SettingsOf(s pipeline.Settings, width int) Settings {
	return Settings{
		Method: s.Method, Local: s.Local, Compat: s.Compat, Allocate: s.Allocate, KeepMask: s.KeepMask, BlockSize: s.BlockSize,
		Epochs: s.Epochs, First: s.First, End: s.End, Width: width, Quantised: s.Grid != nil,
	}
}

// info is what there is to know of the method; check has found it.
func (s Settings) info() prune.MethodInfo {
	info, _ := prune.MethodNamed(s.Method)
	return info
}

// factors reports whether the factor of each Hessian is needed.
func (s Settings) factors() bool { return s.info().Factor || s.Quantised }

// together reports whether feed-forward networks are pruned as a whole by
// SparseLLM, rather than by the released code or each matrix for itself.
func (s Settings) together() bool { return s.info().Alternates && !s.Compat }

// anew reports whether the run can compute its auxiliary variables anew.
func (s Settings) anew() bool { return s.together() && s.Epochs <= anewEpochs }

// samplesHeld reports whether some of the samples are held out.
func (s Settings) samplesHeld() bool { return s.together() && pipeline.HeldOut(s.Samples) > 0 }

func (s Settings) check(c model.Config) error {
	_, err := prune.MethodNamed(s.Method)
	switch {
	case err != nil:
		return fmt.Errorf("plan: %w", err)
	case s.Samples < 1 || s.SeqLen < 1 || s.Epochs < 1 || s.Threads < 1 || s.BlockSize < 1 || s.Width < 1:
		return fmt.Errorf("plan: %d samples of %d tokens, %d epochs, blocks of %d columns, %d threads and %d bytes a number: each must be at least 1",
			s.Samples, s.SeqLen, s.Epochs, s.BlockSize, s.Threads, s.Width)
	case s.SeqLen > c.MaxPositions:
		return fmt.Errorf("plan: the model takes %d tokens at most, not %d", c.MaxPositions, s.SeqLen)
	case s.First < 0 || s.First >= s.End || s.End > c.Blocks:
		return fmt.Errorf("plan: blocks %d:%d are not a range of the model's %d blocks", s.First, s.End, c.Blocks)
	}
	return nil
}
