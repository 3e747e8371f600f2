package job

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"sparsellm/checkpoint"
	"sparsellm/linalg"
	"sparsellm/model"
)

// output is a checkpoint.Writer that may be ended from another goroutine than
// the one that writes.
type output struct {
	mu    sync.Mutex
	w     *checkpoint.Writer
	dir   string
	hooks Hooks
	ended bool
	done  bool                   // and complete
	saved atomic.Pointer[string] // how to go on with what is saved; nil if nothing is
	also  []func()               // called when the output is removed: what is removed with it
}

var errAbandoned = errors.New("the output was abandoned")

// outputSink is a sink of an output.
type outputSink[T linalg.Float] struct {
	model.Sink[T]
	out *output
}

// Store implements model.Sink.
func (s outputSink[T]) Store(at model.Slot, w linalg.Matrix[T]) error {
	return s.out.do(func() error { return s.Sink.Store(at, w) })
}

// commit gives the files their final names, unless ctx has ended before.
func (o *output) commit(ctx context.Context) error {
	return o.do(func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := o.w.Commit(); err != nil {
			return err
		}
		o.ended, o.done = true, true
		return nil
	})
}

// savedUpTo says that a run that resumes this one goes on with a block, counted
// from 0 as those that are pruned are.
func (o *output) savedUpTo(block, blocks int) {
	hint := fmt.Sprintf("the same command with %s goes on at block %d/%d", o.hooks.setting("resume"), max(block, 0)+1, blocks)
	o.saved.Store(&hint)
}

// resumeHint says how to go on with what is saved; it is empty if nothing is.
func (o *output) resumeHint() string {
	if hint := o.saved.Load(); hint != nil {
		return *hint
	}
	return ""
}

// leave makes the output ready for the end of the process, and says what it
// leaves behind. What is saved is safe from the process ending at any time: a
// long step, such as another save, is not waited for.
func (o *output) leave() string {
	if hint := o.resumeHint(); !o.mu.TryLock() {
		if hint != "" {
			return hint
		}
		o.mu.Lock()
	}
	defer o.mu.Unlock()
	hint := o.resumeHint()
	switch {
	case o.done:
		return "the pruned model is complete in " + o.dir
	case hint == "" && !o.ended:
		o.remove()
	}
	return hint
}

// end ends the output after err, if it is not complete: what is saved stays if
// resuming can help, and the error says how; else nothing does.
func (o *output) end(err error) error {
	hint := o.resumeHint()
	if err == nil || hint == "" || !resumable(err) {
		o.abandon()
		return err
	}
	ended := o.do(func() error {
		o.ended = true
		return o.w.Suspend() // an error leaves what was saved before
	})
	switch {
	case errors.Is(ended, errAbandoned): // complete already
		return err
	case stopped(err):
		return Interrupted{hint}
	}
	return fmt.Errorf("%w; %s", err, hint)
}

// abandon removes what was written, unless it is committed.
func (o *output) abandon() {
	_ = o.do(func() error {
		o.remove()
		return nil
	})
}

// remove removes what was written, and what goes with it.
func (o *output) remove() {
	o.ended = true
	_ = o.w.Abort() // an error leaves files under a name that no loader knows
	for _, f := range o.also {
		f()
	}
}

// removeWith has f called if the output is removed.
func (o *output) removeWith(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.also = append(o.also, f)
}

// do calls f while the output is open, and not two at a time.
func (o *output) do(f func() error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended {
		return errAbandoned
	}
	return f()
}
