package recovery

import (
	"context"
	"errors"
	"fmt"

	"sparsellm/linalg"
	"sparsellm/model"
)

// network is a model with the means to run it forward and backward.
type network[T linalg.Float] struct {
	pool   *linalg.Pool
	m      model.Model[T]
	blocks []*model.Block[T] // nil: each is loaded when it is run
	pass   model.Pass[T]
}

// block returns block i.
func (n *network[T]) block(i int) (*model.Block[T], error) {
	if n.blocks != nil {
		return n.blocks[i], nil
	}
	return n.m.Block(i)
}

// hold loads all blocks to stay, and refuses what cannot be run backward.
func (n *network[T]) hold() error {
	if _, ok := n.m.(model.DifferentiableModel[T]); !ok {
		return errors.New("recovery: the model cannot be run backward")
	}
	blocks := make([]*model.Block[T], n.m.Config().Blocks)
	for i := range blocks {
		b, err := n.m.Block(i)
		if err != nil {
			return err
		}
		for _, s := range b.Sublayers {
			if _, ok := s.(model.Differentiable[T]); !ok {
				return fmt.Errorf("recovery: block %d has a sublayer that cannot be run backward: that of models with experts is not supported", i)
			}
		}
		for _, l := range b.Linears() {
			if _, ok := l.Weight.(model.Dense[T]); !ok {
				return fmt.Errorf("recovery: %s of block %d is packed: only a model of plain numbers can be recovered", l.Name, i)
			}
		}
		blocks[i] = b
	}
	n.blocks = blocks
	_, err := n.m.Keep()
	return err
}

// forward returns the last block's output for rows of tokens, tokens × hidden.
// What reaches a block is given to keep, which must copy it, if that is not nil.
func (n *network[T]) forward(ctx context.Context, rows [][]int, keep func(block int, x linalg.Matrix[T])) (linalg.Matrix[T], error) {
	lengths := lengthsOf(rows)
	x := linalg.NewMatrix[T](total(lengths), n.m.Config().Hidden)
	at := 0
	for _, row := range rows {
		if err := n.m.Embed(row, 0, x.Slice(at, at+len(row), 0, x.Cols)); err != nil {
			return x, err
		}
		at += len(row)
	}
	for i := range n.m.Config().Blocks {
		if err := ctx.Err(); err != nil {
			return x, err
		}
		b, err := n.block(i)
		if err != nil {
			return x, err
		}
		if keep != nil {
			keep(i, x)
		}
		n.pass.Block(n.pool, b, x, model.Sequences[T]{Lengths: lengths}, nil)
	}
	return x, nil
}

// back makes dx, the derivative by what a block leaves for x, that by x, and tells
// grad of the block's linears.
func (n *network[T]) back(b *model.Block[T], x, dx linalg.Matrix[T], lengths []int, grad model.Gradient[T]) {
	if b.Parallel {
		sum := linalg.TakeCopy(n.pool, dx)
		for _, s := range b.Sublayers {
			d := linalg.TakeCopy(n.pool, dx)
			s.(model.Differentiable[T]).Backward(n.pool, x, d, lengths, grad)
			for i, v := range d.Data {
				sum.Data[i] += v - dx.Data[i]
			}
			linalg.GiveBack(n.pool, d)
		}
		linalg.Copy(dx, sum)
		linalg.GiveBack(n.pool, sum)
		return
	}
	reach := []linalg.Matrix[T]{x} // each sublayer
	for k := range len(b.Sublayers) - 1 {
		next := linalg.TakeCopy(n.pool, reach[k])
		n.pass.Sublayers(n.pool, b, k, k+1, next, model.Sequences[T]{Lengths: lengths}, nil)
		reach = append(reach, next)
	}
	for k := len(b.Sublayers) - 1; k >= 0; k-- {
		b.Sublayers[k].(model.Differentiable[T]).Backward(n.pool, reach[k], dx, lengths, grad)
	}
	linalg.GiveBack(n.pool, reach[1:]...)
}

func lengthsOf(rows [][]int) []int {
	lengths := make([]int, len(rows))
	for i, row := range rows {
		lengths[i] = len(row)
	}
	return lengths
}

func total(lengths []int) (n int) {
	for _, l := range lengths {
		n += l
	}
	return n
}
