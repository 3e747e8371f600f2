package hub

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// repo is a repository of the hub at a revision.
type repo struct {
	kind     string // "models", "datasets"
	id       string // "ORG/NAME"
	revision string // "main"
}

func (c *Client) folder(r repo) string {
	return filepath.Join(c.Cache, r.kind+"--"+strings.ReplaceAll(r.id, "/", "--"))
}

// cached returns the folder of the revision's snapshot in the cache.
func (c *Client) cached(r repo) (string, bool) {
	b, err := os.ReadFile(filepath.Join(c.folder(r), "refs", filepath.FromSlash(r.revision)))
	commit := strings.TrimSpace(string(b))
	if err != nil || !isHash(commit, 40) {
		return "", false
	}
	return filepath.Join(c.folder(r), "snapshots", commit), true
}

// chooser picks the files to fetch from the names of all that there are, which
// may depend on what some small ones say, which read gives. Where whole is
// false, names that were not given would not have been missed.
type chooser func(names []string, read func(name string) ([]byte, error)) (files []string, whole bool, err error)

// maxIndex is far beyond any file that says what other files there are.
const maxIndex = 64 << 20

// snapshot returns a folder with the files of r that choose picks: the cached
// one, if choose is content with what it has, else one that is downloaded.
func (c *Client) snapshot(ctx context.Context, r repo, choose chooser) (string, error) {
	dir, ok := c.cached(r)
	if ok {
		_, whole, err := choose(filesIn(dir), func(name string) ([]byte, error) { return readSmall(dir, name) })
		if err == nil && (whole || c.Offline) {
			return dir, nil
		}
	}
	if c.Offline {
		return "", fmt.Errorf("%w and %s is not whole in the cache %s", errOffline, r.id, c.Cache)
	}
	commit, names, err := c.listing(ctx, r)
	if err != nil {
		return "", err
	}
	dir = filepath.Join(c.folder(r), "snapshots", commit)
	var fault error // of the network, which is not choose's to put into words
	chosen, _, err := choose(names, func(name string) ([]byte, error) {
		if err := c.file(ctx, r, commit, name); err != nil {
			fault = err
			return nil, err
		}
		return readSmall(dir, name)
	})
	switch {
	case fault != nil:
		return "", fault
	case err != nil:
		return "", fmt.Errorf("hub: %s %w", r.id, err)
	}
	for _, name := range chosen {
		if err := c.file(ctx, r, commit, name); err != nil {
			return "", err
		}
	}
	ref := filepath.Join(c.folder(r), "refs", filepath.FromSlash(r.revision))
	if err := replace(ref, func(temporary string) error { return os.WriteFile(temporary, []byte(commit), 0o666) }); err != nil {
		return "", fmt.Errorf("hub: filling the cache: %w", err)
	}
	return dir, nil
}

// readSmall reads a file of a snapshot.
func readSmall(dir, name string) ([]byte, error) {
	path := filepath.Join(dir, filepath.FromSlash(name))
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if st.Size() > maxIndex {
		return nil, fmt.Errorf("%s has %d bytes, more than any index", path, st.Size())
	}
	return os.ReadFile(path)
}

// file brings one file of a commit into the cache.
func (c *Client) file(ctx context.Context, r repo, commit, name string) error {
	if !isLocal(name) {
		return fmt.Errorf("hub: %s has a file named %q, which leads out of its folder", r.id, name)
	}
	link := filepath.Join(c.folder(r), "snapshots", commit, filepath.FromSlash(name))
	if _, err := os.Stat(link); err == nil {
		return nil
	}
	address := c.Endpoint + "/"
	if r.kind != "models" {
		address += r.kind + "/"
	}
	address += r.id + "/resolve/" + commit + "/" + (&url.URL{Path: name}).EscapedPath()
	etag, size, err := c.metadata(ctx, address, r.id+"/"+name)
	if err != nil {
		return err
	}
	blob := filepath.Join(c.folder(r), "blobs", etag)
	if err := os.MkdirAll(filepath.Dir(blob), 0o777); err != nil {
		return fmt.Errorf("hub: filling the cache: %w", err)
	}
	if st, err := os.Stat(blob); err != nil || st.Size() != size {
		if err := c.download(ctx, address, blob, name, etag, size); err != nil {
			return err
		}
	}
	target, err := filepath.Rel(filepath.Dir(link), blob)
	if err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	err = replace(link, func(temporary string) error {
		if os.Symlink(target, temporary) == nil {
			return nil
		}
		return os.Link(blob, temporary) // where links of the first kind need a privilege
	})
	if err != nil {
		return fmt.Errorf("hub: filling the cache: %w", err)
	}
	return nil
}

// replace puts what makes creates at path, in one step.
func replace(path string, create func(temporary string) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	temporary := fmt.Sprintf("%s.%d.tmp", path, os.Getpid())
	if err := create(temporary); err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	return nil
}

// isLocal says whether a name in an answer of the hub stays in its folder.
func isLocal(name string) bool {
	return name != "." && name == path.Clean(name) && filepath.IsLocal(filepath.FromSlash(name)) && !strings.ContainsAny(name, "\\:\x00")
}

// filesIn returns the names of the files below dir, with slashes, that can be
// opened: the target of a link may be gone.
func filesIn(dir string) []string {
	var names []string
	_ = fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name))); err == nil {
				names = append(names, name)
			}
		}
		return nil
	})
	return names
}
