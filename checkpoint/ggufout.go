package checkpoint

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"sparsellm/internal/architecture"
	"sparsellm/internal/atomicfile"
	"sparsellm/internal/decoder"
	"sparsellm/internal/llamacpp"
)

// GGUFOptions says how WriteGGUF writes.
type GGUFOptions struct {
	// Values is how matrices are stored: one of GGUFValues. Norms, biases, routers
	// and filters of convolutions are float32 in any case, as llama.cpp wants them.
	Values string
	Name   string // of the model, for those who look at the file
	// Metadata is what the file says besides, such as of the tokenizer, by its
	// keys in full: ints, float32s, bools, strings and lists of int32s, float32s,
	// strings and bools.
	Metadata map[string]any
	Force    bool // also in place of a file that is there
	// Each, if not nil, is told how many of the tensors are written.
	Each func(done, of int)
}

// ggufValues are the ways to store matrices, and what general.file_type calls
// a file of such.
var ggufValues = []struct {
	name     string
	kind     ggmlType
	fileType int
}{{"f32", ggmlF32, 0}, {"f16", ggmlF16, 1}, {"bf16", ggmlBF16, 32}, {"q8_0", ggmlQ8_0, 7}, {"q4_0", ggmlQ4_0, 2}}

// GGUFValues are the ways to store matrices.
func GGUFValues() []string {
	var names []string
	for _, v := range ggufValues {
		names = append(names, v.name)
	}
	return names
}

// WriteGGUF writes the model to the file path as llama.cpp has it. What it has
// no way to say is refused before anything is written: the file's header is read
// back, and must describe the same model. After an error path is as it was. The
// remarks are what llama.cpp does otherwise.
func (c *Checkpoint) WriteGGUF(ctx context.Context, path string, opt GGUFOptions) (remarks []string, err error) {
	if _, err := os.Stat(path); err == nil && !opt.Force {
		return nil, fmt.Errorf("%w: %s is there already", ErrOutput, path)
	}
	g, err := c.ggufPlan(opt)
	if err != nil {
		return nil, err
	}
	err = atomicfile.Write(path, func(w io.Writer) error { return g.write(ctx, w, opt.Each) })
	if errors.Is(err, ctx.Err()) && err != nil {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("checkpoint: writing %s, which needs %d bytes: %w", path, g.size, err)
	}
	return g.remarks, nil
}

// CheckGGUF says why WriteGGUF would refuse the model, if it would.
func (c *Checkpoint) CheckGGUF(opt GGUFOptions) error {
	_, err := c.ggufPlan(opt)
	return err
}

// ggufOut is a GGUF file that is to be written.
type ggufOut struct {
	src     *Checkpoint
	arch    decoder.Architecture
	desc    decoder.Description
	meta    ggufMeta
	tensors []*ggufOutTensor // in file order
	head    []byte
	size    int64
	remarks []string
}

// ggufOutTensor is a tensor of the file, and what it is made of: a tensor of the
// model, several experts', or values.
type ggufOutTensor struct {
	ggufTensor
	from   []decoder.FileTensor
	values []float64 // of divisors, in place of from
}

// ggufPlan finds out what the file will hold.
func (c *Checkpoint) ggufPlan(opt GGUFOptions) (*ggufOut, error) {
	g, err := c.planGGUF(opt)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: making a GGUF file of %s: %w", c.dir, err)
	}
	return g, nil
}

