package job

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"sparsellm/arch"
	"sparsellm/calib"
	"sparsellm/checkpoint"
	"sparsellm/hub"
	"sparsellm/model"
	"sparsellm/pipeline"
	"sparsellm/recovery"
)

// Recovery are the settings of Recover.
type Recovery struct {
	Model     string        `json:"model"`   // the pruned one: folder, GGUF file, or name of a model of the hub
	Teacher   string        `json:"teacher"` // the dense one, likewise
	Calib     string        `json:"calib"`   // file or data set to learn from
	Tokenizer string        `json:"tokenizer,omitempty"`
	DataDir   string        `json:"data_dir,omitempty"`
	SeqLen    int           `json:"seqlen"`
	BOS       string        `json:"bos,omitempty"` // as in Settings
	Batch     int           `json:"batch"`         // windows a step
	Steps     int           `json:"steps,omitempty"`
	Time      time.Duration `json:"time,omitempty"` // where Steps is 0
	Rate      float64       `json:"rate"`           // 0: the usual
	Held      int           `json:"held"`           // windows held out; 0: a sixteenth, 4 to 16
	Every     int           `json:"every"`          // steps between two looks at them
	Seed      int64         `json:"seed"`
	DType     string        `json:"dtype"`
	Threads   int           `json:"threads"`
	Out       string        `json:"out"`
	Force     bool          `json:"-"`
}

// Recovered is what Recover has done.
type Recovered struct {
	Settings  Recovery `json:"settings"`
	Windows   int      `json:"windows"` // to learn from
	Steps     int      `json:"steps"`
	Best      int      `json:"best"`
	Tokens    int      `json:"tokens"`
	Before    Number   `json:"divergence_before"` // nats a token, on the windows held out
	After     Number   `json:"divergence_after"`
	Seconds   float64  `json:"seconds"`
	Learning  float64  `json:"learning_seconds"`
	PeakBytes int64    `json:"peak_bytes"`
}

// DefaultRecovery are the usual settings.
func DefaultRecovery() Recovery {
	return Recovery{SeqLen: 512, Batch: 2, Time: 10 * time.Minute, Every: 10, DType: "keep"}
}

func (r *Recovery) check() error {
	switch {
	case r.Model == "":
		return pipeline.Wrong("<model> is missing: give the folder of the pruned model")
	case r.Teacher == "":
		return pipeline.Wrong("<teacher> is missing: give the dense model that it was pruned from")
	case r.Calib == "":
		return pipeline.Wrong("<calib> is missing: give a text to learn from")
	case r.Out == "":
		return pipeline.Wrong("<out> is missing: give the folder to write to")
	case r.SeqLen < 2:
		return pipeline.Wrong("<seqlen> is %d: a window has at least 2 tokens", r.SeqLen)
	case r.Batch < 1 || r.Every < 1:
		return pipeline.Wrong("<batch> and <every> are at least 1")
	case r.Steps < 0 || r.Held < 0 || r.Rate < 0:
		return pipeline.Wrong("<steps>, <held> and <rate> are not negative")
	case r.Steps == 0 && r.Time <= 0:
		return pipeline.Wrong("<time> is %v: give how long to learn, or <steps>", r.Time)
	}
	return nil
}

