package generate

import (
	"context"
	"fmt"
	"slices"
)

// End is why a sequence has ended.
type End string

// The reasons.
const (
	EndOfText End = "end of text" // the model chose a token that ends texts
	Stopped   End = "stopped"     // Options.Each said so
	Length    End = "length"      // Options.Tokens have been chosen
	Context   End = "context"     // the model takes no more
)

// Options say how a sequence goes on.
type Options struct {
	Sampling
	Tokens int   // to choose at most; 0: as many as the model takes
	Ends   []int // tokens that end a text; they are not part of it
	// Each, if not nil, is given every token that is chosen, and says whether to
	// go on.
	Each func(id int) bool
}

// Continue feeds the tokens of a prompt, and chooses those that follow. An error
// comes with what was chosen before it; it is ctx's where that is done.
func (d *Decoder[T]) Continue(ctx context.Context, prompt []int, o Options) (ids []int, end End, err error) {
	if err := o.Check(); err != nil {
		return nil, "", fmt.Errorf("generate: %w", err)
	}
	s := newSampler[T](o.Sampling)
	for logits, err := d.Feed(ctx, prompt...); ; logits, err = d.Feed(ctx, ids[len(ids)-1]) {
		if err != nil {
			return ids, "", err
		}
		id, err := s.next(logits)
		if err != nil {
			return ids, "", fmt.Errorf("generate: after %d tokens: %w", len(d.ids), err)
		}
		if slices.Contains(o.Ends, id) {
			return ids, EndOfText, nil
		}
		ids = append(ids, id)
		switch {
		case o.Each != nil && !o.Each(id):
			return ids, Stopped, nil
		case len(ids) == o.Tokens:
			return ids, Length, nil
		case d.left() == 0:
			return ids, Context, nil
		}
	}
}
