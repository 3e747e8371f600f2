package job

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"sparsellm/checkpoint"
	"sparsellm/internal/atomicfile"
	"sparsellm/linalg"
	"sparsellm/pipeline"
)

// runFile is what a run keeps beside its output for one that resumes it: its
// pipeline.State.
const runFile = "run"

// savedRun keeps a run of prune so that it can be resumed after a kill: its
// settings (checkpoint.Options.Record), and its state after every block. What is kept fits the
// weights at any moment: those on the disk are of the state's blocks at least,
// and the others are written once more.
type savedRun struct {
	hooks    Hooks
	out      *output
	settings []byte // JSON of what the result depends on
	first    int    // block that is pruned
	blocks   int    // that are
	warned   bool   // that there is no room
}

// check holds the settings against those of the run that is resumed.
func (r *savedRun) check() error {
	was, resumes := r.out.w.Resumes()
	if !resumes || bytes.Equal(was, r.settings) {
		return nil
	}
	return otherSettings("the interrupted run", was, r.settings)
}

// resumeState returns the state to go on from, nil for the start.
func resumeState[T linalg.Float](r *savedRun) (*pipeline.State[T], error) {
	if r == nil {
		return nil, nil
	}
	if _, resumes := r.out.w.Resumes(); !resumes {
		return nil, nil
	}
	f, err := os.Open(r.out.w.StatePath(runFile))
	if errors.Is(err, fs.ErrNotExist) { // killed amid its first save
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot resume: %w", err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("cannot resume: %w", err)
	}
	s, err := pipeline.ReadState[T](f, st.Size())
	if err != nil {
		return nil, fmt.Errorf("cannot resume: %w", err)
	}
	r.out.savedUpTo(s.Next-r.first, r.blocks)
	r.hooks.remark("going on with block %d/%d", max(s.Next-r.first, 0)+1, r.blocks)
	return s, nil
}

// saveState keeps the state s. Where there is no room for it the run goes on
// all the same: its output has had its room since the start.
func saveState[T linalg.Float](r *savedRun, s pipeline.State[T]) error {
	return r.out.do(func() error {
		if err := r.out.w.Sync(); err != nil {
			return err
		}
		err := atomicfile.Write(r.out.w.StatePath(runFile), s.Write)
		if errors.Is(err, syscall.ENOSPC) {
			if !r.warned {
				r.hooks.remark("warning: no room to save the run after block %d, to resume it if it is interrupted: %s",
					s.Next-r.first, r.hooks.words(err))
			}
			r.warned = true
			return nil
		}
		if err == nil {
			r.out.savedUpTo(s.Next-r.first, r.blocks)
		}
		return err
	})
}

// resumable reports whether a run that ended with err could go on from its
// last save with better luck: it was stopped, or a disk failed it.
func resumable(err error) bool {
	var errno syscall.Errno
	return stopped(err) || errors.As(err, &errno) || errors.Is(err, checkpoint.ErrChanged)
}
