package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"sparsellm/linalg"
)

// Options says how Create writes.
type Options struct {
	DType DType // of all floating-point tensors; 0 keeps each one's own
	Force bool  // also write into a folder that is not empty, or the model's own
	// Untie has config.json say that the head is not the embedding, for a model
	// that has both although its config ties them: versions of transformers
	// before 5 would pass over the head.
	Untie bool
	// Resume goes on with the files of a run of the same model and dtype that
	// was killed or suspended. Where there is none it starts.
	Resume bool
	// Record, if not nil, is JSON that says what the output depends on besides
	// the model. Commit leaves it, with what tells the model from others, in
	// the output, and a run that is resumed returns its own (see Resumes).
	Record []byte
}

// ErrOutput is what Create's error wraps when the output folder is refused.
var ErrOutput = errors.New("checkpoint: output folder refused")

// partialDir is the folder inside the output folder that holds everything
// until Commit.
const partialDir = ".sparsellm-partial"

// Writer writes a changed copy of a Checkpoint. Its methods may be called from
// several goroutines at once, but for Commit and Abort. It is a model.Source
// of the output as it would be if committed now.
type Writer struct {
	src     *Checkpoint
	opt     Options
	dir     string
	partial string
	resumes bool
	made    []string // dir, those above it and in it that did not exist, the inner ones first
	folders []string // in dir, that files were moved to
	moved   []string // files with their final names, until all have theirs
	model   string   // fingerprint of src
	carried []string // names of src's files that go along
	lock    *os.File
	shards  []*outShard
	files   []*os.File        // one per shard
	small   []string          // names of the other files made
	slots   map[*tensor]place // of every tensor of src
	mu      sync.Mutex        // guards written
	written map[*tensor]bool
}

type place struct {
	*slot
	shard int
}

