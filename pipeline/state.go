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
	// Sparsities are those of the matrices by their tensors, unless they are
	// all the same.
	Sparsities map[string]float64
}

// ErrState is what an error wraps about a saved state that is damaged, or not
// one of this run.
var ErrState = errors.New("pipeline: saved state does not fit")

// stateHead is the first line of a saved state; Hidden's elements follow,
// little-endian.
type stateHead struct {
	Next       int                `json:"next"`
	Reports    []MatrixReport     `json:"reports"`
	Sparsities map[string]float64 `json:"sparsities,omitempty"`
	Rows       int                `json:"rows"`
	Cols       int                `json:"cols"`
	Bytes      int                `json:"bytes"` // of an element
}

// Write saves s.
func (s State[T]) Write(w io.Writer) error {
	var x T
	head, err := json.Marshal(stateHead{s.Next, s.Reports, s.Sparsities, s.Hidden.Rows, s.Hidden.Cols, binary.Size(x)})
	if err != nil {
		return err
	}
	buf := bufio.NewWriterSize(w, 1<<20)
	buf.Write(head)
	buf.WriteByte('\n')
	var row []byte
	for i := range s.Hidden.Rows {
		if row, err = binary.Append(row[:0], binary.LittleEndian, s.Hidden.Row(i)); err != nil {
			return err
		}
		buf.Write(row)
	}
	return buf.Flush() // with the first error
}

// ReadState reads the size bytes that Write wrote. The error wraps ErrState if
// they are damaged.
func ReadState[T linalg.Float](r io.Reader, size int64) (*State[T], error) {
	buf := bufio.NewReaderSize(r, int(min(1<<20, size)))
	line, err := buf.ReadBytes('\n')
	var head stateHead
	if err == nil {
		err = json.Unmarshal(line, &head)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: its head is damaged: %w", ErrState, err)
	}
	var x T
	data := size - int64(len(line))
	// Rows and Cols may be anything: make nothing that the file does not hold.
	if data < 0 || head.Bytes != binary.Size(x) || head.Cols < 1 || data%int64(head.Bytes) != 0 ||
		data/int64(head.Bytes)%int64(head.Cols) != 0 || data/int64(head.Bytes)/int64(head.Cols) != int64(head.Rows) {
		return nil, fmt.Errorf("%w: it is damaged", ErrState)
	}
	s := &State[T]{Next: head.Next, Reports: head.Reports, Sparsities: head.Sparsities, Hidden: linalg.NewMatrix[T](head.Rows, head.Cols)}
	row := make([]byte, head.Cols*head.Bytes)
	for i := range head.Rows {
		if _, err := io.ReadFull(buf, row); err != nil {
			return nil, fmt.Errorf("%w: it is damaged: %w", ErrState, err)
		}
		if _, err := binary.Decode(row, binary.LittleEndian, s.Hidden.Row(i)); err != nil {
			return nil, err
		}
	}
	return s, nil
}
