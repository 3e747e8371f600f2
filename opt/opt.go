package opt

import (
	"fmt"

	"sparsellm/internal/decoder"
	"sparsellm/linalg"
	"sparsellm/model"
)

// positionOffset is where the table of positions begins: its first two rows
// belong to padding.
const positionOffset = 2

const normEps = 1e-5

// transformer implements model.Model.
type transformer[T linalg.Float] struct {
	cfg                   config
	src                   model.Source
	words, positions      *decoder.Table[T]
	head                  *decoder.Table[T]
	projectIn, projectOut *decoder.Table[T] // nil where the word embeddings are as wide as the model
	norm                  norm[T]           // before the head
}

// Open returns the model that the text of its config.json describes, with
// tensors from src. It fails if one of them is missing or has another shape;
// it reads hardly any.
func Open[T linalg.Float](text []byte, src model.Source) (model.Model[T], error) {
	cfg, err := parse(text)
	if err != nil {
		return nil, err
	}
	m := &transformer[T]{cfg: cfg, src: src}
	m.words, m.head, err = decoder.Embeddings[T](src, cfg.names.Words, cfg.names.Head, cfg.Vocab, cfg.wordDim, &m.cfg.Tied)
	if err != nil {
		return nil, fmt.Errorf("opt: %w", err)
	}
	m.positions = decoder.NewTable[T](src, "model.decoder.embed_positions.weight", cfg.MaxPositions+positionOffset, cfg.Hidden)
	tables := []*decoder.Table[T]{m.words, m.positions, m.head}
	if cfg.wordDim != cfg.Hidden {
		m.projectIn = decoder.NewTable[T](src, "model.decoder.project_in.weight", cfg.Hidden, cfg.wordDim)
		m.projectOut = decoder.NewTable[T](src, "model.decoder.project_out.weight", cfg.wordDim, cfg.Hidden)
		tables = append(tables, m.projectIn, m.projectOut)
	}
	check := decoder.NewChecker[T](src)
	for _, t := range tables {
		t.Check(check)
	}
	for i := range cfg.Blocks {
		newBlock(check, &m.cfg, i)
	}
	load := decoder.NewLoader[T](src)
	if cfg.finalNorm {
		m.norm = newNorm(load, "model.decoder.final_layer_norm", &m.cfg)
	}
	for _, l := range []*decoder.Loader[T]{check, load} {
		if l.Err() != nil {
			return nil, fmt.Errorf("opt: %w", l.Err())
		}
	}
	return m, nil
}

// Config implements model.Model.
func (m *transformer[T]) Config() model.Config { return m.cfg.Config }

// Embed implements model.Model: word embeddings, widened by project_in, and
// the embedding of each position.
func (m *transformer[T]) Embed(tokens []int, x linalg.Matrix[T]) error {
	if err := m.embed(tokens, x); err != nil {
		return fmt.Errorf("opt: %w", err)
	}
	return nil
}

func (m *transformer[T]) embed(tokens []int, x linalg.Matrix[T]) error {
	if err := m.cfg.CheckTokens(tokens); err != nil {
		return err
	}
	words := x
	if m.projectIn != nil {
		words = linalg.NewMatrix[T](len(tokens), m.cfg.wordDim)
	}
	if err := m.words.Rows(tokens, words); err != nil {
		return err
	}
	if m.projectIn != nil {
		if err := m.projectIn.Product(nil, x, words); err != nil {
			return err
		}
	}
	at := make([]int, len(tokens))
	for t := range at {
		at[t] = t + positionOffset
	}
	positions := linalg.NewMatrix[T](len(tokens), m.cfg.Hidden)
	if err := m.positions.Rows(at, positions); err != nil {
		return err
	}
	decoder.Add(nil, x, positions)
	return nil
}

// Block implements model.Model.
func (m *transformer[T]) Block(i int) (model.Block[T], error) {
	if err := decoder.CheckBlock(i, m.cfg.Blocks); err != nil {
		return nil, fmt.Errorf("opt: %w", err)
	}
	l := decoder.NewLoader[T](m.src)
	b := newBlock(l, &m.cfg, i)
	if l.Err() != nil {
		return nil, fmt.Errorf("opt: block %d: %w", i, l.Err())
	}
	return b, nil
}

// Logits implements model.Model.
func (m *transformer[T]) Logits(pool *linalg.Pool, dst, x linalg.Matrix[T]) error {
	if m.cfg.finalNorm {
		y := linalg.NewMatrix[T](x.Rows, x.Cols)
		m.norm.run(pool, y, x)
		x = y
	}
	if m.projectOut != nil {
		y := linalg.NewMatrix[T](x.Rows, m.cfg.wordDim)
		if err := m.projectOut.Product(pool, y, x); err != nil {
			return fmt.Errorf("opt: %w", err)
		}
		x = y
	}
	if err := m.head.Product(pool, dst, x); err != nil {
		return fmt.Errorf("opt: %w", err)
	}
	return nil
}
