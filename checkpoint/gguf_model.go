package checkpoint

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sparsellm/internal/architecture"
	"sparsellm/internal/decoder"
	"sparsellm/internal/llamacpp"
)

// readGGUF reads a GGUF file, with the names and the order of rows that
// transformers has, and makes its config.json.
func readGGUF(x *file) (s *shard, config []byte, err error) {
	s = &shard{file: x}
	g, err := x.ggufHeader()
	if err == nil {
		config, err = s.model(g)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("checkpoint: %s %w", x.path, err)
	}
	return s, config, nil
}

// model turns the tensors of g into the shard's and returns the config.
func (s *shard) model(g *gguf) ([]byte, error) {
	dims := map[string][]int64{}
	divisors := map[string][]float64{}
	dtype := F32
	for _, in := range g.tensors {
		dims[in.name] = in.dims
		if in.name == "token_embd.weight" {
			dtype = ggmlTypes[in.kind].dtype
		}
		if slices.Contains(llamacpp.Divisors, in.name) {
			d, err := in.divisors(s.file)
			if err != nil {
				return nil, fmt.Errorf("tensor %q %w", in.name, err)
			}
			divisors[in.name] = d
		}
	}
	m := llamacpp.NewMeta(g.meta, dims, divisors)
	a, config, err := fileConfig(m, dtype)
	if err == nil {
		err = g.enough(m)
	}
	if err != nil {
		return nil, err
	}
	d, err := describe(a, config)
	if err != nil {
		return nil, fmt.Errorf("has metadata of which no model can be made: %w", err)
	}
	if s.tensors, err = ggufTensors(g, s.file, a, &d); err == nil && dims["token_embd.weight"] == nil {
		err = errors.New("has no tensor token_embd.weight")
	}
	return config, err
}

// enough fails where the metadata promise more blocks or experts than there are
// tensors for: what is made of them must not be larger than the file.
func (g *gguf) enough(m *llamacpp.Meta) error {
	blocks, experts := m.Int("block_count", 0), max(m.Int("expert_count", -1), 0)
	var matrices int64
	for _, t := range g.tensors {
		if strings.HasSuffix(t.name, "_exps.weight") && len(t.dims) == 3 {
			matrices += min(t.dims[2], experts)
		}
	}
	if blocks > int64(len(g.tensors))+1 || 3*blocks*experts > matrices {
		return fmt.Errorf("has %d tensors, too few for the %d blocks and %d experts of its metadata", len(g.tensors), blocks, experts)
	}
	return nil
}

// fileConfig makes a config.json of metadata, and finds the architecture.
func fileConfig(m *llamacpp.Meta, dtype DType) (*decoder.Architecture, []byte, error) {
	experts := m.Has("expert_count") && !m.Is("expert_count", 0)
	a, ok := architecture.OfFile(m.Arch(), experts)
	if !ok && experts {
		if _, ok := architecture.OfFile(m.Arch(), false); ok {
			return nil, nil, fmt.Errorf("is a mixture of experts of the architecture %q, which is not supported", m.Arch())
		}
	}
	if !ok {
		return nil, nil, fmt.Errorf("is of architecture %q; of GGUF files those are supported of %s", m.Arch(), strings.Join(architecture.FileNames(), ", "))
	}
	var c llamacpp.Config
	c.Put("architectures", []string{a.GGUF.Class})
	c.Put("model_type", a.Type)
	a.GGUF.Config(m, &c)
	c.Put("torch_dtype", dtypes[dtype].torch)
	m.Understood(m.HeadDim(), m.Int("context_length", 0))
	if m.Err() != nil {
		return nil, nil, m.Err()
	}
	text, err := c.JSON()
	return &a, text, err
}

// describe reads a config.json of an architecture.
func describe(a *decoder.Architecture, config []byte) (decoder.Description, error) {
	f, err := decoder.ParseConfig(config)
	if err != nil {
		return decoder.Description{}, err
	}
	return a.Read(f)
}

// divisors reads what frequencies are divided by.
func (in *ggufTensor) divisors(x *file) ([]float64, error) {
	if len(in.dims) != 1 || in.dims[0] > decoder.MaxWidth || ggmlTypes[in.kind].dtype != F32 || ggmlTypes[in.kind].block != 1 {
		return nil, errors.New("is no list of divisors for the head's frequencies")
	}
	d := make([]float64, in.dims[0])
	err := x.use(in.off, in.size, func(b []byte) error {
		decode(F32, d, b)
		return nil
	})
	return d, err
}

// ggufTensors presents the tensors of g as those of a model of transformers'.
func ggufTensors(g *gguf, x *file, a *decoder.Architecture, d *decoder.Description) ([]*tensor, error) {
	byFile := func(list []decoder.FileTensor) map[string][]decoder.FileTensor {
		m := map[string][]decoder.FileTensor{}
		for _, t := range list {
			m[t.File] = append(m[t.File], t)
		}
		return m
	}
	outside := byFile(a.FileTensors(d))
	blocks := map[int]map[string][]decoder.FileTensor{}
	var tensors []*tensor
	for _, in := range g.tensors {
		if slices.Contains(llamacpp.Divisors, in.name) {
			continue
		}
		known := outside[in.name]
		if i, ok := ggufBlock(in.name); ok && i < d.Blocks {
			if blocks[i] == nil {
				blocks[i] = byFile(a.FileTensorsOf(d, i))
			}
			known = blocks[i][in.name]
		}
		if known == nil {
			return nil, fmt.Errorf("has tensor %q, which a %s model of transformers with its metadata has not", in.name, a.Title)
		}
		for _, t := range known {
			one, err := in.tensor(x, t)
			if err != nil {
				return nil, err
			}
			tensors = append(tensors, one)
		}
	}
	return tensors, nil
}

// ggufBlock returns the number of the block that a tensor is of.
func ggufBlock(name string) (int, bool) {
	rest, ok := strings.CutPrefix(name, "blk.")
	number, _, dot := strings.Cut(rest, ".")
	i, err := strconv.Atoi(number)
	return i, ok && dot && err == nil && i >= 0 && strconv.Itoa(i) == number
}