// Recover fits the weights left in a pruned model to the dense one and writes the
// folder set.Out. When ctx ends it writes the best so far. each, if not nil, is
// told of every step.
func Recover(ctx context.Context, set Recovery, hooks Hooks, each func(recovery.Event)) (r *Recovered, err error) {
	start := time.Now()
	if err := set.check(); err != nil {
		return nil, err
	}
	all := Default()
	all.Model, all.Tokenizer, all.DataDir, all.SeqLen, all.BOS = set.Model, set.Tokenizer, set.DataDir, set.SeqLen, set.BOS
	all.Calib, all.Seed, all.DType, all.Threads, all.Out, all.Force = set.Calib, set.Seed, set.DType, set.Threads, set.Out, set.Force
	if err := all.checkModel(); err != nil {
		return nil, err
	}
	if all.storeAs, err = parseDType(set.DType); err != nil {
		return nil, err
	}
	set.Threads = all.Threads
	s, err := open(ctx, all, hooks)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if s.ckpt.Packed() {
		return nil, fmt.Errorf("%s is packed: unpack it first, and pack what comes out", set.Model)
	}
	dense, err := OpenModel(ctx, hooks, set.Teacher)
	if err != nil {
		return nil, err
	}
	defer dense.Close()
	rows, held, err := s.lessons(ctx, set.Held)
	if err != nil {
		return nil, err
	}
	set.BOS = s.BOS
	w, err := checkpoint.Create(s.ckpt, set.Out, checkpoint.Options{DType: s.storeAs, Untie: s.untie, Force: set.Force, Beside: s.madeWords()})
	if err != nil {
		return nil, s.refusal(err, nil)
	}
	out := &output{w: w, dir: set.Out, hooks: hooks}
	ended := make(chan struct{})
	defer close(ended)
	hooks.onStop(func() string { // a step is waited for: the best so far is to be kept
		<-ended
		if out.done {
			return "the best weights so far are in " + set.Out
		}
		return ""
	})
	defer func() { err = out.end(err) }()
	r = &Recovered{Settings: set, Windows: len(rows)}
	got, err := s.learn(ctx, set, dense, out, rows, held, each)
	if err != nil {
		return nil, err
	}
	if err := out.commit(context.WithoutCancel(ctx)); err != nil {
		return nil, err
	}
	r.Steps, r.Best, r.Tokens, r.Before, r.After = got.Steps, got.Best, got.Tokens, Number(got.Before), Number(got.After)
	r.Learning, r.Seconds, r.PeakBytes = got.Took.Seconds(), time.Since(start).Seconds(), peakBytes()
	return r, nil
}

// learn runs the recovery.
func (s *session) learn(ctx context.Context, set Recovery, dense *checkpoint.Checkpoint, out *output, rows, held [][]int, each func(recovery.Event)) (r recovery.Result, err error) {
	student, err := arch.Open[float32](s.ckpt.Config(), s.ckpt)
	if err != nil {
		return r, err
	}
	teacher, err := arch.Open[float32](dense.Config(), dense)
	if err != nil {
		return r, fmt.Errorf("%s: %w", set.Teacher, err)
	}
	o := recovery.Options[float32]{Steps: set.Steps, Time: set.Time, Batch: set.Batch, Rate: set.Rate, Seed: set.Seed, Every: set.Every,
		Sink: outputSink[float32]{checkpoint.SinkOf[float32](out.w), out}}
	o.Progress = func(e recovery.Event) {
		if e.Repeats {
			s.hooks.remark("the text has run out after %d steps: its %d windows are learned from again", e.Step-1, len(rows))
		}
		if each != nil {
			each(e)
		}
	}
	s.forgetWords()
	defer tightHeap()()
	return recovery.Run[float32](ctx, s.pool, model.Model[float32](student), teacher, rows, held, o)
}

// lessons returns the windows to learn from and those held out, so many or, if
// that is 0, a sixteenth, 4 to 16: evenly spread.
func (s *session) lessons(ctx context.Context, held int) (rows, out [][]int, err error) {
	dir, err := locateData(ctx, s.hooks, s.Calib, hub.Train, s.DataDir)
	if err != nil {
		return nil, nil, err
	}
	seqlen, tok, err := s.window(s.Calib)
	if err != nil {
		return nil, nil, err
	}
	reading, err := s.reading(dir, tok, nil)
	if err != nil {
		return nil, nil, err
	}
	all, err := calib.Training(s.Calib, tok, seqlen, reading)
	if err != nil {
		return nil, nil, s.advise(err)
	}
	if err := s.checkRows(s.Calib, all); err != nil {
		return nil, nil, err
	}
	if held == 0 {
		held = min(max(len(all)/16, 4), 16)
	}
	if held >= len(all) {
		return nil, nil, fmt.Errorf("%s has %d windows of %d tokens, of which %d would be held out: give more text, or a smaller %s or %s",
			s.Calib, len(all), seqlen, held, s.hooks.setting("held"), s.hooks.setting("seqlen"))
	}
	for i, row := range all {
		if i*held/len(all) != (i+1)*held/len(all) {
			out = append(out, row)
		} else {
			rows = append(rows, row)
		}
	}
	s.hooks.remark("%s: %d windows of %d tokens to learn from, %d held out", filepath.Base(s.Calib), len(rows), seqlen, len(out))
	return rows, out, nil
}
