package pipeline

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"sparsellm/linalg"
)

// State is what a run needs, besides the weights that it has stored, to go on
// after a block as if it had never stopped.
type State[T linalg.Float] struct {
	Next    int              // the block to go on with
	Reports []MatrixReport   // of the blocks before it
	Hidden  linalg.Matrix[T] // its input, all samples' tokens × hidden
}

// ErrState is what ReadState's error wraps when a saved state is not one of
// this run.
var ErrState = errors.New("pipeline: saved state does not fit")

// stateHead is the first line of a saved state; Hidden's elements follow,
// little-endian.
type stateHead struct {
	Settings   string // of the run, as its caller tells runs apart
	Next       int
	Reports    []MatrixReport
	Rows, Cols int
	Bytes      int // of an element
}

// Write saves s so that ReadState can tell it from another run's: settings
// says all that the result depends on.
func (s State[T]) Write(w io.Writer, settings string) error {
	buf := bufio.NewWriter(w)
	head, err := json.Marshal(stateHead{settings, s.Next, s.Reports, s.Hidden.Rows, s.Hidden.Cols, elementSize[T]()})
	if err != nil {
		return err
	}
	buf.Write(head)
	buf.WriteByte('\n')
	for i := range s.Hidden.Rows {
		if err := binary.Write(buf, binary.LittleEndian, s.Hidden.Row(i)); err != nil {
			return err
		}
	}
	return buf.Flush()
}

// ReadState reads what Write saved. The error wraps ErrState if that was with
// other settings, or is damaged.
func ReadState[T linalg.Float](r io.Reader, settings string) (*State[T], error) {
	buf := bufio.NewReader(r)
	line, err := buf.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("%w: it is damaged", ErrState)
	}
	var head stateHead
	if err := json.Unmarshal(line, &head); err != nil {
		return nil, fmt.Errorf("%w: it is damaged", ErrState)
	}
	if head.Settings != settings || head.Bytes != elementSize[T]() {
		return nil, fmt.Errorf("%w: it was saved with other settings", ErrState)
	}
	s := &State[T]{Next: head.Next, Reports: head.Reports, Hidden: linalg.Matrix[T]{Rows: head.Rows, Cols: head.Cols, Stride: head.Cols}}
	// Grow with what is there: a damaged head must not ask for much memory.
	for range head.Rows {
		row := make([]T, head.Cols)
		if err := binary.Read(buf, binary.LittleEndian, row); err != nil {
			return nil, fmt.Errorf("%w: it is damaged", ErrState)
		}
		s.Hidden.Data = append(s.Hidden.Data, row...)
	}
	if _, err := buf.ReadByte(); err != io.EOF {
		return nil, fmt.Errorf("%w: it is damaged", ErrState)
	}
	return s, nil
}

func elementSize[T linalg.Float]() int {
	var x T
	return binary.Size(x)
}
