package llama

import (
	"fmt"

	"sparsellm/internal/decoder"
	"sparsellm/linalg"
	"sparsellm/model"
)

// transformer implements model.Model.
type transformer[T linalg.Float] struct {
	cfg         config
	src         model.Source
	words, head *decoder.Table[T]
	norm        []T // before the head
	rotations   *rotations[T]
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
	m.rotations = &rotations[T]{rope: &m.cfg.rope}
	m.words, m.head, err = decoder.Embeddings[T](src, cfg.kind.Words, cfg.kind.Head, cfg.Vocab, cfg.Hidden, &m.cfg.Tied)
	if err != nil {
		return nil, fmt.Errorf("llama: %w", err)
	}
	check := decoder.NewChecker[T](src)
	m.words.Check(check)
	m.head.Check(check)
	for i := range cfg.Blocks {
		newBlock(check, m, i)
	}
	load := decoder.NewLoader[T](src)
	m.norm = load.Vector("model.norm.weight", cfg.Hidden)
	for _, l := range []*decoder.Loader[T]{check, load} {
		if l.Err() != nil {
			return nil, fmt.Errorf("llama: %w", l.Err())
		}
	}
	return m, nil
}

// Config implements model.Model.
func (m *transformer[T]) Config() model.Config { return m.cfg.Config }

// Embed implements model.Model.
func (m *transformer[T]) Embed(tokens []int, x linalg.Matrix[T]) error {
	err := m.cfg.CheckTokens(tokens)
	if err == nil {
		err = m.words.Rows(tokens, x)
	}
	if err != nil {
		return fmt.Errorf("llama: %w", err)
	}
	return nil
}

// Block implements model.Model.
func (m *transformer[T]) Block(i int) (model.Block[T], error) {
	if err := decoder.CheckBlock(i, m.cfg.Blocks); err != nil {
		return nil, fmt.Errorf("llama: %w", err)
	}
	l := decoder.NewLoader[T](m.src)
	b := newBlock(l, m, i)
	if l.Err() != nil {
		return nil, fmt.Errorf("llama: block %d: %w", i, l.Err())
	}
	return b, nil
}

// Logits implements model.Model.
func (m *transformer[T]) Logits(pool *linalg.Pool, dst, x linalg.Matrix[T]) error {
	y := linalg.NewMatrix[T](x.Rows, x.Cols)
	decoder.RMSNorm(pool, y, x, m.norm, m.cfg.eps)
	if err := m.head.Product(pool, dst, y); err != nil {
		return fmt.Errorf("llama: %w", err)
	}
	return nil
}
