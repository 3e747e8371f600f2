package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sparsellm/internal/architecture"
	"sparsellm/internal/placeholder"
)

// ErrNoTensor is what the error of a read or a write of a tensor that the
// checkpoint lacks wraps.
var ErrNoTensor = errors.New("checkpoint: no such tensor")

// Checkpoint is an open model. Its methods may be called from several
// goroutines at once, but for Close.
type Checkpoint struct {
	dir       string
	config    []byte
	isGGUF    bool
	shards    []*shard
	names     []string
	byName    map[string]*tensor
	indexMeta json.RawMessage // the index's "metadata", an object, or nil
	remarks   []string
	wrapped   error // for Check: a prefix that cannot be taken off
}

// maxConfig is far beyond any config.json or index of a real model.
const maxConfig = 64 << 20

// Open opens a model: a folder with config.json and weights, or a GGUF file. Of a
// folder it reads what is there first of
// model.safetensors, model.safetensors.index.json with the shards that it
// names, pytorch_model.bin and pytorch_model.bin.index.json likewise; else
// shards without an index, if they are all there and have no tensor twice; else
// the one GGUF file; else safetensors of whatever names.
//
// Names that a wrapper has put a prefix before are given without it. What is
// odd about a model that opens all the same is in Remarks; whether its tensors
// are weights as they are, Check says.
func Open(path string) (*Checkpoint, error) {
	st, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("checkpoint: there is no model %s: %w", path, fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	c := &Checkpoint{dir: path}
	switch {
	case st.IsDir():
		err = c.openFolder()
	case strings.HasSuffix(path, ".gguf"):
		c.dir = filepath.Dir(path)
		err = c.openGGUF(path)
	default:
		err = fmt.Errorf("checkpoint: %s is neither a folder nor a .gguf file: give the model's folder", path)
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (c *Checkpoint) openFolder() error {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	small := func(name string) ([]byte, error) { return readSmall(filepath.Join(c.dir, name)) }
	w, err := chooseWeights(names, small)
	if errors.Is(err, errNothing) {
		err = noWeights(namesBelow(c.dir), small)
	}
	switch {
	case err != nil:
		return fmt.Errorf("checkpoint: %s %w", c.dir, err)
	case len(w.gguf) == 1:
		return c.openGGUF(filepath.Join(c.dir, w.gguf[0]))
	case len(w.gguf) > 1:
		return fmt.Errorf("checkpoint: %s holds %d GGUF files: name one of them, %s", c.dir, len(w.gguf), strings.Join(w.gguf[:min(len(w.gguf), 10)], ", "))
	}
	read := readSafetensors
	if w.torch {
		read = readTorch
	}
	for _, name := range w.files {
		if err := c.addShard(filepath.Join(c.dir, name), read); err != nil {
			return err
		}
	}
	var of map[string]string
	if w.read != nil {
		of, c.indexMeta = w.read.of, w.read.metadata
	}
	if err := c.index(of); err != nil {
		return err
	}
	c.config, err = readSmall(filepath.Join(c.dir, "config.json"))
	if err := c.unwrap(); err != nil {
		return err
	}
	if slices.Contains(names, "adapter_config.json") {
		c.remark("%s has an adapter_config.json beside its weights: the weights are read without the adapter, which transformers would add to them", c.dir)
	}
	return err
}

func (c *Checkpoint) openGGUF(path string) error {
	c.isGGUF = true
	err := c.addShard(path, func(x *file) (s *shard, err error) {
		s, c.config, err = readGGUF(x)
		return s, err
	})
	if err != nil {
		return err
	}
	if kinds := quantised(c.shards[0].tensors); len(kinds) > 0 {
		c.remark("%s is quantised (%s): its weights are read, and by default written, as the float16 numbers nearest to what they stand for", path, strings.Join(kinds, ", "))
	}
	return c.index(nil)
}

func (c *Checkpoint) addShard(path string, read func(*file) (*shard, error)) error {
	x, err := openFile(path)
	if err != nil {
		return fmt.Errorf("checkpoint: opening the weights: %w", err)
	}
	s, err := read(x)
	if err != nil {
		return errors.Join(err, x.Close())
	}
	c.shards = append(c.shards, s)
	return nil
}

// index fills names and byName. Tensors that are in none of the files where
// an index says they are would be missed late; of names that come twice, two
// loaders may take different ones.
func (c *Checkpoint) index(of map[string]string) error {
	c.byName = map[string]*tensor{}
	for _, s := range c.shards {
		for _, t := range s.tensors {
			if other := c.byName[t.name]; other != nil {
				return fmt.Errorf("checkpoint: tensor %q is in %s and in %s: one of the files is not of this model, or old", t.name, other.file.path, t.file.path)
			}
			c.byName[t.name] = t
			c.names = append(c.names, t.name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(of)) {
		t := c.byName[name]
		if t == nil || filepath.Base(t.file.path) != of[name] {
			return fmt.Errorf("checkpoint: there is no tensor %q in %s, where the index puts it", name, of[name])
		}
	}
	return nil
}

// Config returns the bytes of config.json, for a GGUF file of one made from its
// metadata. The caller must not change them.
func (c *Checkpoint) Config() []byte { return c.config }

// Remarks returns what a user should know of a model that opens all the same, a
// sentence each.
func (c *Checkpoint) Remarks() []string { return slices.Clone(c.remarks) }

func (c *Checkpoint) remark(format string, args ...any) {
	c.remarks = append(c.remarks, fmt.Sprintf(format, args...))
}

// Dir returns the folder that the model is in.
func (c *Checkpoint) Dir() string { return c.dir }

// Size returns the bytes of its weights' files.
func (c *Checkpoint) Size() (bytes int64) {
	for _, s := range c.shards {
		bytes += s.file.size
	}
	return bytes
}

// Names returns the tensors' names as stored, in the order in which they lie
// in the files.
func (c *Checkpoint) Names() []string { return slices.Clone(c.names) }

// find returns the tensor of that name. OPT's and LLaMA's checkpoints were
// saved both from the bare decoder and from the model around it, so a name is
// found with and without the prefix of the decoder's, such as "model.".
func (c *Checkpoint) find(name string) (*tensor, bool) {
	t, ok := c.byName[name]
	if !ok {
		for _, other := range architecture.Spellings(name) {
			if t, ok = c.byName[other]; ok {
				break
			}
		}
	}
	return t, ok
}

// Shape returns the dimensions of a tensor, named with or without the decoder's
// prefix, and false if there is none. The caller must not change them.
func (c *Checkpoint) Shape(name string) ([]int, bool) {
	t, ok := c.find(name)
	if !ok {
		return nil, false
	}
	return t.shape, true
}

// DType returns the type in which a tensor is stored, named as for Shape.
func (c *Checkpoint) DType(name string) (DType, bool) {
	t, ok := c.find(name)
	if !ok {
		return 0, false
	}
	return t.dtype, true
}

// ReadFloat32 reads the whole tensor, row-major, into dst, whose length must be
// its number of elements. F64 is rounded.
func (c *Checkpoint) ReadFloat32(name string, dst []float32) error {
	t, ok := c.find(name)
	if !ok {
		return fmt.Errorf("%w: %s", ErrNoTensor, name)
	}
	return read(t, dst)
}

// ReadFloat64 is ReadFloat32 for float64.
func (c *Checkpoint) ReadFloat64(name string, dst []float64) error {
	t, ok := c.find(name)
	if !ok {
		return fmt.Errorf("%w: %s", ErrNoTensor, name)
	}
	return read(t, dst)
}

// Close closes the files. Nothing may be read after it.
func (c *Checkpoint) Close() error {
	var errs []error
	for _, s := range c.shards {
		errs = append(errs, s.file.Close())
	}
	c.shards = nil
	return errors.Join(errs...)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// readSmall reads a whole file of at most maxConfig bytes.
func readSmall(path string) ([]byte, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	if !st.Mode().IsRegular() || st.Size() > maxConfig {
		return nil, fmt.Errorf("checkpoint: %s is not a file of at most %d bytes", path, maxConfig)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	if err := placeholder.Markup(b); err != nil {
		return nil, fmt.Errorf("checkpoint: %s %w", path, err)
	}
	return b, nil
}
