package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"sparsellm/checkpoint"
	"sparsellm/internal/atomicfile"
	"sparsellm/pipeline"
	"sparsellm/prune"
	"sparsellm/report"
)

// reportFile is the report's name in the folder that --report gives.
const reportFile = "report.html"

const reportUsage = "also write the result as a page, report.html, to this `folder`"

// checkReport says early whether writeReport will be able to make the folder.
func checkReport(dir string) error {
	for p := filepath.Clean(dir); dir != ""; p = filepath.Dir(p) {
		switch st, err := os.Stat(p); {
		case err == nil && st.IsDir():
			return nil
		case err == nil:
			return fmt.Errorf("cannot write a report to %s: %s is not a folder", dir, p)
		case !errors.Is(err, os.ErrNotExist):
			return fmt.Errorf("cannot write a report to %s: %w", dir, err)
		}
	}
	return nil
}

// writeReport writes d to the folder dir, which it makes if need be.
func (c *console) writeReport(dir string, d *report.Data) error {
	path := filepath.Join(dir, reportFile)
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		err = atomicfile.Write(path, func(w io.Writer) error { return report.Write(w, d) })
	}
	if err != nil {
		return fmt.Errorf("cannot write the report: %w", err)
	}
	c.remark("wrote %s", path)
	return nil
}

// report returns what a report of the result shows; the masks are those of
// written.
func (r pruneResult) report(written *checkpoint.Checkpoint) (*report.Data, error) {
	s := r.Settings
	d := &report.Data{
		Title:    fmt.Sprintf("%s, %s zeros", baseName(s.Model), percent(sparsity(r.Layers))),
		Subtitle: fmt.Sprintf("%s, calibrated with %d samples of %d tokens of %s", methodTitle(s.Method, s.Compat), s.NSamples, s.Sample, baseName(s.Calib)),
		Notes:    footnotes(r.Layers),
		Phases:   phases(r.Phases),
		Matrices: reportMatrices(r.Layers),
		Blocks:   reportBlocks(r.Layers),
	}
	if s.Pattern != "" {
		d.Subtitle += ", pattern " + s.Pattern
		if p, err := prune.ParsePattern(s.Pattern); err == nil {
			d.Group = p.Of
		}
	}
	var err error
	if d.Settings, err = s.list(); err != nil {
		return nil, err
	}
	if len(r.Eval) > 0 {
		e := r.Eval[0]
		d.Facts = append(d.Facts, report.Fact{Value: fmt.Sprintf("%v → %v", e.Dense, e.Pruned),
			Label: fmt.Sprintf("perplexity on %s, windows of %d", baseName(e.File), e.SeqLen)})
	}
	for _, e := range r.Eval {
		d.Texts = append(d.Texts, report.Text{Name: baseName(e.File), SeqLen: e.SeqLen, Tokens: e.Tokens, Dense: float64(e.Dense), Pruned: float64(e.Pruned)})
		if p := float64(e.Pruned); math.IsNaN(p) || math.IsInf(p, 0) {
			d.Notes = append(d.Notes, fmt.Sprintf("On %s the pruned model's perplexity is %v: it computes numbers that are not finite.", baseName(e.File), e.Pruned))
		}
	}
	d.Facts = append(d.Facts,
		report.Fact{Value: percent(sparsity(r.Layers)), Label: fmt.Sprintf("zeros in %d matrices", len(r.Layers))},
		report.Fact{Value: inSeconds(r.Seconds), Label: "in all"},
		report.Fact{Value: humanBytes(r.PeakBytes), Label: "memory, at most"})
	return d, addMasks(d, r.Layers, written)
}

// mostMasks is how many matrices a report shows the masks of.
const mostMasks = 256

