package job

import (
	"context"
	"slices"
	"strings"
	"time"

	"sparsellm/checkpoint"
	"sparsellm/pipeline"
	"sparsellm/prune"
)

// Comparison is what Compare has found.
type Comparison struct {
	Settings Settings    `json:"settings"`
	Dense    []Evaluated `json:"dense"`
	// DenseTasks are how the dense model does tasks, DenseAgainst how far it is from
	// that of Settings.Against.
	DenseTasks   []TaskResult `json:"dense_tasks,omitempty"`
	DenseAgainst []Distance   `json:"dense_against,omitempty"`
	Runs         []Cell       `json:"runs"`
	Phases       []Phase      `json:"phases"`
	Seconds      float64      `json:"seconds"`
	PeakBytes    int64        `json:"peak_bytes"`
}

// Cell is one cell of a comparison's table.
type Cell struct {
	Method   string                  `json:"method"`
	Target   string                  `json:"target"`
	Sparsity float64                 `json:"sparsity"` // that was reached
	Eval     []Evaluated             `json:"eval"`
	Tasks    []TaskResult            `json:"tasks,omitempty"`
	Against  []Distance              `json:"against,omitempty"`
	Layers   []pipeline.MatrixReport `json:"layers"`
	Seconds  float64                 `json:"seconds"`
	Error    string                  `json:"error,omitempty"`
}

// Failed says how many runs have failed.
func (c *Comparison) Failed() (n int) {
	for _, run := range c.Runs {
		if run.Error != "" {
			n++
		}
	}
	return n
}

// Compare prunes a model by each of set.Methods to each of set.Targets, lays the
// weights over the model in memory, rounded as they would be stored, and measures
// perplexities. A run that fails leaves the others be.
//
// A method is a name of prune.Methods, and may have after it +LOCAL, which is
// Settings.Local, -compat, which is Settings.Compat, and @ALLOCATION, which is
// Settings.Allocate, in this order.
func Compare(ctx context.Context, set Settings, hooks Hooks) (*Comparison, error) {
	start := time.Now()
	cells, err := set.cells()
	if err != nil {
		return nil, err
	}
	clock := newClock("load")
	defer limitHeap(set.budget)()
	s, err := open(ctx, set, hooks)
	if err != nil {
		return nil, err
	}
	defer s.close()
	result := &Comparison{}
	if err := s.compare(ctx, cells, clock, result); err != nil {
		return nil, err
	}
	result.Seconds = time.Since(start).Seconds()
	result.PeakBytes = peakBytes()
	result.Phases = clock.stop()
	return result, nil
}

// cells says what is wrong with the settings, whatever the model is, and returns
// how to prune in each cell, all targets of a method after one another.
func (s *Settings) cells() ([]pipeline.Settings, error) {
	if err := s.checkModel(); err != nil {
		return nil, err
	}
	if err := s.checkCalib(); err != nil {
		return nil, err
	}
	if err := s.checkRecipe(); err != nil {
		return nil, err
	}
	if len(s.Eval) == 0 && len(s.Tasks) == 0 {
		return nil, pipeline.Wrong("<eval> is missing: give a file to measure perplexity on, or <tasks>")
	}
	if err := s.TaskSettings.check(); err != nil {
		return nil, err
	}
	if err := s.checkAgainst(); err != nil {
		return nil, err
	}
	if len(s.Methods) == 0 || len(s.Targets) == 0 {
		return nil, pipeline.Wrong("<methods> and <sparsities> must not be empty")
	}
	var cells []pipeline.Settings
	for i, name := range s.Methods {
		if slices.Contains(s.Methods[:i], name) {
			return nil, pipeline.Wrong("<methods> has %s twice", name)
		}
		how, err := s.named(name)
		if err != nil {
			return nil, err
		}
		for _, target := range s.Targets {
			cell := *s
			cell.Settings = how
			if err := cell.SetTarget(target); err != nil {
				return nil, err
			}
			if err := cell.Check(); err != nil {
				return nil, pipeline.Wrong("%s: %w", name, err)
			}
			cells = append(cells, cell.Settings)
		}
	}
	return cells, nil
}

// named returns how to prune by a method of a list.
func (s *Settings) named(name string) (pipeline.Settings, error) {
	how := s.Settings
	method, allocate, ok := strings.Cut(name, "@")
	if ok && !slices.Contains(pipeline.Allocations, allocate) {
		return how, pipeline.Wrong("%s: there is no allocation %q: it is one of %s", name, allocate, strings.Join(pipeline.Allocations, ", "))
	}
	if ok {
		how.Allocate = allocate
	}
	method, compat := strings.CutSuffix(method, "-compat")
	how.Compat = how.Compat || compat
	method, local, chosen := strings.Cut(method, "+")
	info, err := prune.MethodNamed(method)
	if err != nil {
		return how, pipeline.Wrong("%w", err)
	}
	how.Method = info.Name
	how.Global = how.Global && info.Global
	if chosen {
		how.Local = local
	} else if !info.Alternates || how.Compat {
		how.Local = ""
	}
	return how, nil
}

// compare fills in the result, but for its times.
func (s *session) compare(ctx context.Context, cells []pipeline.Settings, clock *clock, result *Comparison) error {
	rows, err := s.calibration(ctx)
	if err != nil {
		return err
	}
	texts, err := s.evaluations(ctx)
	if err != nil {
		return err
	}
	questions, err := s.askings(ctx)
	if err != nil {
		return err
	}
	if s.hooks.Loaded != nil {
		s.hooks.Loaded()
	}
	if err := s.choose(s.cfg.Blocks); err != nil {
		return err
	}
	result.Settings = s.Settings
	result.Settings.Method, result.Settings.Local = "", "" // each cell has its own
	clock.turn("dense")
	y := &yardstick{texts: texts, questions: questions, brief: true}
	defer y.close()
	if err := s.askAgainst(ctx, y); err != nil {
		return err
	}
	if result.Dense, result.DenseAgainst, result.DenseTasks, err = y.measure(ctx, s, s.ckpt, "dense"); err != nil {
		return err
	}
	if y.against == nil {
		y.than = result.DenseTasks
	}
	for i, how := range cells {
		how.First, how.End = s.First, s.End
		cell := Cell{Method: s.Methods[i/len(s.Targets)], Target: describeTarget(how.Spec)}
		clock.turn(cell.Method + " " + cell.Target)
		if err := s.cell(ctx, how, rows, y, &cell); err != nil {
			if ctx.Err() != nil {
				return err
			}
			cell.Error = s.hooks.words(err)
		}
		result.Runs = append(result.Runs, cell)
	}
	return nil
}

// cell prunes over the model and measures what that did to it.
func (s *session) cell(ctx context.Context, how pipeline.Settings, rows [][]int, y *yardstick, cell *Cell) error {
	over, err := checkpoint.NewOverlay(s.ckpt, s.storeAs)
	if err != nil {
		return err
	}
	if err := how.Complete(s.cfg); err != nil {
		return err
	}
	label := cell.Method + " " + cell.Target
	start := time.Now()
	layers, err := s.prune(ctx, s, run{how: how, rows: rows, to: over, label: label + ": "})
	if err != nil {
		return err
	}
	cell.Seconds = time.Since(start).Seconds()
	cell.Layers, cell.Sparsity = layers, Sparsity(layers)
	cell.Eval, cell.Against, cell.Tasks, err = y.measure(ctx, s, over, label)
	return err
}
