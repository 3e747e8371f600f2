package job

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"sparsellm/arch"
	"sparsellm/checkpoint"
	"sparsellm/inspect"
	"sparsellm/model"
	"sparsellm/pipeline"
	"sparsellm/report"
)

// ErrComplete is Prune's error where it should resume and the folder holds what
// the settings give: there is nothing to do.
var ErrComplete = errors.New("complete already")

// Prune loads a model, calibrates, prunes, writes the folder set.Out, and measures
// perplexities before and after. Of a run that is stopped or fails nothing is
// left, or what set.Resume can go on with (Interrupted, if it was stopped).
func Prune(ctx context.Context, set Settings, hooks Hooks) (result *Result, err error) {
	start := time.Now()
	if err := set.checkPrune(); err != nil {
		return nil, err
	}
	clock := newClock("load")
	defer limitHeap(set.budget)()
	s, err := open(ctx, set, hooks)
	if err != nil {
		return nil, err
	}
	defer s.close()
	rows, err := s.calibration(ctx)
	if err != nil {
		return nil, err
	}
	texts, err := s.evaluations(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.complete(); err != nil {
		return nil, err
	}
	if err := s.checkFile(); err != nil {
		return nil, err
	}
	result = &Result{Settings: s.Settings, Eval: []BeforeAfter{}}
	out, saved, err := s.output(ctx, rows)
	if errors.Is(err, ErrComplete) {
		if err := s.missingFile(ctx); err != nil {
			return nil, err
		}
		return nil, ErrComplete
	}
	if err != nil {
		return nil, err
	}
	hooks.onStop(out.leave)
	defer func() { err = out.end(err) }()

	if len(texts) > 0 {
		clock.turn("perplexity, dense")
	}
	dense, err := s.measure(ctx, s, s.ckpt, "dense", texts)
	if err != nil {
		return nil, err
	}
	steps, err := openTrace(s.Trace, s.Resume)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, steps.close()) }()
	out.removeWith(steps.remove)
	r := run{how: s.Settings.Settings, rows: rows, to: out.w, saved: saved, clock: clock}
	if s.Trace != "" || s.Report {
		r.trace = steps.note
	}
	if result.Layers, err = s.prune(ctx, s, r); err != nil {
		return nil, err
	}
	result.Size = s.sizes(result.Layers)
	clock.turn("write")
	if err := out.commit(ctx); err != nil {
		return nil, err
	}
	if len(texts) > 0 {
		clock.turn("perplexity, pruned")
	}
	hooks.remark("wrote %s", s.Out)
	if err := s.after(ctx, result, dense, texts); err != nil {
		if stopped(err) {
			err = errors.New("interrupted")
		}
		return nil, fmt.Errorf("the pruned model is complete in %s, but what was to follow failed: %w", s.Out, err)
	}
	result.Seconds = time.Since(start).Seconds()
	result.PeakBytes = peakBytes()
	result.Phases = clock.stop()
	return result, nil
}

// output starts the output, or goes on with that of an interrupted run.
func (s *session) output(ctx context.Context, rows [][]int) (*output, *savedRun, error) {
	id, err := s.identity(rows)
	if err != nil {
		return nil, nil, err
	}
	o := checkpoint.Options{DType: s.storeAs, Untie: s.untie, Force: s.Force, Resume: s.Resume, Record: id, Beside: s.madeWords()}
	if s.Values != "" {
		if o.Pack, err = s.packing(ctx, s.Values, s.Head); err != nil {
			return nil, nil, err
		}
	}
	w, err := checkpoint.Create(s.ckpt, s.Out, o)
	if err != nil {
		return nil, nil, s.refusal(err, id)
	}
	out := &output{w: w, dir: s.Out, hooks: s.hooks}
	saved := &savedRun{hooks: s.hooks, out: out, settings: id, first: s.First, blocks: s.End - s.First}
	if err := saved.check(); err != nil {
		return nil, nil, errors.Join(err, w.Suspend())
	}
	if _, resumes := w.Resumes(); resumes {
		out.savedUpTo(0, saved.blocks) // the state, if there is any, says more
	} else if s.Resume {
		s.hooks.remark("nothing to resume in %s: starting from the beginning", s.Out)
	}
	return out, saved, nil
}

