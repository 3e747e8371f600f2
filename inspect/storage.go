package inspect

import (
	"sparsellm/arch"
	"sparsellm/checkpoint"
)

// Storage is what a model's weights take where they are stored, by what they are.
type Storage struct {
	Weights int64 `json:"weights"` // numbers of the model
	Bytes   int64 `json:"bytes"`   // that they take
	// PerWeight is Bytes over Weights.
	PerWeight float64       `json:"bytes_per_weight"`
	Parts     []StoragePart `json:"parts"`
}

// StoragePart is what some tensors of a kind take together.
type StoragePart struct {
	What    string `json:"what"` // blocks, tables (embeddings, head, positions) or vectors
	Tensors int    `json:"tensors"`
	Weights int64  `json:"weights"`
	// Packed has the kind "" of what is stored as any safetensors file has it.
	checkpoint.Packed
}

// Stored returns what a checkpoint's tensors take. It reads none of them.
func Stored(ckpt *checkpoint.Checkpoint) Storage {
	var s Storage
	at := map[StoragePart]int{}
	for _, name := range ckpt.Names() {
		shape, _ := ckpt.Shape(name)
		dtype, _ := ckpt.DType(name)
		n := int64(1)
		for _, d := range shape {
			n *= int64(d)
		}
		p, packed := ckpt.PackedAs(name)
		if !packed {
			p = checkpoint.Packed{Values: dtype.String(), Bytes: n * dtype.Size(), Kept: n * dtype.Size()}
		}
		what := "vectors"
		switch {
		case len(shape) < 2:
		case arch.InBlock(name):
			what = "blocks"
		default:
			what = "tables"
		}
		key := StoragePart{What: what, Packed: checkpoint.Packed{Kind: p.Kind, Values: p.Values}}
		i, ok := at[key]
		if !ok {
			i = len(s.Parts)
			at[key] = i
			s.Parts = append(s.Parts, key)
		}
		part := &s.Parts[i]
		part.Tensors++
		part.Weights += n
		part.Packed = part.Packed.Plus(p)
		s.Weights += n
		s.Bytes += p.Bytes
	}
	s.PerWeight = float64(s.Bytes) / float64(max(s.Weights, 1))
	return s
}
