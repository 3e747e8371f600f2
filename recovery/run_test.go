package recovery

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sparsellm/internal/golden"
	"sparsellm/linalg"
	"sparsellm/model"
)

// kept is a sink that keeps what is stored and rounds nothing.
type kept map[string]linalg.Matrix[float32]

func (k kept) Store(at model.Slot, w linalg.Matrix[float32]) error {
	k[at.Tensor] = w.Clone()
	return nil
}
func (k kept) Round(model.Slot, linalg.Matrix[float32]) {}

// coarse is a sink whose rounding undoes all that was learned: it leaves nothing.
type coarse struct{ kept }

func (coarse) Round(_ model.Slot, w linalg.Matrix[float32]) { clear(w.Data) }

// halved is a model whose smaller weights are zeros, half of each matrix.
type halved struct {
	model.DifferentiableModel[float32]
	blocks []*model.Block[float32] // what was handed out
}

func (h *halved) Block(i int) (*model.Block[float32], error) {
	b, err := h.DifferentiableModel.Block(i)
	if err != nil {
		return nil, err
	}
	for _, l := range b.Linears() {
		w := l.Matrix()
		size := func(x float32) float64 { return math.Abs(float64(x)) }
		sorted := make([]float64, len(w.Data))
		for i, x := range w.Data {
			sorted[i] = size(x)
		}
		slices.Sort(sorted)
		for i, x := range w.Data {
			if size(x) < sorted[len(sorted)/2] {
				w.Data[i] = 0
			}
		}
	}
	h.blocks = append(h.blocks, b)
	return b, nil
}

func lessons(t *testing.T, vocab int) (rows, held [][]int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, 4))
	for range 12 {
		rows = append(rows, randomRows(rng, vocab)[:1]...)
	}
	return rows[2:], rows[:2]
}

func recovered(t *testing.T, threads int, sink model.Sink[float32], o Options[float32]) (Result, *halved) {
	t.Helper()
	const dir = "../testdata/llama-micro"
	student := &halved{DifferentiableModel: golden.Model[float32](t, dir).(model.DifferentiableModel[float32])}
	rows, held := lessons(t, student.Config().Vocab)
	o.Batch, o.Every, o.Sink = 2, 5, sink
	r, err := Run[float32](context.Background(), linalg.NewPool(threads), student, golden.Model[float32](t, dir), rows, held, o)
	if err != nil {
		t.Fatal(err)
	}
	return r, student
}

// TestRun looks for a lower divergence, with the same zeros and the same bits for
// any number of threads, and for the text to be seen whole before it is seen
// again.
func TestRun(t *testing.T) {
	var first kept
	for _, threads := range []int{1, 3} {
		var events []Event
		stored := kept{}
		r, student := recovered(t, threads, stored, Options[float32]{Steps: 20, Progress: func(e Event) { events = append(events, e) }})
		if !(r.After < 0.9*r.Before) || r.Steps != 20 || len(events) != 20 {
			t.Errorf("%d threads: %+v after %d events", threads, r, len(events))
		}
		for i, e := range events {
			if e.Repeats != (i == 5) { // ten windows, two a step
				t.Errorf("step %d: repeats %v", e.Step, e.Repeats)
			}
			if math.IsNaN(e.Held) == (e.Step%5 == 0) {
				t.Errorf("step %d: held out %v", e.Step, e.Held)
			}
		}
		for _, b := range student.blocks {
			for _, l := range b.Linears() {
				w := stored[l.Slot.Tensor]
				zeros := 0
				for _, x := range w.Data {
					if x == 0 {
						zeros++
					}
				}
				if zeros != len(w.Data)/2 {
					t.Errorf("%s: %d zeros of %d", l.Slot.Tensor, zeros, len(w.Data))
				}
			}
		}
		if first == nil {
			first = stored
			continue
		}
		for name, w := range stored {
			if !slices.Equal(w.Data, first[name].Data) {
				t.Errorf("%s differs with %d threads", name, threads)
			}
		}
	}
}

// TestNeverWorse has what was learned undone: nothing may be stored then.
func TestNeverWorse(t *testing.T) {
	for _, s := range []struct {
		name string
		sink model.Sink[float32]
		rate float64
	}{{"rounded away", coarse{kept{}}, 0}, {"far too fast", kept{}, 50}} {
		r, _ := recovered(t, 2, s.sink, Options[float32]{Steps: 5, Rate: s.rate})
		if r.Best != 0 || r.After != r.Before {
			t.Errorf("%s: %+v", s.name, r)
		}
		stored, ok := s.sink.(kept)
		if !ok {
			stored = s.sink.(coarse).kept
		}
		if len(stored) > 0 {
			t.Errorf("%s: %d matrices were stored", s.name, len(stored))
		}
	}
}

// TestStopped has a run end on the way: the best so far is stored.
func TestStopped(t *testing.T) {
	const dir = "../testdata/llama-micro"
	ctx, cancel := context.WithCancel(context.Background())
	student := &halved{DifferentiableModel: golden.Model[float32](t, dir).(model.DifferentiableModel[float32])}
	rows, held := lessons(t, student.Config().Vocab)
	stored := kept{}
	r, err := Run[float32](ctx, nil, student, golden.Model[float32](t, dir), rows, held, Options[float32]{Steps: 1000, Batch: 2, Every: 2, Sink: stored,
		Progress: func(e Event) {
			if e.Step == 6 {
				cancel()
			}
		}})
	if err != nil || r.Steps != 6 || r.Best == 0 || len(stored) == 0 || !(r.After < r.Before) {
		t.Errorf("%+v, %v, %d matrices", r, err, len(stored))
	}
}

// TestRefused has what cannot be recovered refused.
func TestRefused(t *testing.T) {
	m := golden.Model[float32](t, "../testdata/today/mixtral")
	rows, held := lessons(t, m.Config().Vocab)
	o := Options[float32]{Steps: 1, Batch: 2, Every: 1, Sink: kept{}}
	if _, err := Run[float32](context.Background(), nil, m, m, rows, held, o); err == nil || !strings.Contains(err.Error(), "experts") {
		t.Error(err)
	}
	if _, err := Run[float32](context.Background(), nil, m, m, rows, nil, o); err == nil || !strings.Contains(err.Error(), "held out") {
		t.Error(err)
	}
	other := golden.Model[float32](t, "../testdata/llama-micro")
	if other.Config().Vocab == m.Config().Vocab {
		return
	}
	if _, err := Run[float32](context.Background(), nil, other, m, rows, held, o); err == nil || errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "teacher") {
		t.Error(err)
	}
}
