package job

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sparsellm/arch"
	"sparsellm/checkpoint"
	"sparsellm/inspect"
	"sparsellm/packed"
	"sparsellm/pipeline"
	"sparsellm/prune"
)

// Repacking are the settings of Pack and Unpack.
type Repacking struct {
	Model  string `json:"model"` // folder, GGUF file, or name of a model of the hub
	Out    string `json:"out"`   // folder to write
	Values string `json:"values,omitempty"`
	Head   string `json:"head,omitempty"`
	DType  string `json:"dtype,omitempty"` // of weights that are unpacked: f32, f16, bf16, or keep
	Force  bool   `json:"-"`               // also if the folder is not empty, or the model's own
}

// Repacked is what Pack or Unpack has done.
type Repacked struct {
	Settings  Repacking       `json:"settings"`
	Size      inspect.Storage `json:"size"` // of what was written
	Seconds   float64         `json:"seconds"`
	PeakBytes int64           `json:"peak_bytes"`
}

// packing returns how to pack the session's model.
func (s *session) packing(ctx context.Context, values, head string) (*checkpoint.Packing, error) {
	p, err := parsePacking(values, head)
	if err != nil {
		return nil, err
	}
	if p.Matrices, p.Tables, err = arch.Slots(s.ckpt.Config(), s.ckpt); err != nil {
		return nil, err
	}
	at := s.hooks.packing()
	p.Progress = func(done, total int) error {
		at(done, total)
		return ctx.Err()
	}
	return p, nil
}

// parsePacking reads how kept weights are to be stored.
func parsePacking(values, head string) (*checkpoint.Packing, error) {
	v, err := checkpoint.ParseValues(values)
	if err != nil {
		return nil, pipeline.Wrong("<values> %s is none of f16, q8, q4", values)
	}
	h, err := checkpoint.ParseValues(head)
	if err != nil {
		return nil, pipeline.Wrong("<head> %s is none of f16, q8, q4", head)
	}
	return &checkpoint.Packing{Values: v, Head: h}, nil
}

// UsualHead is how embeddings and head are packed where nothing is said.
const UsualHead = "q8"

// gridOf returns what weights are moved to that are packed so; nil where they are
// only rounded.
func gridOf(v packed.Values) *prune.Grid {
	switch v {
	case packed.Q8:
		return &prune.Grid{Columns: packed.GroupCols, Least: -127, Top: 127}
	case packed.Q4:
		return &prune.Grid{Columns: packed.GroupCols, Least: -8, Top: 7}
	}
	return nil
}

// Pack writes a model with its zeros left out to the folder set.Out.
func Pack(ctx context.Context, set Repacking, hooks Hooks) (*Repacked, error) {
	if _, err := parsePacking(set.Values, set.Head); err != nil {
		return nil, err
	}
	return repack(ctx, set, hooks, func(s *session) (o checkpoint.Options, err error) {
		if s.ckpt.Packed() {
			return o, fmt.Errorf("%s is packed already: what it was packed from packs otherwise", set.Model)
		}
		o.Pack, err = s.packing(ctx, set.Values, set.Head)
		return o, err
	})
}

// Unpack writes a packed model as the folder that other programs load.
func Unpack(ctx context.Context, set Repacking, hooks Hooks) (*Repacked, error) {
	d, err := parseDType(set.DType)
	if err != nil {
		return nil, err
	}
	return repack(ctx, set, hooks, func(s *session) (checkpoint.Options, error) {
		if !s.ckpt.Packed() {
			return checkpoint.Options{}, fmt.Errorf("%s is not packed: there is nothing to unpack", set.Model)
		}
		return checkpoint.Options{DType: d, Untie: s.untie}, nil
	})
}

// repack writes a model as options say.
func repack(ctx context.Context, set Repacking, hooks Hooks, options func(*session) (checkpoint.Options, error)) (r *Repacked, err error) {
	start := time.Now()
	all := Default()
	all.Model, all.Out, all.Force, all.Threads = set.Model, set.Out, set.Force, 1
	if err := all.checkModel(); err != nil {
		return nil, err
	}
	if set.Out == "" {
		return nil, pipeline.Wrong("<out> is missing: give the folder to write to")
	}
	s, err := open(ctx, all, hooks)
	if err != nil {
		return nil, err
	}
	defer s.close()
	o, err := options(s)
	if err != nil {
		return nil, err
	}
	o.Force = set.Force
	w, err := checkpoint.Create(s.ckpt, set.Out, o)
	if err != nil {
		return nil, s.refusal(err, nil)
	}
	out := &output{w: w, dir: set.Out, hooks: hooks}
	hooks.onStop(out.leave)
	defer func() { err = out.end(err) }()
	if err := out.commit(ctx); err != nil {
		return nil, err
	}
	written, err := checkpoint.Open(set.Out)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the model is complete in %s, but cannot be read back", set.Out), err)
	}
	defer written.Close()
	r = &Repacked{Settings: set, Size: inspect.Stored(written)}
	r.Seconds, r.PeakBytes = time.Since(start).Seconds(), peakBytes()
	return r, nil
}
