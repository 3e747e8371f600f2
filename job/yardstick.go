package job

import (
	"context"

	"sparsellm/model"
)

// yardstick is what models are measured by.
type yardstick struct {
	texts     []evaluation
	questions []asking
	brief     bool         // what models say to each document is not kept
	against   *against     // the model of Settings.Against, if there is one
	than      []TaskResult // how it, or else the dense one, does the tasks
}

func (y *yardstick) close() {
	if y.against != nil {
		y.against.close()
	}
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
	if y.brief {
		for i := range answers {
			answers[i].Answers = nil
		}
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

// askAgainst runs the model of Settings.Against, if there is one.
func (s *session) askAgainst(ctx context.Context, y *yardstick) error {
	if s.Against == "" {
		return nil
	}
	other, err := s.openAgainst(ctx)
	if err != nil {
		return err
	}
	if y.against, err = s.ask(ctx, s, other, y.texts, y.questions); err != nil {
		return err
	}
	y.than = y.against.tasks
	return nil
}
