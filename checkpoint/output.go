package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// checkOutput says whether dir can become the output for src.
func checkOutput(src *Checkpoint, dir string, opt Options) error {
	st, err := os.Stat(dir)
	there := err == nil
	switch {
	case there && !st.IsDir():
		return fmt.Errorf("%w: %s is not a folder", ErrOutput, dir)
	case !there && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("checkpoint: %w", err)
	case opt.Force:
		return nil
	}
	inside, same, err := within(dir, src.dir)
	switch {
	case err != nil:
		return fmt.Errorf("checkpoint: %w", err)
	case same:
		return fmt.Errorf("%w: %s is the model's own folder", ErrOutput, dir)
	case inside && !src.isGGUF: // whose folder is just where it lies
		return fmt.Errorf("%w: %s lies inside the model's folder %s", ErrOutput, dir, src.dir)
	case !there:
		return nil
	case interrupted(filepath.Join(dir, partialDir)):
		return fmt.Errorf("%w: %s", ErrInterrupted, dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	for _, e := range entries {
		if e.Name() != partialDir {
			return fmt.Errorf("%w: %s is not empty", ErrOutput, dir)
		}
	}
	return nil
}

// missing returns dir and the folders above it that do not exist, dir first.
func missing(dir string) []string {
	var all []string
	for !exists(dir) {
		all = append(all, dir)
		up := filepath.Dir(dir)
		if up == dir {
			break
		}
		dir = up
	}
	return all
}

// within says whether dir, which need not exist, is folder root or lies inside
// it, whatever links lead there.
func within(dir, root string) (inside, same bool, err error) {
	want, err := os.Stat(root)
	if err != nil {
		return false, false, err
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return false, false, err
	}
	for p := dir; ; {
		if st, err := os.Stat(p); err == nil {
			if os.SameFile(st, want) {
				return true, p == dir, nil
			}
			if real, err := filepath.EvalSymlinks(p); err == nil && real != p {
				p = real
				continue
			}
		}
		up := filepath.Dir(p)
		if up == p {
			return false, false, nil
		}
		p = up
	}
}

// carriedIn returns the names, with slashes, of the files of beside that folder
// dir has and the output gets. What has such a name and is no file, a folder
// LICENSES say, is left. One that cannot be read, or of which a clone has but a
// pointer, is an error now rather than at the end of a run.
func carriedIn(dir string) ([]string, error) {
	names, err := besideIn(dir)
	if err != nil {
		return nil, err
	}
	custom := usesCode(dir)
	var files []string
	for _, name := range names {
		if of, _ := besideUse(name); of == code && !custom {
			continue
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		if st, err := os.Stat(path); err != nil || !st.Mode().IsRegular() {
			continue
		}
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		err = checkHead(f)
		f.Close()
		if err != nil {
			return nil, err
		}
		files = append(files, name)
	}
	return files, nil
}

// besideIn returns the names of beside that folder dir has.
func besideIn(dir string) ([]string, error) {
	folders := map[string]bool{".": true}
	for _, b := range beside {
		folders[path.Dir(b.pattern)] = true
	}
	var names []string
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		entries, err := os.ReadDir(filepath.Join(dir, filepath.FromSlash(folder)))
		if err != nil && folder == "." {
			return nil, err
		}
		for _, e := range entries { // none where there is no such folder
			name := path.Join(folder, e.Name())
			if _, ok := besideUse(name); ok {
				names = append(names, name)
			}
		}
	}
	return names, nil
}

// usesCode says whether one of the folder's configs has classes of its own in
// *.py files, which transformers loads with trust_remote_code. Elsewhere such
// files are somebody's scripts.
func usesCode(dir string) bool {
	for _, name := range []string{"config.json", "tokenizer_config.json", "processor_config.json"} {
		text, err := readSmall(filepath.Join(dir, name))
		var c struct {
			Map json.RawMessage `json:"auto_map"`
		}
		if err == nil && readJSON(text, &c) == nil && len(c.Map) > 0 && string(c.Map) != "null" {
			return true
		}
	}
	return false
}
