package decoder

import (
	"cmp"
	"fmt"

	"sparsellm/internal/llamacpp"
)

// GGUF is how llama.cpp's files have an architecture. What its tensors are
// called, and most of the metadata, follows from the Description.
type GGUF struct {
	Arch  string // general.architecture: "qwen2"; "" where llama.cpp knows none
	Class string // transformers' class: "Qwen2ForCausalLM"
	// Experts says that of two architectures of one name in GGUF this is the one
	// that has experts, and Twin that files of it are read as those of another.
	Experts, Twin bool
	// Interleaved says that the file has the rows of queries and keys in the
	// order of llamacpp.Order.Heads.
	Interleaved bool
	// Biases says that the matrices after attention and of networks may have some.
	Biases bool
	// NoHead says that files have no head but the word embeddings, and OwnHead that
	// they have one in any case.
	NoHead, OwnHead bool
	// FinalNorm is the norm before the head, if not output_norm.
	FinalNorm string
	// Config puts the fields of config.json in which the architecture differs
	// from others, as llama.cpp understands the metadata.
	Config func(m *llamacpp.Meta, c *llamacpp.Config)
	// Metadata, if not nil, adds what other architectures have not, or in another
	// way. Keys are without the architecture's name.
	Metadata func(d *Description, put llamacpp.Put)
}

// FileTensor is a tensor of transformers' and where it lies in a GGUF file.
type FileTensor struct {
	Name, File string // in full
	Order      llamacpp.Order
	// Matrix says that the tensor is one that llama.cpp quantises, and Unread that
	// it is a bias that the model has not by its description.
	Matrix, Unread bool
}

// fileNames gathers the tensors of a model, or of a block of it.
type fileNames struct {
	tensors     []FileTensor
	norms       NormKind
	name, block string // what names begin with
}

func (n *fileNames) add(name, file, suffix string, o llamacpp.Order, matrix bool) {
	n.tensors = append(n.tensors, FileTensor{Name: n.name + name + suffix, File: n.block + file + suffix, Order: o, Matrix: matrix})
}

// norm adds a norm; none if name is empty.
func (n *fileNames) norm(name, file string) {
	if name == "" {
		return
	}
	if n.norms.Weight {
		n.add(name, file, ".weight", llamacpp.Order{PlusOne: n.norms.PlusOne}, false)
	}
	if n.norms.Bias {
		n.add(name, file, ".bias", llamacpp.Order{}, false)
	}
}

// linear adds a matrix and its bias.
func (n *fileNames) linear(l LinearDescription, file string, o llamacpp.Order) {
	name := cmp.Or(l.Tensor, l.Name)
	bias := o
	o.Transposed = l.Transposed
	n.add(name, file, ".weight", o, true)
	n.add(name, file, ".bias", bias, false)
	n.tensors[len(n.tensors)-1].Unread = !l.Bias
}

// FileTensors returns the tensors of a model outside its blocks, the word
// embeddings first.
func (a *Architecture) FileTensors(d *Description) []FileTensor {
	n := fileNames{norms: d.Norms}
	n.add(a.Words, "token_embd.weight", "", llamacpp.Order{}, true)
	if d.Positions != "" {
		n.add(d.Positions, "position_embd.weight", "", llamacpp.Order{}, false)
	}
	n.norm(d.EmbeddingNorm, "token_embd_norm")
	n.norm(d.FinalNorm, cmp.Or(a.GGUF.FinalNorm, "output_norm"))
	if !d.Tied {
		n.add(a.Head, "output.weight", "", llamacpp.Order{}, true)
	}
	if d.HeadBias != "" {
		n.add(d.HeadBias, "output.bias", "", llamacpp.Order{}, false)
	}
	return n.tensors
}

