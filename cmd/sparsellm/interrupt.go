package main

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"sparsellm/job"
)

// grace is how long a command has to stop of its own accord. Pruning one
// matrix of a large model takes longer than a user who pressed Ctrl-C waits.
const grace = 300 * time.Millisecond

// cleanups are what must be undone if a command does not stop in time.
type cleanups struct {
	mu   sync.Mutex
	undo []func() string
}

// add registers undo, which must be safe to call at any time, from another
// goroutine than the command's, and more than once. It says what it leaves
// behind, if anything.
func (c *cleanups) add(undo func() string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.undo = append(c.undo, undo)
}

func (c *cleanups) run() (left []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, undo := range c.undo {
		if l := undo(); l != "" {
			left = append(left, l)
		}
	}
	return left
}

// stopped reports whether err is that the command was told to stop.
func stopped(err error) bool { return errors.Is(err, context.Canceled) }

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
		if left := c.run(); len(left) > 0 {
			return job.Interrupted{Left: strings.Join(left, "; ")}
		}
		return ctx.Err()
	}
}
