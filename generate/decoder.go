package generate

import (
	"context"
	"fmt"
	"unsafe"

	"sparsellm/linalg"
	"sparsellm/model"
)

// piece is how many tokens of a prompt go through the blocks together: enough
// for products to run at full speed, few enough to stop soon.
const piece = 256

// Decoder runs sequences through a model whose blocks are all in memory. It must
// not be used from two goroutines.
type Decoder[T linalg.Float] struct {
	pool   *linalg.Pool
	model  model.Model[T]
	cfg    model.Config
	blocks []*model.Block[T]
	caches []model.Cache[T]
	pass   model.Pass[T]
	ids    []int // the sequence so far, all of which has been run
	states []T
	logits linalg.Matrix[T] // 1 × vocab
	head   model.Weight[T]
}

// NewDecoder loads all of m.
func NewDecoder[T linalg.Float](pool *linalg.Pool, m model.Model[T]) (*Decoder[T], error) {
	d := &Decoder[T]{pool: pool, model: m, cfg: m.Config()}
	var err error
	if d.head, err = m.Keep(); err != nil {
		return nil, fmt.Errorf("generate: %w", err)
	}
	for i := range d.cfg.Blocks {
		b, err := m.Block(i)
		if err != nil {
			return nil, fmt.Errorf("generate: %w", err)
		}
		d.blocks = append(d.blocks, b)
	}
	d.caches = make([]model.Cache[T], d.cfg.Blocks)
	d.logits = linalg.NewMatrix[T](1, d.cfg.Vocab)
	return d, nil
}

// Reset begins a new sequence.
func (d *Decoder[T]) Reset() {
	for i := range d.caches {
		d.caches[i].Clear()
	}
	d.ids = d.ids[:0]
}

// left returns how many more tokens the model takes.
func (d *Decoder[T]) left() int { return d.cfg.MaxPositions - len(d.ids) }

// TokenBytes returns how many bytes of weights are read for a token that comes
// alone: of experts, those of as many as it reaches.
func (d *Decoder[T]) TokenBytes() int64 {
	n := bytesOf(d.head)
	for _, b := range d.blocks {
		for _, s := range b.Sublayers {
			for _, stage := range s.Stages() {
				for _, l := range stage.Linears {
					size := bytesOf(l.Weight)
					if stage.Expert {
						size = size * int64(d.cfg.Active) / int64(d.cfg.Experts)
					}
					n += size
				}
			}
		}
	}
	return n
}

func bytesOf[T linalg.Float](w model.Weight[T]) int64 {
	if sized, ok := w.(interface{ Bytes() int }); ok {
		return int64(sized.Bytes())
	}
	var zero T
	return int64(w.Outputs()) * int64(w.Inputs()) * int64(unsafe.Sizeof(zero))
}

// Feed appends tokens to the sequence, and returns the logits of what follows
// the last of them, one for each token of the vocabulary. They are valid until
// the next call. If ctx is done it stops soon, and the sequence ends somewhere
// before the last token.
func (d *Decoder[T]) Feed(ctx context.Context, ids ...int) ([]T, error) {
	if err := d.feed(ctx, ids); err != nil {
		return nil, fmt.Errorf("generate: %w", err)
	}
	return d.logits.Data, nil
}

func (d *Decoder[T]) feed(ctx context.Context, ids []int) error {
	if err := d.cfg.CheckTokens(ids); err != nil {
		return err
	}
	if len(ids) > d.left() {
		return fmt.Errorf("%d tokens and %d more are beyond the %d that the model takes", len(d.ids), len(ids), d.cfg.MaxPositions)
	}
	all := len(d.ids) + len(ids)
	if len(d.ids) > 0 && !d.model.Alike(len(d.ids), all) {
		ids = append(append(make([]int, 0, all), d.ids...), ids...)
		d.Reset()
	}
	var x linalg.Matrix[T]
	for len(ids) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(piece, len(ids))
		if !d.model.Alike(len(d.ids)+n, all) { // by another number of tokens, positions would turn otherwise
			n = len(ids)
		}
		x = d.matrix(n)
		if err := d.run(ids[:n], x); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return d.model.Logits(d.pool, d.logits, x.Slice(x.Rows-1, x.Rows, 0, x.Cols))
}

// run runs tokens through the blocks, and leaves their states in x.
func (d *Decoder[T]) run(ids []int, x linalg.Matrix[T]) error {
	if err := d.model.Embed(ids, len(d.ids), x); err != nil {
		return err
	}
	for i, b := range d.blocks {
		d.pass.Block(d.pool, b, x, model.Sequences[T]{Lengths: []int{len(ids)}, Cache: &d.caches[i]}, nil)
	}
	d.ids = append(d.ids, ids...)
	return nil
}

// matrix returns memory for the states of n tokens.
func (d *Decoder[T]) matrix(n int) linalg.Matrix[T] {
	if n *= d.cfg.Hidden; n > len(d.states) {
		d.states = make([]T, n)
	}
	return linalg.MatrixOf(n/d.cfg.Hidden, d.cfg.Hidden, d.states[:n])
}