func (c *Checkpoint) planGGUF(opt GGUFOptions) (*ggufOut, error) {
	f, err := decoder.ParseConfig(c.config)
	if err != nil {
		return nil, err
	}
	kind, f := architecture.Language(f)
	a, ok := architecture.Named(kind)
	if !ok || a.GGUF.Arch == "" {
		return nil, fmt.Errorf("llama.cpp has no models of the model_type %q", kind)
	}
	d, err := a.Read(f)
	if err != nil {
		return nil, err
	}
	if err := loadable(&a, &d); err != nil {
		return nil, err
	}
	g := &ggufOut{src: c, arch: a, desc: d}
	if err := g.tie(); err != nil {
		return nil, err
	}
	i := slices.Index(GGUFValues(), opt.Values)
	if i < 0 {
		return nil, fmt.Errorf("values %q are none of %s", opt.Values, strings.Join(GGUFValues(), ", "))
	}
	g.meta.put("general.architecture", a.GGUF.Arch)
	g.meta.put("general.type", "model")
	g.meta.put("general.file_type", ggufValues[i].fileType)
	g.meta.put("general.quantization_version", 2)
	if opt.Name != "" {
		g.meta.put("general.name", opt.Name)
	}
	divisors, err := a.FileMetadata(&g.desc, func(key string, value any) { g.meta.put(a.GGUF.Arch+"."+key, value) })
	if err != nil {
		return nil, err
	}
	for key, value := range opt.Metadata {
		g.meta.put(key, value)
	}
	if err := g.choose(ggufValues[i].kind, divisors); err != nil {
		return nil, err
	}
	end := g.place()
	if g.head, err = ggufHead(&g.meta, g.tensors); err != nil {
		return nil, err
	}
	g.size = int64(len(g.head)) + end
	return g, g.verify(divisors)
}

// loadable fails on what llama.cpp would not load.
func loadable(a *decoder.Architecture, d *decoder.Description) error {
	for i := range d.Blocks {
		b := d.Block(i)
		switch {
		case a.GGUF.Experts && b.Experts == nil:
			return fmt.Errorf("llama.cpp's %s models have experts in every block, and this one has none in block %d", a.Title, i)
		case !a.GGUF.Biases && (b.Attention.O.Bias || b.Network.Down.Bias):
			return fmt.Errorf("llama.cpp's %s models have no biases after attention or in networks, and this one has some (attention_bias, mlp_bias)", a.Title)
		}
	}
	return nil
}

// tie finds out which head the file has.
func (g *ggufOut) tie() error {
	c, a, d := g.src, &g.arch, &g.desc
	if _, head := c.find(a.Head); d.Tied && head {
		if _, words := c.find(a.Words); words {
			same, err := c.Equal(a.Words, a.Head)
			if err != nil {
				return err
			}
			d.Tied = same
		} else {
			a.Words = a.Head
		}
	}
	switch {
	case a.GGUF.OwnHead && d.Tied:
		d.Tied, a.Head = false, a.Words
	case a.GGUF.NoHead && !d.Tied:
		return fmt.Errorf("llama.cpp takes the head of a %s model to be its word embeddings, and this one has another", a.Title)
	}
	return nil
}

// choose picks the tensors and their types.
func (g *ggufOut) choose(kind ggmlType, divisors map[string][]float64) error {
	for _, name := range llamacpp.Divisors {
		if d := divisors[name]; d != nil {
			g.tensors = append(g.tensors, &ggufOutTensor{ggufTensor: ggufTensor{name: name, dims: []int64{int64(len(d))}}, values: d})
		}
	}
	add := func(list []decoder.FileTensor) error {
		for _, t := range list {
			if t.Unread {
				continue
			}
			if n := len(g.tensors); n > 0 && g.tensors[n-1].name == t.File {
				g.tensors[n-1].from = append(g.tensors[n-1].from, t)
				continue
			}
			out, err := g.tensor(t, kind)
			if err != nil {
				return err
			}
			g.tensors = append(g.tensors, out)
		}
		return nil
	}
	if err := add(g.arch.FileTensors(&g.desc)); err != nil {
		return err
	}
	for i := range g.desc.Blocks {
		if err := add(g.arch.FileTensorsOf(&g.desc, i)); err != nil {
			return err
		}
	}
	return nil
}