// refusal adds to a refused output folder what the user can do. Where the folder
// has what the settings, as id, give, it is ErrComplete.
func (s *session) refusal(err error, id []byte) error {
	st, stat := os.Stat(s.Out)
	force := s.hooks.setting("force")
	done := (*checkpoint.CompleteError)(nil)
	switch {
	case errors.As(err, &done) && done.Other:
		return fmt.Errorf("cannot resume: %s holds the complete result of another model; %s starts again", s.Out, force)
	case done != nil && bytes.Equal(done.Record, id):
		return ErrComplete
	case done != nil:
		return fmt.Errorf("%w; %s starts again", otherSettings("the complete result in "+s.Out, done.Record, id), force)
	case stat == nil && !st.IsDir():
	case errors.Is(err, checkpoint.ErrInterrupted):
		return fmt.Errorf("%w; %s goes on with it, %s starts again", err, s.hooks.setting("resume"), force)
	case errors.Is(err, checkpoint.ErrOutput):
		return fmt.Errorf("%w; %s writes there all the same", err, force)
	}
	return err
}

// after reads back what was written: its masks, and its perplexities.
func (s *session) after(ctx context.Context, r *Result, dense []Evaluated, texts []evaluation) error {
	written, err := checkpoint.Open(s.Out)
	if err != nil {
		return err
	}
	defer written.Close()
	if err := s.writeFile(ctx, written, true); err != nil {
		return err
	}
	if s.Mask != "" {
		var names []string
		for _, l := range r.Layers {
			if !slices.Contains(names, l.Tensor) { // as it is where one holds several matrices
				names = append(names, l.Tensor)
			}
		}
		if err := written.WriteMask(s.Mask, names); err != nil {
			return err
		}
	}
	if s.Report {
		if r.masks, err = masksOf(r.Layers, written); err != nil {
			return err
		}
	}
	if written.Packed() {
		packed := inspect.Stored(written)
		r.Packed = &packed
	}
	pruned, err := s.measure(ctx, s, written, "pruned", texts)
	if err != nil {
		return err
	}
	for i, e := range pruned {
		r.Eval = append(r.Eval, BeforeAfter{e.Text, dense[i].Perplexity, e.Perplexity})
	}
	return nil
}

// mostMasks is how many matrices a report shows the masks of.
const mostMasks = 256

// masksOf returns the masks of pruned matrices, of blocks evenly far apart if
// there are too many for all. It reads a block at a time.
func masksOf(layers []pipeline.MatrixReport, written *checkpoint.Checkpoint) ([]*report.Mask, error) {
	m, err := arch.Open[float32](written.Config(), checkpoint.AsNumbers(written))
	if err != nil {
		return nil, err
	}
	every := (len(layers) + mostMasks - 1) / mostMasks
	isShown := func(l pipeline.MatrixReport) bool { return (l.Block-layers[0].Block)%every == 0 }
	shown := 0
	for _, l := range layers {
		if isShown(l) {
			shown++
		}
	}
	masks := make([]*report.Mask, len(layers))
	var block *model.Block[float32]
	for i, l := range layers {
		if !isShown(l) {
			continue
		}
		if i == 0 || l.Block != layers[i-1].Block {
			if block, err = m.Block(l.Block); err != nil {
				return nil, err
			}
		}
		for _, lin := range block.Linears() {
			if lin.Name != l.Name {
				continue
			}
			w := lin.Matrix()
			if masks[i], err = report.NewMask(w.Rows, w.Cols, w.Clone().Data, report.PictureBytes/shown); err != nil {
				return nil, err
			}
		}
	}
	return masks, nil
}
