package main

import (
	"context"
	"sync"
	"time"
)

// grace is how long a command has to stop of its own accord. Pruning one
// matrix of a large model takes longer than a user who pressed Ctrl-C waits.
const grace = 400 * time.Millisecond

// cleanups are what must be undone if a command does not stop in time.
type cleanups struct {
	mu   sync.Mutex
	undo []func()
}

// add registers undo, which must be safe to call at any time, from another
// goroutine than the command's, and more than once.
func (c *cleanups) add(undo func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.undo = append(c.undo, undo)
}

func (c *cleanups) run() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, undo := range c.undo {
		undo()
	}
}

// interruptible calls f and returns its error. If ctx ends and f does not
// return within the grace, it undoes what f did and leaves f to the end of the
// process.
func interruptible(ctx context.Context, c *cleanups, f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(grace):
		c.run()
		return ctx.Err()
	}
}