// tensor says how a tensor of the model, or the first of experts, is stored.
func (g *ggufOut) tensor(t decoder.FileTensor, kind ggmlType) (*ggufOutTensor, error) {
	shape, ok := g.src.Shape(t.Name)
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrNoTensor, t.Name)
	}
	out := &ggufOutTensor{from: []decoder.FileTensor{t}}
	out.name = t.File
	for _, n := range shape {
		if !t.Order.Filter || n != 1 {
			out.dims = append(out.dims, int64(n))
		}
	}
	if t.Order.Filter && len(out.dims) != 2 { // of one position or feature
		out.dims = []int64{int64(shape[0]), int64(shape[len(shape)-1])}
	}
	if !t.Order.Transposed {
		slices.Reverse(out.dims)
	}
	if t.Order.Experts > 0 {
		out.dims = append(out.dims, int64(t.Order.Experts))
	}
	switch {
	case !t.Matrix || len(shape) < 2:
		kind = ggmlF32
	case kind == ggmlQ4_0 && (t.File == "output.weight" || t.File == "token_embd.weight" && g.desc.Tied):
		kind = ggmlQ8_0 // the head takes it ill: llama.cpp's own tool takes more bits, too
	}
	if block := ggmlTypes[kind].block; out.dims[0]%block != 0 {
		kind = ggmlF16
	}
	out.kind = kind
	return out, nil
}

// place gives the tensors their sizes, and their offsets from the header's end,
// and returns that of the file's end.
func (g *ggufOut) place() (end int64) {
	for _, t := range g.tensors {
		elements := int64(1)
		for _, d := range t.dims {
			elements *= d
		}
		t.size, t.off = ggmlTypes[t.kind].size(elements), end
		end = ggufAligned(end + t.size)
	}
	return end
}

// verify reads the header as Open would, and compares.
func (g *ggufOut) verify(divisors map[string][]float64) error {
	read, err := parseGGUF(g.head, g.size)
	if err != nil {
		return fmt.Errorf("the header %w", err)
	}
	dims := map[string][]int64{}
	for _, t := range read.tensors {
		dims[t.name] = t.dims
	}
	a, config, err := fileConfig(llamacpp.NewMeta(read.meta, dims, divisors), F32)
	if err != nil {
		return fmt.Errorf("the header %w", err)
	}
	d, err := describe(a, config)
	if err != nil {
		return err
	}
	if what := g.desc.Differ(&d); what != "" {
		return fmt.Errorf("llama.cpp would run another model, as its files of %s models have no way to say %s", g.arch.Title, what)
	}
	if w := g.desc.Windows(&d); w > 0 {
		g.remarks = append(g.remarks, fmt.Sprintf("llama.cpp has every token of a %s model see all before it, this one the last %d: longer texts come out otherwise", g.arch.Title, w))
	}
	tensors, err := ggufTensors(read, nil, a, &d)
	if err != nil {
		return fmt.Errorf("the header %w", err)
	}
	for _, t := range tensors {
		shape, ok := g.src.Shape(t.name)
		if !ok && t.name == a.Words {
			shape, ok = g.src.Shape(a.Head)
		} else if !ok && t.name == a.Head {
			shape, ok = g.src.Shape(a.Words)
		}
		if !ok || !slices.Equal(shape, t.shape) {
			return fmt.Errorf("tensor %s has the shape %v; by config.json it must be %v", t.name, shape, t.shape)
		}
	}
	return nil
}

// write writes the file.
func (g *ggufOut) write(ctx context.Context, to io.Writer, each func(done, of int)) error {
	w := bufio.NewWriterSize(to, 1<<20)
	if _, err := w.Write(g.head); err != nil {
		return err
	}
	for i, t := range g.tensors {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := t.write(w, g.src); err != nil {
			return err
		}
		if _, err := w.Write(make([]byte, ggufAligned(t.size)-t.size)); err != nil {
			return err
		}
		if each != nil {
			each(i+1, len(g.tensors))
		}
	}
	return w.Flush()
}