// FileTensorsOf returns the tensors of block i.
func (a *Architecture) FileTensorsOf(d *Description, i int) []FileTensor {
	b := d.Block(i)
	n := fileNames{norms: d.Norms, name: fmt.Sprintf("%s%d.", a.Blocks, i), block: fmt.Sprintf("blk.%d.", i)}
	first := b.Attention.Norms
	if b.Convolution != nil {
		first = b.Convolution.Norms
		n.convolution(b.Convolution)
	} else {
		n.attention(&b.Attention, d, a.GGUF.Interleaved)
	}
	n.norm(first.Input, "attn_norm")
	n.norm(first.Output, "post_attention_norm")
	second := b.Network.Norms
	if b.Experts != nil {
		second = b.Experts.Norms
		n.experts(b.Experts)
	} else {
		n.network(&b.Network)
	}
	if second.Input != first.Input {
		n.norm(second.Input, "ffn_norm")
	}
	n.norm(second.Output, "post_ffw_norm")
	return n.tensors
}

func (n *fileNames) attention(a *AttentionDescription, d *Description, interleaved bool) {
	var queries, keys llamacpp.Order
	if interleaved {
		queries.Heads, keys.Heads = d.Heads, d.KVHeads
	}
	switch {
	case a.QKV.Name != "":
		n.linear(a.QKV, "attn_qkv", llamacpp.Order{Fused: d.Heads})
	case a.Q.Of > 0:
		n.linear(a.Q, "attn_qkv", llamacpp.Order{})
	default:
		n.linear(a.Q, "attn_q", queries)
		n.linear(a.K, "attn_k", keys)
		n.linear(a.V, "attn_v", llamacpp.Order{})
	}
	n.linear(a.O, "attn_output", llamacpp.Order{})
	if a.OwnNorms {
		n.headNorms(a.QNorm, "attn_q_norm", d.Heads)
		n.headNorms(a.KNorm, "attn_k_norm", d.KVHeads)
		return
	}
	n.norm(a.QNorm, "attn_q_norm")
	n.norm(a.KNorm, "attn_k_norm")
}

// headNorms adds norms of which each head has its own.
func (n *fileNames) headNorms(name, file string, heads int) {
	for k := range heads {
		n.add(fmt.Sprintf("%s.%d.weight", name, k), file+".weight", "", llamacpp.Order{Expert: k, Experts: heads}, false)
	}
}

func (n *fileNames) convolution(c *ConvolutionDescription) {
	n.linear(c.In, "shortconv.in_proj", llamacpp.Order{})
	n.linear(c.Out, "shortconv.out_proj", llamacpp.Order{})
	n.add(c.Filter, "shortconv.conv", ".weight", llamacpp.Order{Filter: true}, false)
	if c.Bias {
		n.add(c.Filter, "shortconv.conv", ".bias", llamacpp.Order{}, false)
	}
}

func (n *fileNames) network(w *NetworkDescription) {
	switch {
	case w.Gate.Of > 0: // with Up in one, which llama.cpp calls by the latter
		n.linear(w.Gate, "ffn_up", llamacpp.Order{})
	case w.Gate.Name != "":
		n.linear(w.Gate, "ffn_gate", llamacpp.Order{})
		fallthrough
	default:
		n.linear(w.Up, "ffn_up", llamacpp.Order{})
	}
	n.linear(w.Down, "ffn_down", llamacpp.Order{})
}

func (n *fileNames) experts(e *ExpertsDescription) {
	n.add(e.Router, "ffn_gate_inp.weight", "", llamacpp.Order{}, false)
	for _, part := range []struct {
		file string
		of   func(*NetworkDescription) LinearDescription
	}{
		{"ffn_gate_exps", func(w *NetworkDescription) LinearDescription { return w.Gate }},
		{"ffn_up_exps", func(w *NetworkDescription) LinearDescription { return w.Up }},
		{"ffn_down_exps", func(w *NetworkDescription) LinearDescription { return w.Down }},
	} {
		for k := range e.Experts {
			n.linear(part.of(&e.Experts[k]), part.file, llamacpp.Order{Expert: k, Experts: len(e.Experts)})
		}
	}
}
