package job

import (
	"context"

	"sparsellm/model"
)

// yardstick is what the models of a comparison are measured by.
type yardstick struct {
	texts     []evaluation
	questions []asking
	// Either the model of Settings.Against, or what the dense one says to tasks.
	against *against
	than    []TaskResult
}

func (y *yardstick) close() {
	if y.against == nil {
		return
	}
	y.against.close()
}

// measure measures the model in src.
func (y *yardstick) measure(ctx context.Context, s *session, src model.Source, what string) (texts []Evaluated, distances []Distance, answers []TaskResult, err error) {
	if y.against == nil {
		texts, err = s.measure(ctx, s, src, what, y.texts)
	} else if distances, err = s.distances(ctx, s, src, what, y.against, y.texts); err == nil {
		texts = perplexities(distances)
	}
	if err != nil {
		return nil, nil, nil, err
	}
	if answers, err = s.answer(ctx, s, src, what, y.questions); err != nil {
		return nil, nil, nil, err
	}
	for i := range answers {
		answers[i].Answers = nil
	}
	if y.than != nil {
		err = compareTasks(answers, y.than)
	}
	return texts, distances, answers, err
}

// perplexities are those that distances come with.
func perplexities(distances []Distance) []Evaluated {
	all := []Evaluated{}
	for _, d := range distances {
		all = append(all, Evaluated{d.Text, d.Perplexity})
	}
	return all
}

// measureDense measures the dense model, which is what others are compared with
// if no other is.
func (s *session) measureDense(ctx context.Context, y *yardstick, result *Comparison) (err error) {
	own := s.Against == ""
	if !own {
		other, err := s.openAgainst(ctx)
		if err != nil {
			return err
		}
		if y.against, err = s.ask(ctx, s, other, y.texts, y.questions); err != nil {
			return err
		}
		y.than = y.against.tasks
	}
	result.Dense, result.DenseAgainst, result.DenseTasks, err = y.measure(ctx, s, s.ckpt, "dense")
	if own {
		y.than = result.DenseTasks
	}
	return err
}
