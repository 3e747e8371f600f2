package pipeline

import (
	"regexp"
	"testing"

	"sparsellm/prune"
)

// What a run takes of its pool's memory it gives back, too, where matrices are
// left out and a network is not pruned as a whole (trial.prune looks).
func TestGivesBackWhatIsLeftOut(t *testing.T) {
	for name, skips := range map[string][]string{
		"opt-micro":   {"fc1", "fc2", "_proj", "out_proj"},
		"llama-micro": {"up_proj", "down_proj", "self_attn", "mlp"},
	} {
		for _, skip := range skips {
			for _, compat := range []bool{false, true} {
				opt := options("sparsellm", 0.5, prune.Pattern{})
				opt.Skip, opt.Compat = regexp.MustCompile(skip), compat
				if _, err := newTrial(t, name).prune(opt); err != nil {
					t.Errorf("%s without %s: %v", name, skip, err)
				}
			}
		}
	}
}
