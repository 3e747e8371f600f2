package decoder

import (
	"fmt"
	"math"
	"runtime"

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
	blocks                []BlockDescription
	arch                  *Architecture
	src                   model.Source
	words, head           *Table[T]
	positions             *Table[T] // nil where the architecture has none
	projectIn, projectOut *Table[T] // nil where the word embeddings are as wide as the model
	embedded, norm        norm[T]   // of the embeddings, and before the head
	headBias              []T       // nil without one
	rotations             map[*Rope]*rotations[T]
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
	m.rotations = map[*Rope]*rotations[T]{}
	for i := range d.Blocks {
		b := d.Block(i)
		m.blocks = append(m.blocks, b)
		if rope := b.Attention.Rope; rope != nil && m.rotations[rope] == nil {
			m.rotations[rope] = &rotations[T]{rope: rope}
		}
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
	m.embedded = newNorm(load, d.Norms, d.EmbeddingNorm, d.Hidden)
	if d.HeadBias != "" {
		m.headBias = load.Vector(d.HeadBias, d.Vocab)
	}
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
func (m *transformer[T]) Embed(tokens []int, first int, x linalg.Matrix[T]) error {
	if err := m.embed(tokens, first, x); err != nil {
		return fmt.Errorf("arch: %w", err)
	}
	return nil
}

func (m *transformer[T]) embed(tokens []int, first int, x linalg.Matrix[T]) error {
	if err := m.desc.CheckTokens(tokens); err != nil {
		return err
	}
	if most := m.desc.MaxPositions; first < 0 || first > most-len(tokens) {
		return fmt.Errorf("the sequence has %d tokens; the model takes %d at most", first+len(tokens), most)
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
	if scale := T(m.desc.EmbeddingScale); scale != 0 {
		for i := range x.Rows {
			row := x.Row(i)
			for j := range row {
				row[j] *= scale
			}
		}
	}
	if m.desc.EmbeddingNorm != "" {
		m.embedded.run(nil, x, x)
	}
	if m.positions == nil {
		return nil
	}
	at := make([]int, len(tokens))
	for t := range at {
		at[t] = m.desc.Padding + first + t
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
	desc := m.blocks[i]
	l.prefix = fmt.Sprintf("%s%d.", m.arch.Blocks, i)
	b := &model.Block[T]{Sublayers: make([]model.Sublayer[T], 2), Parallel: desc.Parallel}
	if desc.Convolution != nil {
		b.Sublayers[0] = newConvolution(l, &m.desc, desc)
	} else {
		b.Sublayers[0] = newAttention(l, m, desc)
	}
	var err error
	if desc.Experts != nil {
		b.Sublayers[1], err = newExperts(l, &m.desc, desc)
	} else {
		b.Sublayers[1], err = newFeedForward(l, &m.desc, desc)
	}
	return b, err
}

// HoldHead implements model.Model.
func (m *transformer[T]) HoldHead() (release func(), err error) {
	var held []*loaded[T]
	for _, t := range []*Table[T]{m.projectOut, m.head} {
		if t == nil {
			continue
		}
		w, err := t.load()
		if err != nil {
			return nil, fmt.Errorf("arch: %w", err)
		}
		held = append(held, w)
	}
	return func() { runtime.KeepAlive(held) }, nil
}

// Keep implements model.Model.
func (m *transformer[T]) Keep() (head model.Weight[T], err error) {
	for _, t := range []*Table[T]{m.words, m.head, m.positions, m.projectIn, m.projectOut} {
		if t == nil {
			continue
		}
		if err := t.Keep(); err != nil {
			return nil, fmt.Errorf("arch: %w", err)
		}
	}
	return m.head.kept.RowWeight, nil // which knows its bytes
}

// Alike implements model.Model.
func (m *transformer[T]) Alike(tokens, grown int) bool {
	for rope := range m.rotations {
		if !rope.same(tokens, grown) {
			return false
		}
	}
	return true
}

// rotationsOf returns those of a rope; nil if there is none.
func (m *transformer[T]) rotationsOf(rope *Rope) *rotations[T] {
	if rope == nil {
		return nil
	}
	return m.rotations[rope]
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
	scale, limit := T(m.desc.LogitScale), m.desc.LogitCap
	if m.headBias == nil && scale == 0 && limit == 0 {
		return nil
	}
	EachRow(pool, dst.Rows, func(t int) {
		row := dst.Row(t)
		for j, b := range m.headBias {
			row[j] += b
		}
		for j, v := range row {
			if scale != 0 {
				v *= scale
			}
			if limit != 0 {
				v = T(limit * math.Tanh(float64(v)/limit))
			}
			row[j] = v
		}
	})
	return nil
}
