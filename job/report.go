package job

import (
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"sparsellm/pipeline"
	"sparsellm/prune"
	"sparsellm/report"
)

// Page returns what a report of the result shows. There are masks and updates if
// the settings asked for a Report.
func (r *Result) Page() (*report.Data, error) {
	s := r.Settings
	d := &report.Data{
		Title:    fmt.Sprintf("%s, %s zeros", baseName(s.Model), report.Percent(Sparsity(r.Layers))),
		Subtitle: fmt.Sprintf("%s, calibrated with %d samples of %d tokens of %s", methodTitle(s.Method, s.Compat), s.Samples, s.SampleLen, baseName(s.Calib)),
		Notes:    Notes(r.Layers),
		Phases:   phases(r.Phases),
		Matrices: reportMatrices(r.Layers),
		Blocks:   reportBlocks(r.Layers),
	}
	if s.Pattern.Structured() {
		d.Subtitle += ", pattern " + s.Pattern.String()
		d.Group = s.Pattern.Of
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
		report.Fact{Value: report.Percent(Sparsity(r.Layers)), Label: fmt.Sprintf("zeros in %d matrices", len(r.Layers))},
		report.Fact{Value: report.Duration(r.Seconds), Label: "in all"},
		report.Fact{Value: report.Bytes(r.PeakBytes), Label: "memory, at most"})
	for i, m := range r.masks {
		d.Matrices[i].Mask = m
	}
	return d, nil
}

// Page returns what a report of the comparison shows.
func (r *Comparison) Page() (*report.Data, error) {
	s := r.Settings
	d := &report.Data{
		Title:    "Methods compared on " + baseName(s.Model),
		Subtitle: fmt.Sprintf("Calibrated with %d samples of %d tokens of %s", s.Samples, s.SampleLen, baseName(s.Calib)),
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
	d.Measures = reportMeasures(r.DenseTasks, r.DenseAgainst)
	d.Facts = append(d.Facts,
		report.Fact{Value: strconv.Itoa(len(r.Runs)), Label: "runs"},
		report.Fact{Value: report.Duration(r.Seconds), Label: "in all"},
		report.Fact{Value: report.Bytes(r.PeakBytes), Label: "memory, at most"})
	for _, run := range r.Runs {
		row := report.Run{Method: run.Method, Target: run.Target, Sparsity: run.Sparsity, Seconds: run.Seconds, Error: run.Error,
			Structured: strings.Contains(run.Target, ":")}
		var wanted Settings
		if err := wanted.SetTarget(run.Target); err == nil && run.Error != "" {
			row.Sparsity = wanted.Target()
			d.Notes = append(d.Notes, fmt.Sprintf("%s at %s failed: %s", run.Method, run.Target, run.Error))
		}
		for _, e := range run.Eval {
			row.Perplexities = append(row.Perplexities, float64(e.Perplexity))
		}
		row.Measures = reportMeasured(run.Tasks, run.Against)
		d.Runs = append(d.Runs, row)
	}
	return d, nil
}

// reportMeasures are those of a comparison besides perplexity on texts.
func reportMeasures(dense []TaskResult, against []Distance) (all []report.Measure) {
	for _, e := range against {
		on := fmt.Sprintf("on %s, windows of %d", baseName(e.File), e.SeqLen)
		all = append(all,
			report.Measure{Name: "KL divergence", Note: "in nats, " + on, Dense: float64(e.KL)},
			report.Measure{Name: "Most likely token is the same", Note: on, Dense: float64(e.Agreement), More: true})
	}
	for _, r := range dense {
		for _, m := range r.Measures {
			all = append(all, report.Measure{
				Name: fmt.Sprintf("%s, %s", baseName(r.Task), m.Name), Note: fmt.Sprintf("%d documents", r.N()),
				Dense: m.Value(), More: m.More(),
			})
		}
	}
	return all
}

// reportMeasured are what a run has of them, in the same order.
func reportMeasured(results []TaskResult, against []Distance) (all []report.Measured) {
	for _, e := range against {
		all = append(all,
			report.Measured{Value: float64(e.KL), Note: fmt.Sprintf("± %.2g", float64(e.KLStderr))},
			report.Measured{Value: float64(e.Agreement), Note: fmt.Sprintf("± %.2g", float64(e.AgreementStderr))})
	}
	for _, r := range results {
		for i, m := range r.Measures {
			v := report.Measured{Value: m.Value()}
			if i < len(r.Differences) {
				v.Note = fmt.Sprintf("%+.3g ± %.2g from dense", float64(r.Differences[i].By), float64(r.Differences[i].Stderr))
			}
			all = append(all, v)
		}
	}
	return all
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

func phases(all []Phase) []report.Phase {
	var list []report.Phase
	for _, p := range all {
		list = append(list, report.Phase{Name: p.Name, Seconds: p.Seconds, PeakBytes: p.PeakBytes})
	}
	return list
}

// list returns the settings by name.
func (s Settings) list() ([]report.Setting, error) {
	var list []report.Setting
	err := s.Each(func(name, value string) { list = append(list, report.Setting{Name: name, Value: value}) })
	return list, err
}

// methodTitle is a method's name as its authors write it.
func methodTitle(name string, compat bool) string {
	if m, err := prune.MethodNamed(name); err == nil {
		name = m.Title
	}
	if compat {
		name += " as released"
	}
	return name
}

// Notes says what else a reader should know of the matrices.
func Notes(layers []pipeline.MatrixReport) []string {
	const most = 8 // about damping
	var notes []string
	damped := 0
	for _, l := range layers {
		if l.Damping > 0 {
			if damped++; damped <= most {
				notes = append(notes, fmt.Sprintf("block %d, %s: the Hessian's damping was raised to %g", l.Block, l.Name, l.Damping))
			}
		}
	}
	if damped > most {
		notes = append(notes, fmt.Sprintf("and so were those of %d more matrices; the JSON lists them", damped-most))
	}
	fallen, by := 0, ""
	for _, l := range layers {
		if l.Fallback != "" {
			fallen, by = fallen+1, l.Fallback
		}
	}
	if fallen > 0 {
		notes = append(notes, fmt.Sprintf("%d matrices are of experts that too few calibration tokens reach; they were pruned by %s, and more --nsamples would help", fallen, by))
	}
	if n := dead(layers); n > 0 {
		notes = append(notes, fmt.Sprintf("%d input features were zero in every calibration sample; weights that read them are zeroed", n))
	}
	return notes
}

// dead counts the dead features of all layers.
func dead(layers []pipeline.MatrixReport) int {
	n := 0
	for _, l := range layers {
		n += l.Dead
	}
	return n
}

// baseName is a path's last element, which a hub's name has, too.
func baseName(path string) string { return filepath.Base(filepath.Clean(path)) }
