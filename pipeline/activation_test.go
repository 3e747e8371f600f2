package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"sparsellm/model"
	"sparsellm/prune"
)

// another is a model that says that its activation is another: in its config,
// or in its blocks alone.
type another struct {
	model.Model[float32]
	activation model.Activation
	config     bool
}

func (m another) Config() model.Config {
	c := m.Model.Config()
	if m.config {
		c.Activation = m.activation
	}
	return c
}

func (m another) Block(i int) (*model.Block[float32], error) {
	b, err := m.Model.Block(i)
	for k, s := range b.Sublayers {
		if len(s.Networks()) > 0 {
			b.Sublayers[k] = anotherNetwork{s, m.activation}
		}
	}
	return b, err
}

type anotherNetwork struct {
	model.Sublayer[float32]
	activation model.Activation
}

func (s anotherNetwork) Networks() []model.Network[float32] {
	all := s.Sublayer.Networks()
	for i := range all {
		all[i].Activation = s.activation
	}
	return all
}

// TestActivations refuses to alternate on networks with other activations than
// the steps are for, as the released code's are for few, before it runs the model
// and in a block, and prunes them by methods that take each matrix for itself.
func TestActivations(t *testing.T) {
	for _, name := range []string{"opt-micro", "llama-micro"} {
		for _, activation := range []model.Activation{"mish", "gelu_pytorch_tanh", ""} {
			for _, inConfig := range []bool{true, false} {
				for _, method := range prune.Methods() {
					for _, compat := range []bool{false, true} {
						if compat && !method.Alternates {
							continue
						}
						c := newTrial(t, name)
						m, err := c.model()
						if err != nil {
							t.Fatal(err)
						}
						opt := options(method.Name, 0.5, prune.Pattern{})
						opt.Compat = compat
						seen := false
						opt.Progress = func(Event) { seen = true }
						opt.Sink = nowhere[float32]()
						_, err = Run(context.Background(), nil, another{m, activation, inConfig}, c.rows[:2], opt)
						want := "activation"
						if activation != "" {
							want += fmt.Sprintf(" %q", activation)
						}
						refused := method.Alternates && (activation != "gelu_pytorch_tanh" || compat && m.Config().Gated)
						switch {
						case !refused && err != nil:
							t.Errorf("%s, %s, %q: %v", name, method.Name, activation, err)
						case refused && !strings.Contains(errors.Join(errors.New(""), err).Error(), want):
							t.Errorf("%s, %s, %q: %v, want %s", name, method.Name, activation, err, want)
						case refused && inConfig && seen:
							t.Errorf("%s, %s, %q: refused after a start", name, method.Name, activation)
						}
					}
				}
			}
		}
	}
}
