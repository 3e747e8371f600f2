package job

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sparsellm/pipeline"
)

// Hooks are told how a job goes. Each may be nil.
type Hooks struct {
	// Remark is given what a user should know, a sentence each time.
	Remark func(text string)
	// Pruning begins to show a run over so many blocks, of several the one of
	// that label: event is told of its steps, end whether it came to its end.
	Pruning func(label string, blocks int) (event func(pipeline.Event), end func(done bool))
	// Measuring begins to show an evaluation of what on a file.
	Measuring func(what, file string) (at func(done, total int), end func())
	// Measured is given the perplexity p of what on a text of so many windows.
	Measured func(what string, t Text, windows int, p Number, took time.Duration)
	// Packing begins to show the packing of a model's tensors.
	Packing func() (at func(done, total int))
	// Downloading begins to show what comes from the hub, by file.
	Downloading func() (at func(file string, done, total int64), end func())
	// OnStop is given what must be undone should the process end before the job
	// does. Undo may be called at any time, from any goroutine and more than
	// once, and says what it leaves behind on purpose, if anything.
	OnStop func(undo func() (left string))
	// Loaded is called by Compare once all files have been read or opened.
	Loaded func()
	// Setting is what a setting is called where a text names it, by its name in
	// JSON; nil is that.
	Setting func(name string) string
	// Words says an error in a result or a remark; nil is its own text.
	Words func(err error) string
}

func (h Hooks) remark(format string, args ...any) {
	if h.Remark != nil {
		h.Remark(fmt.Sprintf(format, args...))
	}
}

func (h Hooks) pruning(label string, blocks int) (event func(pipeline.Event), end func(done bool)) {
	if h.Pruning == nil {
		return func(pipeline.Event) {}, func(bool) {}
	}
	return h.Pruning(label, blocks)
}

func (h Hooks) packing() (at func(done, total int)) {
	if h.Packing == nil {
		return func(int, int) {}
	}
	return h.Packing()
}

func (h Hooks) measuring(what, file string) (at func(done, total int), end func()) {
	if h.Measuring == nil {
		return nil, func() {}
	}
	return h.Measuring(what, file)
}

func (h Hooks) onStop(undo func() string) {
	if h.OnStop != nil {
		h.OnStop(undo)
	}
}

// setting is what a setting is called.
func (h Hooks) setting(name string) string {
	if h.Setting == nil {
		return name
	}
	return h.Setting(name)
}

func (h Hooks) words(err error) string {
	if h.Words == nil {
		return err.Error()
	}
	return h.Words(err)
}

// Interrupted is the error of a job that was stopped and left something behind on
// purpose.
type Interrupted struct{ Left string }

func (i Interrupted) Error() string { return "interrupted; " + i.Left }

// stopped reports whether err is that the job was told to stop.
func stopped(err error) bool { return errors.Is(err, context.Canceled) }
