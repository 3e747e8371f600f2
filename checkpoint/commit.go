package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
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
	weights := w.carryRest
	if w.opt.Pack != nil {
		weights = w.pack
	}
	if err := weights(); err != nil {
		return err
	}
	config := w.src.config
	if w.opt.DType != 0 {
		var err error
		if config, err = withDType(config, w.opt.DType); err != nil {
			return err
		}
	}
	if w.opt.Untie {
		var err error
		if config, err = withField(config, "tie_word_embeddings", "false"); err != nil {
			return err
		}
	}
	if err := w.whole("config.json", config); err != nil {
		return err
	}
	if len(w.weightNames()) > 1 {
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
		b, ok := w.opt.Beside[name]
		if !ok {
			var err error
			if b, err = os.ReadFile(at(w.src.dir, name)); err != nil {
				return err
			}
		}
		if err := w.whole(name, b); err != nil {
			return err
		}
	}
	return nil
}

// carryRest completes the shards by what was not written.
func (w *Writer) carryRest() error {
	for i, o := range w.shards {
		for _, s := range o.slots {
			if w.written[s.tensor] {
				continue
			}
			if err := carry(w.files[i], s.off, s.tensor, s.dtype); err != nil {
				return err
			}
		}
		if err := w.files[i].Sync(); err != nil {
			return err
		}
	}
	return nil
}

// whole writes a small file, named with slashes, to the partial folder.
func (w *Writer) whole(name string, data []byte) error {
	w.small = append(w.small, name)
	path := at(w.partial, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// at is the path of a name with slashes in a folder.
func at(dir, name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }

// publish moves the files of the partial folder to their final names.
func (w *Writer) publish() error {
	names := slices.Clone(w.small)
	names = append(names, w.weightNames()...)
	if err := w.writeJournal(w.names(), names); err != nil {
		return err
	}
	if err := w.closeFiles(); err != nil {
		return err
	}
	if err := w.removeStale(names); err != nil {
		return err
	}
	entry := w.entry()
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
		to := at(w.dir, name)
		if folder := filepath.Dir(to); folder != filepath.Clean(w.dir) {
			if err := w.makeFolder(folder); err != nil {
				return err
			}
			if !slices.Contains(w.folders, folder) {
				w.folders = append(w.folders, folder)
			}
		}
		if name == entry {
			for _, folder := range append(w.folders, w.dir) {
				if err := atomicfile.SyncFolder(folder); err != nil {
					return err
				}
			}
		}
		if err := os.Rename(at(w.partial, name), to); err != nil {
			return err
		}
		w.moved = append(w.moved, to)
	}
	w.moved = nil // complete: nothing takes it back
	if err := atomicfile.SyncFolder(w.dir); err != nil {
		return err
	}
	return errors.Join(w.close(), w.removeRun())
}

// removeStale removes what an earlier run left and would be loaded with the
// files of names or in their place: weights under other names, and files of
// another tokenizer. Loaders start at the one file or the index: go first what
// leads to old shards, come last (in publish) what leads to new ones.
func (w *Writer) removeStale(names []string) error {
	entries := []string{"model.safetensors", "model.safetensors.index.json", packedName}
	stale, err := matching(w.dir, entries...)
	if err != nil {
		return err
	}
	shards, err := matching(w.dir, "model-*.safetensors")
	if err != nil {
		return err
	}
	if text, err := readSmall(filepath.Join(w.dir, entries[1])); err == nil {
		if x, err := readIndex(text); err == nil { // a damaged one leads nowhere
			shards = append(shards, x.files...)
		}
	}
	for _, name := range shards {
		if !slices.Contains(names, name) && strings.HasSuffix(name, ".safetensors") && !slices.Contains(entries, name) {
			stale = append(stale, name)
		}
	}
	others, err := w.staleBeside(names)
	if err != nil {
		return err
	}
	if !slices.Contains(names, recordName) && recorded(w.dir) {
		others = append(others, recordName) // says of what was there that it is complete
	}
	for _, name := range append(stale, others...) {
		if name == w.entry() && slices.Equal(w.weightNames(), []string{name}) {
			continue // one file replaces the other in one step
		}
		if err := os.Remove(at(w.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// staleBeside returns the files beside the weights that are loaded and that
// this model has not, if it brings any of its own: of a model without a
// tokenizer none is in the way.
func (w *Writer) staleBeside(names []string) ([]string, error) {
	isLoaded := func(name string) bool {
		of, ok := besideUse(name)
		return ok && of == loaded
	}
	if !slices.ContainsFunc(w.carried, isLoaded) {
		return nil, nil
	}
	there, err := besideIn(w.dir)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(there, func(name string) bool {
		st, err := os.Lstat(at(w.dir, name))
		return err != nil || st.IsDir() || !isLoaded(name) || slices.Contains(names, name)
	}), nil
}

// makeFolder makes a folder of the output, and records that it did.
func (w *Writer) makeFolder(folder string) error {
	made := missing(folder)
	w.made = append(made, w.made...)
	return os.MkdirAll(folder, 0o777)
}

// entry names the file that a loader looks for first.
func (w *Writer) entry() string {
	switch {
	case w.opt.Pack != nil:
		return packedName
	case len(w.shards) > 1:
		return "model.safetensors.index.json"
	}
	return "model.safetensors"
}

// weightNames returns the names of the files of weights.
func (w *Writer) weightNames() (names []string) {
	if w.opt.Pack != nil {
		return []string{packedName}
	}
	for _, o := range w.shards {
		names = append(names, o.name)
	}
	return names
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
// What a Commit that failed has put into the model's own folder stays: it is in
// place of the model's.
func (w *Writer) Abort() error {
	errs := []error{w.close(), os.RemoveAll(w.partial)}
	if _, own, err := within(w.dir, w.src.dir); err == nil && !own {
		for _, path := range w.moved {
			errs = append(errs, os.Remove(path))
		}
	}
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
