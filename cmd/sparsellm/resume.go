package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
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
	con      *console
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

// otherSettings is the error of resuming what had other settings.
func otherSettings(what string, was, now []byte) error {
	difference, err := differences(was, now)
	if err != nil {
		return fmt.Errorf("cannot resume: the settings of %s are damaged: %w", what, err)
	}
	return fmt.Errorf("cannot resume: %s had other settings: %s", what, difference)
}

// differences says which of two objects' fields differ, and how.
func differences(saved, now []byte) (string, error) {
	var a, b map[string]json.RawMessage
	if err := errors.Join(json.Unmarshal(saved, &a), json.Unmarshal(now, &b)); err != nil {
		return "", err
	}
	all := maps.Clone(a)
	maps.Copy(all, b)
	var list []string
	for _, key := range slices.Sorted(maps.Keys(all)) {
		switch x, y := string(a[key]), string(b[key]); {
		case x == y:
		case key == "rows":
			list = append(list, "other calibration samples")
		default:
			list = append(list, fmt.Sprintf("%s was %s, not %s", key, orNone(x), orNone(y)))
		}
	}
	return strings.Join(list, ", "), nil
}

func orNone(value string) string {
	if value = strings.Trim(value, `"`); value == "" {
		return "unset"
	}
	return value
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
	r.con.remark("going on with block %d/%d", max(s.Next-r.first, 0)+1, r.blocks)
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
				r.con.remark("warning: no room to save the run after block %d, to resume it if it is interrupted: %s",
					s.Next-r.first, sentence(err))
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

// identity returns the settings on which the pruned weights depend, as JSON.
func identity(s settings, rows [][]int) ([]byte, error) {
	r := *s.recipe
	r.Out, r.Calib, r.NSamples, r.Sample, r.Seed = "", "", 0, 0, 0 // all that they do is in the rows
	h := sha256.New()
	for _, row := range rows {
		binary.Write(h, binary.LittleEndian, int64(len(row)))
		for _, id := range row {
			binary.Write(h, binary.LittleEndian, int64(id))
		}
	}
	return json.Marshal(struct {
		Version   string `json:"version"`
		CPU       string `json:"cpu"`
		Precision string `json:"precision"`
		Rows      string `json:"rows"`
		recipe
	}{s.Version, s.CPU, s.Precision, hex.EncodeToString(h.Sum(nil)), r})
}

// resumable reports whether a run that ended with err could go on from its
// last save with better luck: it was stopped, or a disk failed it.
func resumable(err error) bool {
	var errno syscall.Errno
	return stopped(err) || errors.As(err, &errno) || errors.Is(err, checkpoint.ErrChanged)
}
