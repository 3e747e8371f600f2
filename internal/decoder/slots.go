package decoder

import (
	"fmt"
	"slices"

	"sparsellm/model"
)

// Slots returns where the matrices of the blocks lie of the model of architecture
// a that desc describes, in the order of the data, and the tensors of its word
// embeddings and head, which may be one. It reads hardly any.
func Slots(a *Architecture, desc Description, src model.Source) (matrices []model.Slot, tables []string, err error) {
	m := &transformer[float32]{desc: desc, arch: a, src: src}
	if err := m.open(); err != nil {
		return nil, nil, fmt.Errorf("arch: %w", err)
	}
	check := NewChecker[float32](src)
	for i := range m.blocks {
		b, err := m.block(check, i)
		if err != nil {
			return nil, nil, fmt.Errorf("arch: %w", err)
		}
		for _, l := range b.Linears() {
			matrices = append(matrices, l.Slot)
		}
	}
	return matrices, slices.Compact([]string{m.words.name, m.head.name}), nil
}
