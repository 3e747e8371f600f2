package job

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"sparsellm/prune"
)

// TraceLine is a line of a trace: what one step did to its objective.
type TraceLine struct {
	Block  int    `json:"block"`
	Epoch  int    `json:"epoch"`
	Step   string `json:"step"`
	Lowers bool   `json:"lowers"` // it cannot raise its objective, but for rounding
	Before Number `json:"before"`
	After  Number `json:"after"`
	Energy Number `json:"energy"` // ‖Y‖²
	// The totals' parts.
	PartsBefore traceParts `json:"parts_before"`
	PartsAfter  traceParts `json:"parts_after"`
}

// traceParts is prune.Objective, whose numbers may not be finite.
type traceParts struct {
	Fit        Number `json:"fit"`
	Activation Number `json:"activation"`
	Output     Number `json:"output"`
	Ridge      Number `json:"ridge"`
}

func partsOf(o prune.Objective) traceParts {
	return traceParts{Number(o.Fit), Number(o.Activation), Number(o.Output), Number(o.Ridge)}
}

// tracer writes a file of lines of JSON, each at once: a kill must not take
// those of blocks that are saved, nor leave half of one. Its methods do nothing
// on nil.
type tracer struct {
	file *os.File
	made bool // the file was not there before
	json *json.Encoder
	err  error // the first
}

// openTrace starts the file path, or goes on with it; nil if path is empty.
func openTrace(path string, goOn bool) (*tracer, error) {
	if path == "" {
		return nil, nil
	}
	mode := os.O_WRONLY | os.O_TRUNC
	if goOn {
		mode = os.O_RDWR | os.O_APPEND
	}
	_, stat := os.Stat(path)
	f, err := os.OpenFile(path, os.O_CREATE|mode, 0o644)
	if err == nil && goOn {
		if err = dropHalfLine(f); err != nil {
			f.Close()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("cannot write %s: %w", path, err)
	}
	return &tracer{file: f, made: errors.Is(stat, os.ErrNotExist), json: json.NewEncoder(f)}, nil
}

// dropHalfLine takes from f's end what has no newline: of a line that a full
// disk cut.
func dropHalfLine(f *os.File) error {
	st, err := f.Stat()
	if err != nil || !st.Mode().IsRegular() {
		return err
	}
	size := st.Size()
	for last := []byte{0}; size > 0; size-- {
		if _, err := f.ReadAt(last, size-1); err != nil {
			return err
		}
		if last[0] == '\n' {
			break
		}
	}
	return f.Truncate(size)
}

// note writes a line.
func (t *tracer) note(block int, c prune.Change) {
	if t == nil || t.err != nil {
		return
	}
	t.err = t.json.Encode(TraceLine{
		Block: block, Epoch: c.Epoch, Step: c.Step, Lowers: c.Lowers,
		Before: Number(c.Before.Total()), After: Number(c.After.Total()), Energy: Number(c.Energy),
		PartsBefore: partsOf(c.Before), PartsAfter: partsOf(c.After),
	})
}

// remove takes back the file that openTrace has made, for a run of which
// nothing else is left. It may be called from another goroutine.
func (t *tracer) remove() {
	if t != nil && t.made {
		os.Remove(t.file.Name()) // an error leaves whole lines
	}
}

// close completes the file.
func (t *tracer) close() error {
	if t == nil {
		return nil
	}
	err := errors.Join(t.err, t.file.Close())
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot write the trace: %w", err)
	}
	return nil
}
