package main

import (
	"context"
	"errors"
	"sync"

	"sparsellm/checkpoint"
)

// output is a checkpoint.Writer that may be abandoned from another goroutine
// than the one that writes.
type output struct {
	mu    sync.Mutex
	w     *checkpoint.Writer
	ended bool
}

var errAbandoned = errors.New("the output was abandoned")

// WriteFloat32 implements checkpoint.Sink.
func (o *output) WriteFloat32(name string, data []float32) error {
	return o.do(func() error { return o.w.WriteFloat32(name, data) })
}

// WriteFloat64 implements checkpoint.Sink.
func (o *output) WriteFloat64(name string, data []float64) error {
	return o.do(func() error { return o.w.WriteFloat64(name, data) })
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
		o.ended = true
		return nil
	})
}

// abandon removes what was written, unless it is committed.
func (o *output) abandon() {
	_ = o.do(func() error {
		o.ended = true
		return o.w.Abort() // an error leaves files under a name that no loader knows
	})
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
