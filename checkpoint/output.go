package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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

// carried are the files that go to the output as they are, besides the config:
// what a tokenizer is loaded from, and the licence.
var carried = []string{
	"generation_config.json",
	"tokenizer.json", "tokenizer_config.json", "tokenizer.model",
	"vocab.json", "vocab.txt", "merges.txt",
	"special_tokens_map.json", "added_tokens.json",
	"chat_template.jinja", "chat_template.json",
	"LICENSE*", "NOTICE*",
}

// carriedIn returns the names of those in folder dir. What has such a name and
// is no file, a folder LICENSES say, is left. One that cannot be read is an
// error now rather than at the end of a run.
func carriedIn(dir string) ([]string, error) {
	names, err := matching(dir, carried...)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, name := range names {
		path := filepath.Join(dir, name)
		if st, err := os.Stat(path); err != nil || !st.Mode().IsRegular() {
			continue
		}
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		f.Close()
		files = append(files, name)
	}
	return files, nil
}
