package checkpoint

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sparsellm/internal/atomicfile"
)

// Commit copies every tensor that was not written from the input, byte for
// byte where the dtype is the same, makes the rest of the folder, and once all
// of it is on the disk renames the files to their final names, last the one
// that a loader looks for first. After an error the caller may Suspend, so as
// to try again with Resume, or Abort.
func (w *Writer) Commit() error {
	err := w.fill()
	if err == nil {
		err = w.publish()
	}
	if err != nil {
		return fmt.Errorf("checkpoint: finishing the output: %w", err)
	}
	return nil
}

// fill completes what is in the partial folder.
func (w *Writer) fill() error {
	w.small = nil
	for i, o := range w.shards {
		for _, s := range o.slots {
			if w.written[s.tensor] {
				continue
			}
			if err := s.carry(w.files[i]); err != nil {
				return err
			}
		}
		if err := w.files[i].Sync(); err != nil {
			return err
		}
	}
	config := w.src.config
	if w.opt.DType != 0 {
		var err error
		if config, err = withDType(config, w.opt.DType); err != nil {
			return err
		}
	}
	if err := w.whole("config.json", config); err != nil {
		return err
	}
	if len(w.shards) > 1 {
		index, err := indexJSON(w.shards, w.src.indexMeta)
		if err != nil {
			return err
		}
		if err := w.whole("model.safetensors.index.json", index); err != nil {
			return err
		}
	}
	if w.opt.Record != nil {
		record, err := w.recordJSON()
		if err != nil {
			return err
		}
		if err := w.whole(recordName, record); err != nil {
			return err
		}
	}
	for _, name := range w.carried {
		b, err := os.ReadFile(filepath.Join(w.src.dir, name))
		if err != nil {
			return err
		}
		if err := w.whole(name, b); err != nil {
			return err
		}
	}
	return nil
}

// carry writes the input's values to the slot.
func (s *slot) carry(f *os.File) error {
	if s.dtype == s.tensor.dtype {
		return s.tensor.pieces(func(at int64, b []byte) error {
			_, err := f.WriteAt(b, s.off+at)
			return err
		})
	}
	if s.tensor.dtype == F64 {
		x := make([]float64, s.tensor.elements())
		if err := read(s.tensor, x); err != nil {
			return err
		}
		return put(s, f, x)
	}
	x := make([]float32, s.tensor.elements())
	if err := read(s.tensor, x); err != nil {
		return err
	}
	return put(s, f, x)
}

// whole writes a small file to the partial folder.
func (w *Writer) whole(name string, data []byte) error {
	w.small = append(w.small, name)
	f, err := os.OpenFile(filepath.Join(w.partial, name), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// publish moves the files of the partial folder to their final names.
func (w *Writer) publish() error {
	names := slices.Clone(w.small)
	for _, o := range w.shards {
		names = append(names, o.name)
	}
	if err := w.writeJournal(w.names(), names); err != nil {
		return err
	}
	if err := w.closeFiles(); err != nil {
		return err
	}
	entry := w.entry()
	// Weights that an earlier run left under other names would be loaded with
	// these or in their place. Loaders start at the one file or the index: go
	// first what leads to old shards, come last what leads to new ones.
	stale, err := matching(w.dir, "model.safetensors", "model.safetensors.index.json", "model-*.safetensors")
	if err != nil {
		return err
	}
	slices.SortFunc(stale, func(a, b string) int { return len(a) - len(b) })
	for _, name := range stale {
		shard := strings.HasPrefix(name, "model-")
		if shard && slices.Contains(names, name) || name == entry && len(w.shards) == 1 {
			continue // one file replaces the other in one step
		}
		if err := os.Remove(filepath.Join(w.dir, name)); err != nil {
			return err
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		switch {
		case a == entry:
			return 1
		case b == entry:
			return -1
		}
		return strings.Compare(a, b)
	})
	for _, name := range names {
		if name == entry {
			if err := atomicfile.SyncFolder(w.dir); err != nil {
				return err
			}
		}
		if err := os.Rename(filepath.Join(w.partial, name), filepath.Join(w.dir, name)); err != nil {
			return err
		}
	}
	if err := atomicfile.SyncFolder(w.dir); err != nil {
		return err
	}
	return errors.Join(w.close(), w.removeRun())
}

// entry names the file that a loader looks for first.
func (w *Writer) entry() string {
	if len(w.shards) > 1 {
		return "model.safetensors.index.json"
	}
	return "model.safetensors"
}

// removeRun removes the partial folder, the journal last: after a kill amid it
// Resume finds what there is to remove.
func (w *Writer) removeRun() error {
	entries, err := os.ReadDir(w.partial)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == journalName {
			continue
		}
		if err := os.RemoveAll(filepath.Join(w.partial, e.Name())); err != nil {
			return err
		}
	}
	return os.RemoveAll(w.partial)
}

// close closes the files and lets another process have the folder.
func (w *Writer) close() error {
	err := w.closeFiles()
	if w.lock != nil {
		err = errors.Join(err, w.lock.Close())
		w.lock = nil
	}
	return err
}

func (w *Writer) closeFiles() error {
	var errs []error
	for _, f := range w.files {
		errs = append(errs, f.Close())
	}
	w.files = nil
	return errors.Join(errs...)
}

// Abort ends the Writer and removes all it made. After Commit it does nothing.
func (w *Writer) Abort() error {
	errs := []error{w.close(), os.RemoveAll(w.partial)}
	for _, dir := range w.made {
		entries, err := os.ReadDir(dir)
		if err == nil && len(entries) == 0 {
			errs = append(errs, os.Remove(dir))
		}
	}
	return errors.Join(errs...)
}

// matching returns the names in folder dir that match one of the patterns.
func matching(dir string, patterns ...string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		for _, p := range patterns {
			if ok, err := filepath.Match(p, e.Name()); err != nil {
				return nil, err
			} else if ok {
				names = append(names, e.Name())
				break
			}
		}
	}
	return names, nil
}
