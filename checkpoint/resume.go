package checkpoint

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"sparsellm/internal/atomicfile"
)

// Errors of Create about an earlier run into the same folder.
var (
	// ErrInterrupted: the folder holds a run that can be resumed; Force starts
	// again.
	ErrInterrupted = errors.New("checkpoint: output folder holds an interrupted run")
	// ErrNoResume: the run in the folder is of another model or dtype, or
	// damaged.
	ErrNoResume = errors.New("checkpoint: cannot resume")
	// ErrBusy: another process is writing to the folder.
	ErrBusy = errors.New("checkpoint: another run is writing to the output folder")
)

const (
	journalName = "written.json" // what Sync recorded
	lockName    = "lock"
	stateName   = "state" // the folder of StatePath
)

// journal is what a run must know to continue an earlier one's files.
type journal struct {
	Model   string   `json:"model"` // fingerprint
	DType   DType    `json:"dtype"`
	Written []string `json:"written"`
	// Record is Options.Record.
	Record json.RawMessage `json:"record,omitempty"`
	// Publish names the files that Commit began to give their final names.
	Publish []string `json:"publish,omitempty"`
}

// Fingerprint tells one model from another: a hash of its config, its tensors'
// names, shapes and dtypes and a checksum of each one's bytes, which is for
// accidents, not for attacks, and as fast as the memory.
func (c *Checkpoint) Fingerprint() (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%d %s\n", len(c.config), c.config)
	for _, s := range c.shards {
		for _, t := range s.tensors {
			sum, err := t.checksum()
			if err != nil {
				return "", err
			}
			fmt.Fprintf(h, "%q %v %v %d %08x\n", t.name, t.dtype, t.shape, t.size, sum)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// model returns the fingerprint of the input. It is made when it is first asked
// for: by then most bytes have gone by.
func (w *Writer) model() (string, error) {
	if w.print == "" {
		print, err := w.src.Fingerprint()
		if err != nil {
			return "", fmt.Errorf("reading the model: %w", err)
		}
		w.print = print
	}
	return w.print, nil
}

// Sync brings all that was written to the disk and records it, so that after a
// kill Create with Resume goes on from there.
func (w *Writer) Sync() error {
	written := w.names()
	for _, f := range w.files {
		if err := f.Sync(); err != nil {
			return fmt.Errorf("checkpoint: saving the run: %w", err)
		}
	}
	if err := w.writeJournal(written, nil); err != nil {
		return fmt.Errorf("checkpoint: saving the run: %w", err)
	}
	return nil
}

// names returns the written tensors' names, sorted.
func (w *Writer) names() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var names []string
	for t := range w.written {
		names = append(names, t.name)
	}
	slices.Sort(names)
	return names
}

func (w *Writer) writeJournal(written, publish []string) error {
	model, err := w.model()
	if err != nil {
		return err
	}
	text, err := json.Marshal(journal{model, w.opt.DType, written, w.opt.Record, publish})
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(filepath.Join(w.partial, journalName), text)
}

// Suspend ends the Writer as a kill after Sync would: Create with Resume goes
// on from there.
func (w *Writer) Suspend() error {
	return errors.Join(w.Sync(), w.close())
}

// StatePath returns where the caller may keep a file of that name between a
// kill and a resume. Commit and Abort remove it.
func (w *Writer) StatePath(name string) string { return filepath.Join(w.partial, stateName, name) }

// interrupted says whether the partial folder holds a run that Sync recorded.
func interrupted(partial string) bool { return exists(filepath.Join(partial, journalName)) }

// reopen opens the files of an interrupted run.
func (w *Writer) reopen() error {
	text, err := readSmall(filepath.Join(w.partial, journalName))
	if err != nil {
		return err
	}
	var j journal
	if err := json.Unmarshal(text, &j); err != nil {
		return fmt.Errorf("%w: %s is damaged: %w", ErrNoResume, journalName, err)
	}
	model, err := w.model()
	switch {
	case err != nil:
		return fmt.Errorf("checkpoint: %w", err)
	case j.Model != model:
		return fmt.Errorf("%w: the interrupted run in %s is of another model", ErrNoResume, w.dir)
	case j.DType != w.opt.DType:
		return fmt.Errorf("%w: the interrupted run in %s has another dtype", ErrNoResume, w.dir)
	}
	if entry := w.entry(); len(j.Publish) > 0 && exists(filepath.Join(w.dir, entry)) && !exists(filepath.Join(w.partial, entry)) {
		// A kill amid the removal of the traces of a complete run.
		if err := errors.Join(w.close(), w.removeRun()); err != nil {
			return err
		}
		return &CompleteError{Dir: w.dir, Record: j.Record}
	}
	w.opt.Record = j.Record // whoever resumes with another one is to see that
	if err := w.takeBack(j.Publish); err != nil {
		return err
	}
	for _, o := range w.shards {
		f, err := os.OpenFile(filepath.Join(w.partial, o.name), os.O_RDWR, 0)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNoResume, err)
		}
		w.files = append(w.files, f)
		if !o.begins(f) {
			return fmt.Errorf("%w: %s in %s is damaged", ErrNoResume, o.name, w.partial)
		}
	}
	for _, name := range j.Written {
		if t := w.src.byName[name]; t != nil {
			w.written[t] = true
		}
	}
	return nil
}

// takeBack moves what a Commit that was killed had moved to the partial folder
// again. Within the model's own folder the small files are the model's, too, and
// stay for it: they are made anew.
func (w *Writer) takeBack(names []string) error {
	_, own, err := within(w.dir, w.src.dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			return fmt.Errorf("%w: %s is damaged: it names %q", ErrNoResume, journalName, name)
		}
		isShard := slices.Contains(w.weightNames(), name)
		from, to := at(w.dir, name), at(w.partial, name)
		if own && !isShard || exists(to) || !exists(from) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
			return err
		}
		if err := os.Rename(from, to); err != nil {
			return err
		}
		if folder := filepath.Dir(from); folder != filepath.Clean(w.dir) {
			_ = os.Remove(folder) // if it is empty, it was made for the file
		}
	}
	return nil
}
