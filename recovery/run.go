package recovery

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"sparsellm/linalg"
	"sparsellm/model"
)

// Options say how a model is recovered.
type Options[T linalg.Float] struct {
	Steps int           // to take; 0: for as long as Time
	Time  time.Duration // to take steps for, if Steps is 0
	Batch int           // windows of a step
	Rate  float64       // the highest of Adam's; 0: usual for the model's size
	Seed  int64         // of the order of windows
	// Every is how many steps lie between two looks at the held-out text.
	Every int
	// Progress, if not nil, is told of every step.
	Progress func(Event)
	// Sink takes the weights.
	Sink model.Sink[T]
}

// Event is a step that was taken.
type Event struct {
	Step    int
	Done    float64 // share of the steps, or of the time
	Loss    float64 // of the step's text, before it
	Held    float64 // of the held-out text, after it; NaN where it was not looked at
	Repeats bool    // this step is the first on text that has been seen
}

// Result is what recovery came to.
type Result struct {
	Steps         int           // taken
	Best          int           // the step whose weights are kept; 0: those that came
	Before, After float64       // divergence on the held-out text, in nats a token, of what came and is stored
	Tokens        int           // of text that were learned from, those seen again counted again
	Took          time.Duration // for steps
}

// usualRate returns the highest rate of a model with so many hidden features:
// weights are about as large as one over the root of these, and a rate moves them
// by about itself.
func usualRate(hidden int) float64 { return 1e-3 * math.Sqrt(576/float64(hidden)) }

// warmUp is the share of the steps, or of the time, in which the rate rises.
const warmUp = 0.05

// rateAt returns the rate when a share of all is done: it rises linearly and then
// falls as a cosine to a twentieth.
func rateAt(highest, done float64) float64 {
	if done < warmUp {
		return highest * (done + 0.1*warmUp) / (1.1 * warmUp)
	}
	const end = 0.05
	return highest * (end + (1-end)*(1+math.Cos(math.Pi*(done-warmUp)/(1-warmUp)))/2)
}

// trainer is a run.
type trainer[T linalg.Float] struct {
	Options[T]
	student, teacher network[T]
	moments          map[*model.Linear[T]]*moments[T]
	reach            []linalg.Matrix[T] // every block, of the step's text
	held             [][][]int          // batches
	targets          []linalg.Matrix[T] // the teacher's last hidden states for them
}

// Run moves the kept weights of student, which it loads, to lower the divergence
// from teacher on rows, and stores those that were best on held: never such as
// are worse on it than what came. When ctx ends it stores the best so far. It
// fails where the two models have no vocabulary in common, or a part that cannot
// be run backward.
func Run[T linalg.Float](ctx context.Context, pool *linalg.Pool, student, teacher model.Model[T], rows, held [][]int, o Options[T]) (r Result, err error) {
	t := &trainer[T]{Options: o, student: network[T]{pool: pool, m: student}, teacher: network[T]{pool: pool, m: teacher}}
	if err := t.open(ctx, rows, held); err != nil {
		return r, err
	}
	if r.Before, err = t.judge(ctx); err != nil {
		return r, err
	}
	if err := t.learn(ctx, rows, &r); err != nil && !errors.Is(err, context.Canceled) {
		return r, err
	}
	return r, t.store(context.WithoutCancel(ctx), &r)
}

func (t *trainer[T]) open(ctx context.Context, rows, held [][]int) error {
	a, b := t.student.m.Config(), t.teacher.m.Config()
	switch {
	case a.Vocab != b.Vocab:
		return fmt.Errorf("recovery: the pruned model has %d tokens and the teacher %d: they must be the same", a.Vocab, b.Vocab)
	case len(rows) == 0 || len(held) == 0:
		return errors.New("recovery: the text gives fewer than two windows: one must be held out")
	}
	t.Batch = min(max(t.Batch, 1), len(rows))
	if t.Rate == 0 {
		t.Rate = usualRate(a.Hidden)
	}
	if err := t.student.hold(); err != nil {
		return err
	}
	t.moments = map[*model.Linear[T]]*moments[T]{}
	for _, b := range t.student.blocks {
		for _, l := range b.Linears() {
			t.moments[l] = newMoments(l.Matrix())
		}
	}
	t.reach = make([]linalg.Matrix[T], a.Blocks)
	for i := 0; i < len(held); i += t.Batch {
		batch := held[i:min(i+t.Batch, len(held))]
		y, err := t.teacher.forward(ctx, batch, nil)
		if err != nil {
			return err
		}
		t.held, t.targets = append(t.held, batch), append(t.targets, y)
	}
	return nil
}

// judge returns the divergence on the held-out text.
func (t *trainer[T]) judge(ctx context.Context) (float64, error) {
	var sum float64
	n := 0
	for i, batch := range t.held {
		x, err := t.student.forward(ctx, batch, nil)
		if err != nil {
			return 0, err
		}
		loss, err := divergence(t.student.pool, t.student.m, t.teacher.m, linalg.Matrix[T]{}, x, t.targets[i])
		if err != nil {
			return 0, err
		}
		sum += loss * float64(x.Rows)
		n += x.Rows
	}
	return sum / float64(n), nil
}

