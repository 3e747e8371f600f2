package decoder

import (
	"fmt"

	"sparsellm/linalg"
	"sparsellm/model"
)

// transformer is a decoder-only model as a Description has it. It implements
// model.Model:
//
//	x ← words + positions,  widened by project_in
//	x ← block(x)            for every block
//	logits = head·norm(x),  narrowed by project_out before
type transformer[T linalg.Float] struct {
	desc                  Description
	arch                  *Architecture
	src                   model.Source
	words, head           *Table[T]
	positions             *Table[T] // nil where the architecture has none
	projectIn, projectOut *Table[T] // nil where the word embeddings are as wide as the model
	norm                  norm[T]   // before the head
	rotations             *rotations[T]
}

// Open returns the model of architecture a that desc describes, with tensors
// from src. It fails if one of them is missing or has another shape; it reads
// hardly any.
func Open[T linalg.Float](a *Architecture, desc Description, src model.Source) (model.Model[T], error) {
	m := &transformer[T]{desc: desc, arch: a, src: src}
	if err := m.open(); err != nil {
		return nil, fmt.Errorf("arch: %w", err)
	}
	return m, nil
}

func (m *transformer[T]) open() (err error) {
	d := &m.desc
	if d.Rope != nil {
		m.rotations = &rotations[T]{rope: d.Rope}
	}
	m.words, m.head, err = Embeddings[T](m.src, m.arch.Words, m.arch.Head, d.Vocab, d.WordWidth, &d.Tied)
	if err != nil {
		return err
	}
	tables := []*Table[T]{m.words, m.head}
	if d.Positions != "" {
		m.positions = NewTable[T](m.src, d.Positions, d.MaxPositions+d.Padding, d.Hidden)
		tables = append(tables, m.positions)
	}
	if d.WordWidth != d.Hidden {
		m.projectIn = NewTable[T](m.src, d.ProjectIn, d.Hidden, d.WordWidth)
		m.projectOut = NewTable[T](m.src, d.ProjectOut, d.WordWidth, d.Hidden)
		tables = append(tables, m.projectIn, m.projectOut)
	}
	check := NewChecker[T](m.src)
	for _, t := range tables {
		t.Check(check)
	}
	for i := range d.Blocks {
		if _, err := m.block(check, i); err != nil {
			return err
		}
	}
	load := NewLoader[T](m.src)
	m.norm = newNorm(load, d.Norms, d.FinalNorm, d.Hidden)
	for _, l := range []*Loader[T]{check, load} {
		if l.Err() != nil {
			return l.Err()
		}
	}
	return nil
}

// Config implements model.Model.
func (m *transformer[T]) Config() model.Config { return m.desc.Config }

// Embed implements model.Model.
func (m *transformer[T]) Embed(tokens []int, x linalg.Matrix[T]) error {
	if err := m.embed(tokens, x); err != nil {
		return fmt.Errorf("arch: %w", err)
	}
	return nil
}

func (m *transformer[T]) embed(tokens []int, x linalg.Matrix[T]) error {
	if err := m.desc.CheckTokens(tokens); err != nil {
		return err
	}
	words := x
	if m.projectIn != nil {
		words = linalg.NewMatrix[T](len(tokens), m.desc.WordWidth)
	}
	if err := m.words.Rows(tokens, words); err != nil {
		return err
	}
	if m.projectIn != nil {
		if err := m.projectIn.Product(nil, x, words); err != nil {
			return err
		}
	}
	if m.positions == nil {
		return nil
	}
	at := make([]int, len(tokens))
	for t := range at {
		at[t] = m.desc.Padding + t
	}
	positions := linalg.NewMatrix[T](len(tokens), m.desc.Hidden)
	if err := m.positions.Rows(at, positions); err != nil {
		return err
	}
	Add(nil, x, positions)
	return nil
}

// Block implements model.Model.
func (m *transformer[T]) Block(i int) (*model.Block[T], error) {
	if i < 0 || i >= m.desc.Blocks {
		return nil, fmt.Errorf("arch: there is no block %d: the model has %d", i, m.desc.Blocks)
	}
	l := NewLoader[T](m.src)
	b, err := m.block(l, i)
	if err == nil {
		err = l.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("arch: block %d: %w", i, err)
	}
	return b, nil
}

func (m *transformer[T]) block(l *Loader[T], i int) (*model.Block[T], error) {
	desc := m.desc.Block(i)
	l.prefix = fmt.Sprintf("%s%d.", m.arch.Blocks, i)
	network, err := newFeedForward(l, &m.desc, desc)
	if err != nil {
		return nil, err
	}
	return &model.Block[T]{
		Sublayers: []model.Sublayer[T]{newAttention(l, m, desc), network},
		Parallel:  desc.Parallel,
	}, nil
}

// Logits implements model.Model.
func (m *transformer[T]) Logits(pool *linalg.Pool, dst, x linalg.Matrix[T]) error {
	if m.desc.FinalNorm != "" {
		y := linalg.NewMatrix[T](x.Rows, x.Cols)
		m.norm.run(pool, y, x)
		x = y
	}
	if m.projectOut != nil {
		y := linalg.NewMatrix[T](x.Rows, m.desc.WordWidth)
		if err := m.projectOut.Product(pool, y, x); err != nil {
			return fmt.Errorf("arch: %w", err)
		}
		x = y
	}
	if err := m.head.Product(pool, dst, x); err != nil {
		return fmt.Errorf("arch: %w", err)
	}
	return nil
}
