package inspect

import (
	"context"
	"slices"

	"sparsellm/arch"
	"sparsellm/checkpoint"
	"sparsellm/prune"
)

// Model is what a model's files hold.
type Model struct {
	Model    string   `json:"model"`
	Tensors  []Tensor `json:"tensors"`
	Matrices Total    `json:"matrices"` // those in decoder blocks: what prune prunes
	All      Total    `json:"all"`
	// Packed is what a packed model takes as it is stored; the sizes of the others
	// are those that it would have if it were not.
	Packed *Storage `json:"packed,omitempty"`
}

// Tensor is what there is to know of one tensor.
type Tensor struct {
	Name    string `json:"name"`
	DType   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Pattern string `json:"pattern,omitempty"` // N:M keeps N of every M
	// Packed is how it is packed, if it is; DType is what it is read as then.
	Packed *checkpoint.Packed `json:"packed,omitempty"`
	Total
}

// Total is of one tensor or several.
type Total struct {
	Elements int64   `json:"elements"`
	Zeros    int64   `json:"zeros"`
	Sparsity float64 `json:"sparsity"`
	Size
}

func (t *Total) add(u Total) {
	t.Elements += u.Elements
	t.Zeros += u.Zeros
	t.Sparsity = float64(t.Zeros) / float64(max(t.Elements, 1))
	t.Size = t.Size.Plus(u.Size)
}

// Read reads all tensors of a checkpoint; at, if not nil, is told before each
// which it is.
func Read(ctx context.Context, ckpt *checkpoint.Checkpoint, at func(i int, name string)) (*Model, error) {
	m := &Model{}
	if ckpt.Packed() {
		s := Stored(ckpt)
		m.Packed = &s
	}
	across := transposed(ckpt)
	for i, name := range ckpt.Names() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if at != nil {
			at(i, name)
		}
		if err := m.add(ckpt, name, across[name]); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// transposed returns the tensors that are inputs × outputs, as the matrices of
// GPT-2 are; none of a model that is not understood.
func transposed(ckpt *checkpoint.Checkpoint) map[string]bool {
	all := map[string]bool{}
	slots, _, err := arch.Slots(ckpt.Config(), ckpt)
	if err != nil {
		return nil
	}
	for _, s := range slots {
		all[s.Tensor] = s.Transposed
	}
	return all
}

// add reads a tensor, whose rows are inputs if across. One that is not of
// floating-point numbers has no zeros to speak of.
func (r *Model) add(ckpt *checkpoint.Checkpoint, name string, across bool) error {
	shape, _ := ckpt.Shape(name)
	dtype, _ := ckpt.DType(name)
	rows, cols := 1, 1
	for i, d := range shape {
		if i < len(shape)-1 {
			rows *= d
		} else {
			cols = d
		}
	}
	t := Tensor{Name: name, DType: dtype.String(), Shape: slices.Concat([]int{}, shape)}
	if p, ok := ckpt.PackedAs(name); ok {
		t.Packed = &p
	}
	zeros := 0
	if dtype.Numeric() {
		w := make([]float32, rows*cols)
		if err := ckpt.ReadFloat32(name, w); err != nil {
			return err
		}
		for _, v := range w {
			if v == 0 {
				zeros++
			}
		}
		if len(shape) == 2 {
			outputs, inputs := rows, cols
			if across { // N:M is among the inputs of an output
				outputs, inputs = cols, rows
				turned := make([]float32, len(w))
				for k, v := range w {
					turned[k%cols*rows+k/cols] = v
				}
				w = turned
			}
			if p, ok := prune.FindPattern(w, outputs, inputs); ok {
				t.Pattern = p.String()
			}
		}
	}
	t.Total.add(Total{
		Elements: int64(rows) * int64(cols), Zeros: int64(zeros),
		Size: SizeOf(rows, cols, zeros, dtype.Size()),
	})
	r.Tensors = append(r.Tensors, t)
	if arch.InBlock(name) && len(shape) == 2 {
		r.Matrices.add(t.Total)
		r.All.add(t.Total)
		return nil
	}
	dense := t.Total // nobody would store it otherwise
	dense.Size = Size{dense.Dense, dense.Dense, dense.Dense}
	r.All.add(dense)
	return nil
}