// learn takes the steps.
func (t *trainer[T]) learn(ctx context.Context, rows [][]int, r *Result) error {
	rng := rand.New(rand.NewPCG(uint64(t.Seed), 0))
	order := rng.Perm(len(rows))
	start := time.Now()
	defer func() { r.Took = time.Since(start) }()
	best, at, repeats, last := r.Before, 0, false, false
	for step := 1; !last; step++ {
		done := float64(step-1) / float64(max(t.Steps, 1))
		last = step == t.Steps
		if t.Steps == 0 {
			took := time.Since(start)
			done = min(1, took.Seconds()/t.Time.Seconds())
			each := took / time.Duration(max(step-1, 1)) // those before
			last = took+each+each/2 > t.Time
		}
		e := Event{Step: step, Held: math.NaN()}
		if at+t.Batch > len(order) {
			order, at = rng.Perm(len(rows)), 0
			e.Repeats, repeats = !repeats, true
		}
		batch := make([][]int, t.Batch)
		for i := range batch {
			batch[i] = rows[order[at+i]]
		}
		at += t.Batch
		var err error
		if e.Loss, err = t.step(ctx, batch, step, rateAt(t.Rate, done)); err != nil {
			return err
		}
		r.Steps, r.Tokens = step, r.Tokens+total(lengthsOf(batch))
		if last || step%t.Every == 0 {
			if e.Held, err = t.judge(ctx); err != nil {
				return err
			}
			if e.Held < best {
				best, r.Best = e.Held, step
				t.each(func(l *model.Linear[T], m *moments[T]) error { m.save(l.Matrix()); return nil })
			}
		}
		if e.Done = float64(step) / float64(max(t.Steps, 1)); t.Steps == 0 {
			e.Done = min(1, time.Since(start).Seconds()/t.Time.Seconds())
		}
		if t.Progress != nil {
			t.Progress(e)
		}
	}
	return nil
}

// step takes one step and returns the loss before it.
func (t *trainer[T]) step(ctx context.Context, batch [][]int, step int, rate float64) (float64, error) {
	y, err := t.teacher.forward(ctx, batch, nil)
	if err != nil {
		return 0, err
	}
	x, err := t.student.forward(ctx, batch, func(i int, x linalg.Matrix[T]) {
		if t.reach[i].Rows != x.Rows {
			t.reach[i] = linalg.NewMatrix[T](x.Rows, x.Cols)
		}
		linalg.Copy(t.reach[i], x)
	})
	if err != nil {
		return 0, err
	}
	pool := t.student.pool
	dx := linalg.NewMatrix[T](x.Rows, x.Cols)
	loss, err := divergence(pool, t.student.m, t.teacher.m, dx, x, y)
	switch {
	case err != nil:
		return 0, err
	case math.IsNaN(loss) || math.IsInf(loss, 0):
		return 0, fmt.Errorf("recovery: the loss is %v at step %d: the rate %g is too high", loss, step, t.Rate)
	}
	for i := len(t.reach) - 1; i >= 0; i-- {
		t.student.back(t.student.blocks[i], t.reach[i], dx, lengthsOf(batch), func(l *model.Linear[T], dy, in linalg.Matrix[T]) {
			w := l.Matrix()
			g := linalg.Take[T](pool, w.Rows, w.Cols)
			linalg.Gemm(pool, linalg.Trans, linalg.NoTrans, 1, dy, in, 0, g)
			t.moments[l].step(pool, w, g, step, rate)
			linalg.GiveBack(pool, g)
		})
	}
	return loss, nil
}

// each calls f for every linear, in order.
func (t *trainer[T]) each(f func(l *model.Linear[T], m *moments[T]) error) error {
	for _, b := range t.student.blocks {
		for _, l := range b.Linears() {
			if err := f(l, t.moments[l]); err != nil {
				return err
			}
		}
	}
	return nil
}

// store stores the best weights, rounded as they are stored, unless that makes
// them worse than those that came, of which then nothing is changed.
func (t *trainer[T]) store(ctx context.Context, r *Result) (err error) {
	r.After = r.Before
	if r.Best == 0 {
		return nil
	}
	_ = t.each(func(l *model.Linear[T], m *moments[T]) error {
		m.restore(l.Matrix())
		t.Sink.Round(l.Slot, l.Matrix())
		return nil
	})
	if r.After, err = t.judge(ctx); err != nil {
		return err
	}
	if !(r.After < r.Before) {
		r.After, r.Best = r.Before, 0
		return nil
	}
	return t.each(func(l *model.Linear[T], _ *moments[T]) error { return t.Sink.Store(l.Slot, l.Matrix()) })
}
