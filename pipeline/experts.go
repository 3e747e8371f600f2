package pipeline

import "sparsellm/model"

// featuresPerToken says from how many tokens on an expert is pruned by what
// reaches it: one for so many hidden features. Of fewer, or none, the Hessian says
// that most weights do not matter, which is not so.
const featuresPerToken = 8

// unseen is the method for an expert that too few tokens reach: by the size of its
// weights alone.
const unseen = "magnitude"

// tooFew reports whether a stage is an expert's that too few tokens reach.
func (r *run[T]) tooFew(stage *model.Stage[T], tokens int) bool {
	return stage.Expert && tokens*featuresPerToken < r.hidden.Cols
}