// Create starts writing a copy of src to the folder dir, which it makes if
// need be. The files take their full size at once where the system can do
// that, so that a full disk shows here and not hours later. The caller ends
// with Commit or Abort; src must stay open until then.
func Create(src *Checkpoint, dir string, opt Options) (*Writer, error) {
	if opt.DType != 0 && !opt.DType.numeric() {
		return nil, fmt.Errorf("checkpoint: cannot write weights as %v", opt.DType)
	}
	resumes := opt.Resume && interrupted(filepath.Join(dir, partialDir))
	if !resumes {
		if err := checkOutput(src, dir, opt); err != nil && !(opt.Resume && recorded(dir)) {
			return nil, err
		}
	}
	shards, err := layOut(src, opt.DType)
	if err != nil {
		return nil, err
	}
	w := &Writer{
		src: src, opt: opt, dir: dir, resumes: resumes, made: missing(dir), shards: shards,
		partial: filepath.Join(dir, partialDir),
		slots:   map[*tensor]place{},
		written: map[*tensor]bool{},
	}
	for i, o := range w.shards {
		for _, s := range o.slots {
			w.slots[s.tensor] = place{s, i}
		}
	}
	if w.carried, err = carriedIn(src.dir); err != nil {
		return nil, fmt.Errorf("checkpoint: reading the model: %w", err)
	}
	if w.model, err = src.fingerprint(); err != nil {
		return nil, fmt.Errorf("checkpoint: reading the model: %w", err)
	}
	if opt.Resume && !resumes {
		if err := w.complete(); err != nil {
			_ = os.Remove(w.partial) // if it is empty: all that a kill left of a run that was complete
			return nil, err
		}
		// What looked like a complete run's folder may not be one.
		if err := checkOutput(src, dir, opt); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(w.partial, 0o777); err != nil {
		_ = w.Abort() // there is nothing but folders to remove
		return nil, fmt.Errorf("checkpoint: making the output folder: %w", err)
	}
	if w.lock, err = lock(filepath.Join(w.partial, lockName)); err != nil {
		return nil, fmt.Errorf("checkpoint: %s: %w", dir, err)
	}
	if resumes {
		if err := w.reopen(); err != nil {
			return nil, errors.Join(err, w.close())
		}
		return w, nil
	}
	if err := w.start(); err != nil {
		return nil, errors.Join(fmt.Errorf("checkpoint: starting the output: %w", err), w.Abort())
	}
	return w, nil
}

// start makes the files, in place of what an earlier run left.
func (w *Writer) start() error {
	old, err := os.ReadDir(w.partial)
	if err != nil {
		return err
	}
	for _, e := range old {
		if e.Name() == lockName {
			continue
		}
		if err := os.RemoveAll(filepath.Join(w.partial, e.Name())); err != nil {
			return err
		}
	}
	if err := os.Mkdir(filepath.Join(w.partial, stateName), 0o777); err != nil {
		return err
	}
	for _, o := range w.shards {
		f, err := os.OpenFile(filepath.Join(w.partial, o.name), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if err != nil {
			return err
		}
		w.files = append(w.files, f)
		if err := allocate(f, o.size); err != nil {
			return fmt.Errorf("%s needs %d bytes: %w", o.name, o.size, err)
		}
		if _, err := f.WriteAt(o.head, 0); err != nil {
			return err
		}
	}
	return nil
}

// WriteFloat32 replaces the values of the tensor of that name, found as
// Checkpoint.Shape finds it: row-major, rounded to the output's dtype. A
// finite value beyond that dtype's range is an error.
func (w *Writer) WriteFloat32(name string, data []float32) error { return write(w, name, data) }

// WriteFloat64 is WriteFloat32 for float64.
func (w *Writer) WriteFloat64(name string, data []float64) error { return write(w, name, data) }

func write[T linalg.Float](w *Writer, name string, data []T) error {
	t, ok := w.src.find(name)
	if !ok {
		return fmt.Errorf("%w: %s", ErrNoTensor, name)
	}
	if err := t.fits(len(data)); err != nil {
		return err
	}
	p := w.slots[t]
	if err := put(p.slot, w.files[p.shard], data); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.written[t] = true
	return nil
}

// put writes data, encoded, to the slot in file f.
func put[T linalg.Float](s *slot, f io.WriterAt, data []T) error {
	const block = 64 * chunk
	buf := make([]byte, min(block, s.size))
	off := s.off
	for done := 0; done < len(data); {
		part := data[done:min(done+block/int(s.dtype.Size()), len(data))]
		b := buf[:int64(len(part))*s.dtype.Size()]
		if i := encode(s.dtype, b, part); i >= 0 {
			return beyond(s.tensor, s.dtype, done+i, part[i])
		}
		if _, err := f.WriteAt(b, off); err != nil {
			return fmt.Errorf("checkpoint: writing tensor %s: %w", s.tensor.name, err)
		}
		done += len(part)
		off += int64(len(b))
	}
	return nil
}

// Shape is the Checkpoint's Shape.
func (w *Writer) Shape(name string) ([]int, bool) { return w.src.Shape(name) }

// ReadFloat32 reads a tensor as Checkpoint.ReadFloat32 does: as written, if
// it was, else as the input has it, rounded to the output's dtype.
func (w *Writer) ReadFloat32(name string, dst []float32) error { return readBack(w, name, dst) }

// ReadFloat64 is ReadFloat32 for float64.
func (w *Writer) ReadFloat64(name string, dst []float64) error { return readBack(w, name, dst) }

func readBack[T linalg.Float](w *Writer, name string, dst []T) error {
	t, ok := w.src.find(name)
	if !ok {
		return fmt.Errorf("%w: %s", ErrNoTensor, name)
	}
	p := w.slots[t]
	w.mu.Lock()
	written := w.written[t]
	w.mu.Unlock()
	if !written {
		return readAs(t, p.dtype, dst)
	}
	if err := t.fits(len(dst)); err != nil {
		return err
	}
	const block = 64 * chunk
	buf := make([]byte, min(block, p.size))
	off := p.off
	for len(dst) > 0 {
		part := dst[:min(block/int(p.dtype.Size()), len(dst))]
		b := buf[:int64(len(part))*p.dtype.Size()]
		if _, err := w.files[p.shard].ReadAt(b, off); err != nil {
			return fmt.Errorf("checkpoint: reading tensor %s back: %w", t.name, err)
		}
		decode(p.dtype, part, b)
		dst = dst[len(part):]
		off += int64(len(b))
	}
	return nil
}

// Sink takes changed tensors: a Writer or an Overlay.
type Sink interface {
	WriteFloat32(name string, data []float32) error
	WriteFloat64(name string, data []float64) error
}

// Write writes a tensor of either type to s.
func Write[T linalg.Float](s Sink, name string, data []T) error {
	switch x := any(data).(type) {
	case []float32:
		return s.WriteFloat32(name, x)
	case []float64:
		return s.WriteFloat64(name, x)
	}
	panic("checkpoint: elements are neither float32 nor float64")
}
