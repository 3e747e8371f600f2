package job

import (
	"context"
	"encoding/json"
	"strings"

	"sparsellm/arch"
	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/pipeline"
	"sparsellm/prune"
)

// Weights says which weights to explain.
type Weights struct {
	Block  int
	Matrix string // its name in the block, or what follows the name's last dot
	Row    int
	// From and To are the columns: From ≤ column < To. A To of −1 stands for
	// eight columns, or as many as there are in the matrix and the sweep's
	// block.
	From, To int
}

// Explanation is what Explain has worked out.
type Explanation struct {
	Settings SweepSettings `json:"settings"`
	Block    int           `json:"block"`
	Name     string        `json:"name"`
	Tensor   string        `json:"tensor"`
	Rows     int           `json:"rows"`
	Cols     int           `json:"cols"`
	Row      int           `json:"row"`
	Sweep    [2]int        `json:"sweep"`   // the columns that a threshold is for: from ≤ j < to
	Damping  float64       `json:"damping"` // that the Hessian took
	// Threshold is the score up to which a weight goes; null under a pattern,
	// and where none goes.
	Threshold *float64          `json:"threshold"`
	Columns   []ExplainedColumn `json:"columns"`
}

// SweepSettings are those that decide a sweep.
type SweepSettings struct{ Settings }

// MarshalJSON implements json.Marshaler.
func (s SweepSettings) MarshalJSON() ([]byte, error) {
	return s.ordered(append(modelKeys[:len(modelKeys):len(modelKeys)], sweepKeys...))
}

var _ json.Marshaler = SweepSettings{}

// ExplainedColumn is prune.WorkedColumn.
type ExplainedColumn struct {
	Column  int       `json:"column"`
	Dense   float64   `json:"dense"`
	Scored  float64   `json:"scored"`
	R       float64   `json:"r"`
	Score   float64   `json:"score"`
	Weight  float64   `json:"weight"`
	Zeroed  bool      `json:"zeroed"`
	Kept    float64   `json:"kept"`
	Err     float64   `json:"err"`
	Updates []float64 `json:"updates"` // of the columns after it, in order
	Dead    bool      `json:"dead,omitempty"`
}

// Explain works out the numbers of SparseGPT's sweep for a few weights, the
// blocks before theirs being dense.
func Explain(ctx context.Context, set Settings, w Weights, hooks Hooks) (*Explanation, error) {
	set.Method, set.Local = prune.DefaultLocal, ""
	if err := set.checkModel(); err != nil {
		return nil, err
	}
	if err := set.checkCalib(); err != nil {
		return nil, err
	}
	if err := set.Check(); err != nil {
		return nil, err
	}
	s, err := open(ctx, set, hooks)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if w.Block < 0 || w.Block >= s.cfg.Blocks {
		return nil, pipeline.Wrong("<block> %d is not one of the model's %d, from 0 on", w.Block, s.cfg.Blocks)
	}
	s.First, s.End, s.Epochs = w.Block, w.Block+1, 1
	return s.explain(ctx, s, w)
}

func (in[T]) explain(ctx context.Context, s *session, at Weights) (*Explanation, error) {
	m, err := arch.Open[T](s.ckpt.Config(), s.numbers())
	if err != nil {
		return nil, err
	}
	b, err := m.Block(at.Block)
	if err != nil {
		return nil, err
	}
	l, err := findMatrix(b, at)
	if err != nil {
		return nil, err
	}
	rows, cols := l.Weight.Outputs(), l.Weight.Inputs()
	if at.To < 0 {
		at.To = max(min(at.From+8, cols, (at.From/s.BlockSize+1)*s.BlockSize), at.From+1)
	}
	if err := s.CheckWork(rows, cols, at.Row, at.From, at.To); err != nil {
		return nil, pipeline.Wrong("%w", err)
	}
	samples, err := s.calibration(ctx)
	if err != nil {
		return nil, err
	}
	event, end := s.hooks.pruning("", 1)
	w, err := pipeline.Explain(ctx, s.pool, m, samples, pipeline.Options[T]{Settings: s.Settings.Settings, Progress: event}, l.Name, at.Row, at.From, at.To)
	end(false)
	if err != nil {
		return nil, err
	}
	r := &Explanation{
		Settings: SweepSettings{s.Settings},
		Block:    at.Block, Name: l.Name, Tensor: l.Slot.Tensor, Rows: rows, Cols: cols, Row: at.Row,
		Sweep: [2]int{w.First, w.End}, Damping: w.Damping,
	}
	if !s.Pattern.Structured() && s.Sparsity > 0 {
		r.Threshold = &w.Threshold
	}
	for _, c := range w.Columns {
		r.Columns = append(r.Columns, ExplainedColumn{
			Column: c.Column, Dense: c.Dense, Scored: c.Scored, R: c.Diagonal, Score: c.Saliency, Weight: c.Weight,
			Zeroed: c.Zeroed, Kept: c.Kept, Err: c.Err, Updates: append([]float64{}, c.Updates...), Dead: c.Dead,
		})
	}
	return r, nil
}

// findMatrix returns the matrix that at names.
func findMatrix[T linalg.Float](b *model.Block[T], at Weights) (*model.Linear[T], error) {
	var names []string
	for _, l := range b.Linears() {
		if l.Name == at.Matrix || strings.HasSuffix(l.Name, "."+at.Matrix) && !strings.Contains(at.Matrix, ".") {
			return l, nil
		}
		names = append(names, l.Name)
	}
	return nil, pipeline.Wrong("<matrix> %s: block %d has %s", at.Matrix, at.Block, strings.Join(names, ", "))
}
