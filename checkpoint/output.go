package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// checkOutput says whether dir can become the output for src, and whether it
// still has to be made.
func checkOutput(src *Checkpoint, dir string, opt Options) (created bool, err error) {
	st, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		created = true
	case err != nil:
		return false, fmt.Errorf("checkpoint: %w", err)
	case !st.IsDir():
		return false, fmt.Errorf("%w: %s is not a folder", ErrOutput, dir)
	}
	if opt.Force || opt.Resume {
		return created, nil
	}
	inside, same, err := within(dir, src.dir)
	switch {
	case err != nil:
		return false, fmt.Errorf("checkpoint: %w", err)
	case same:
		return false, fmt.Errorf("%w: %s is the model's own folder", ErrOutput, dir)
	case inside && !src.isGGUF: // whose folder is just where it lies
		return false, fmt.Errorf("%w: %s lies inside the model's folder %s", ErrOutput, dir, src.dir)
	}
	if created {
		return created, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false, fmt.Errorf("checkpoint: %w", err)
	}
	if interrupted(filepath.Join(dir, partialDir)) {
		return false, fmt.Errorf("%w: %s", ErrInterrupted, dir)
	}
	for _, e := range entries {
		if e.Name() != partialDir {
			return false, fmt.Errorf("%w: %s is not empty", ErrOutput, dir)
		}
	}
	return false, nil
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
