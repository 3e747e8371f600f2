package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"sparsellm/packed"
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
	// Beside are files, by name, that go along with those of the input's folder,
	// in the place of one of the same name: a tokenizer's.
	Beside map[string][]byte
	// Pack, if not nil, packs the output. What is stored in it meanwhile takes a
	// file of its own.
	Pack *Packing
}

// ErrOutput is what Create's error wraps when the output folder is refused.
var ErrOutput = errors.New("checkpoint: output folder refused")

// partialDir is the folder inside the output folder that holds everything
// until Commit.
const partialDir = ".sparsellm-partial"

// Writer writes a changed copy of a Checkpoint. Its methods may be called from
// several goroutines at once, but for Commit and Abort. SinkOf writes to it.
type Writer struct {
	src     *Checkpoint
	opt     Options
	dir     string
	partial string
	resumes bool
	made    []string // dir, those above it and in it that did not exist, the inner ones first
	folders []string // in dir, that files were moved to
	moved   []string // files with their final names, until all have theirs
	print   string   // fingerprint of src, once asked for
	carried []string // names of the files that go along
	lock    *os.File
	shards  []*outShard
	packs   map[*tensor]*packTo // how tensors are packed; empty unless opt.Pack
	files   []*os.File          // one per shard
	small   []string            // names of the other files made
	slots   map[*tensor]place   // of every tensor of src
	mu      sync.Mutex          // guards written, and what carryFirst does
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
	if opt.DType != 0 && !opt.DType.Numeric() {
		return nil, fmt.Errorf("checkpoint: cannot write weights as %v", opt.DType)
	}
	resumes := opt.Resume && interrupted(filepath.Join(dir, partialDir))
	if !resumes {
		if err := checkOutput(src, dir, opt); err != nil && !(opt.Resume && recorded(dir)) {
			return nil, err
		}
	}
	w := &Writer{
		src: src, opt: opt, dir: dir, resumes: resumes, made: missing(dir),
		partial: filepath.Join(dir, partialDir),
		slots:   map[*tensor]place{},
		written: map[*tensor]bool{},
	}
	if err := w.layOut(); err != nil {
		return nil, err
	}
	var err error
	for i, o := range w.shards {
		for _, s := range o.slots {
			w.slots[s.tensor] = place{s, i}
		}
	}
	if w.carried, err = carriedIn(src.dir); err != nil {
		return nil, fmt.Errorf("checkpoint: reading the model: %w", err)
	}
	for name := range opt.Beside {
		if !slices.Contains(w.carried, name) {
			w.carried = append(w.carried, name)
		}
	}
	slices.Sort(w.carried)
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

// layOut plans the files.
func (w *Writer) layOut() (err error) {
	if w.opt.Pack == nil {
		w.shards, err = layOut(w.src, w.opt.DType)
		return err
	}
	if w.packs, err = w.packPlan(); err != nil {
		return err
	}
	w.shards, err = layOutPacked(w.src, w.packs)
	return err
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
		room := allocate
		if w.opt.Pack != nil { // of which only what is stored on the way takes room
			room = (*os.File).Truncate
		}
		if err := room(f, o.size); err != nil {
			return fmt.Errorf("%s needs %d bytes: %w", o.name, o.size, err)
		}
		if _, err := f.WriteAt(o.head, 0); err != nil {
			return err
		}
	}
	return nil
}

func (w *Writer) tensorOf(name string) (*tensor, DType, error) {
	t, ok := w.src.find(name)
	if !ok {
		return nil, 0, fmt.Errorf("%w: %s", ErrNoTensor, name)
	}
	return t, w.slots[t].dtype, nil
}

func (w *Writer) packedAs(t *tensor) (packed.Values, bool) {
	to := w.packs[t]
	if to == nil {
		return 0, false
	}
	return to.values, true
}

func (w *Writer) change(t *tensor, whole bool, write func(f io.WriterAt, off int64) error) error {
	p := w.slots[t]
	f := w.files[p.shard]
	if !whole {
		if err := w.carryFirst(t, f, p); err != nil {
			return err
		}
	}
	if err := write(f, p.off); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.written[t] = true
	return nil
}

// carryFirst writes the input's values to the slot of a tensor of which a part
// is to be written, once. From then on it counts as written: a run that is
// resumed keeps the parts that are in it.
func (w *Writer) carryFirst(t *tensor, f io.WriterAt, p place) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.written[t] {
		return nil
	}
	if err := carry(f, p.off, t, p.dtype); err != nil {
		return err
	}
	w.written[t] = true
	return nil
}