// addMasks reads the pruned matrices, one at a time, and adds their masks: of
// blocks evenly far apart, if there are too many for all.
func addMasks(d *report.Data, layers []pipeline.MatrixReport, written *checkpoint.Checkpoint) error {
	every := (len(layers) + mostMasks - 1) / mostMasks
	shown := 0
	for _, l := range layers {
		if (l.Block-layers[0].Block)%every == 0 {
			shown++
		}
	}
	for i, l := range layers {
		if (l.Block-layers[0].Block)%every != 0 {
			continue
		}
		w := make([]float32, l.Rows*l.Cols)
		if err := written.ReadFloat32(l.Tensor, w); err != nil {
			return err
		}
		var err error
		if d.Matrices[i].Mask, err = report.NewMask(l.Rows, l.Cols, w, report.PictureBytes/shown); err != nil {
			return err
		}
	}
	return nil
}

// report returns what a report of the comparison shows.
func (r compareResult) report() (*report.Data, error) {
	s := r.Settings
	d := &report.Data{
		Title:    "Methods compared on " + baseName(s.Model),
		Subtitle: fmt.Sprintf("Calibrated with %d samples of %d tokens of %s", s.NSamples, s.Sample, baseName(s.Calib)),
		Phases:   phases(r.Phases),
	}
	var err error
	if d.Settings, err = s.list(); err != nil {
		return nil, err
	}
	for _, e := range r.Dense {
		d.Facts = append(d.Facts, report.Fact{Value: e.Perplexity.String(), Label: fmt.Sprintf("dense on %s, windows of %d", baseName(e.File), e.SeqLen)})
		d.Texts = append(d.Texts, report.Text{Name: baseName(e.File), SeqLen: e.SeqLen, Tokens: e.Tokens, Dense: float64(e.Perplexity)})
	}
	d.Facts = append(d.Facts,
		report.Fact{Value: strconv.Itoa(len(r.Runs)), Label: "runs"},
		report.Fact{Value: inSeconds(r.Seconds), Label: "in all"},
		report.Fact{Value: humanBytes(r.PeakBytes), Label: "memory, at most"})
	for _, run := range r.Runs {
		row := report.Run{Method: run.Method, Target: run.Target, Sparsity: run.Sparsity, Seconds: run.Seconds, Error: run.Error,
			Structured: strings.Contains(run.Target, ":")}
		if spec, err := parseTarget(run.Target, prune.Spec{}); err == nil && run.Error != "" {
			row.Sparsity = spec.Target()
			d.Notes = append(d.Notes, fmt.Sprintf("%s at %s failed: %s", run.Method, run.Target, run.Error))
		}
		for _, e := range run.Eval {
			row.Perplexities = append(row.Perplexities, float64(e.Perplexity))
		}
		d.Runs = append(d.Runs, row)
	}
	return d, nil
}

func reportMatrices(layers []pipeline.MatrixReport) []report.Matrix {
	var all []report.Matrix
	for _, l := range layers {
		all = append(all, report.Matrix{Block: l.Block, Name: l.Name, Rows: l.Rows, Cols: l.Cols, Sparsity: l.Sparsity, Error: l.Error, Seconds: l.Seconds})
	}
	return all
}

func reportBlocks(layers []pipeline.MatrixReport) []report.Block {
	var all []report.Block
	for _, l := range layers {
		if l.Network == nil {
			continue
		}
		b := report.Block{Block: l.Block, Objective: l.Network.Objective, Kept: l.Network.Kept, Final: l.Network.Final}
		for _, u := range l.Network.Updates {
			b.Updates = append(b.Updates, report.Update{Epoch: u.Epoch, Before: report.Parts(u.Before), After: report.Parts(u.After)})
		}
		all = append(all, b)
	}
	return all
}

func phases(all []phase) []report.Phase {
	var list []report.Phase
	for _, p := range all {
		list = append(list, report.Phase{Name: p.Name, Seconds: p.Seconds, PeakBytes: p.PeakBytes})
	}
	return list
}

// list returns the settings by name.
func (s settings) list() ([]report.Setting, error) {
	var list []report.Setting
	err := s.each(func(name, value string) { list = append(list, report.Setting{Name: name, Value: value}) })
	return list, err
}

// baseName is a path's last element, which a hub's name has, too.
func baseName(path string) string { return filepath.Base(filepath.Clean(path)) }
