package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path"
	"path/filepath"
	"strings"

	"sparsellm/arch"
	"sparsellm/checkpoint"
	"sparsellm/hub"
	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/pipeline"
	"sparsellm/plan"
)

// Planned is what Plan says.
type Planned struct {
	Model    string        `json:"model"`
	Shape    model.Config  `json:"shape"`
	Settings plan.Settings `json:"settings"`
	Rates    plan.Rates    `json:"rates"` // of this machine, a second
	plan.Plan
}

// Plan says what Prune would take on this machine, or one of set.Rates. Of what the
// settings name it reads nothing but the model's config; besides a folder and a
// name of the hub, set.Model may be a config.json or one of plan.Names.
func Plan(ctx context.Context, set Settings, hooks Hooks) (*Planned, error) {
	if set.Model == "" {
		return nil, pipeline.Wrong("<model> is missing: give the folder of the model, a config.json, its name on the Hugging Face hub, or one of %s", strings.Join(plan.Names(), ", "))
	}
	if err := set.checkModel(); err != nil {
		return nil, err
	}
	if err := set.checkSamples(); err != nil {
		return nil, err
	}
	if err := set.checkHow(); err != nil {
		return nil, err
	}
	cfg, err := shapeOf(ctx, hooks, set.Model)
	if err != nil {
		return nil, err
	}
	if err := set.choose(cfg.Blocks); err != nil {
		return nil, err
	}
	if err := set.Complete(cfg); err != nil {
		return nil, err
	}
	samples := make([]int, set.Samples)
	for i := range samples {
		samples[i] = cmp.Or(set.SeqLen, min(cfg.MaxPositions, longestWindow))
	}
	p := set.planned(set.Settings, samples, arithmeticOf(set.Precision).width())
	if len(set.Eval) > 0 { // all of a text, however long, or so many windows
		p.Evaluated = math.MaxInt32
		if set.Windows > 0 {
			p.Evaluated = float64(set.Windows * samples[0])
		}
	}
	if _, err := plan.Make(cfg, p, plan.Rates{}); err != nil {
		return nil, pipeline.Wrong("%w", err)
	}
	if set.budget > 0 {
		if p.Auxiliaries, _, err = plan.Fit(cfg, p, set.budget); err != nil {
			return nil, pipeline.Wrong("<memory> %s: %w", set.Memory, err)
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rates := set.Rates
	if rates == (plan.Rates{}) {
		rates = plan.Measure(linalg.NewPool(p.Threads), cfg)
	}
	made, err := plan.Make(cfg, p, rates)
	return &Planned{set.Model, cfg, p, rates, made}, err
}

// shapeOf returns the shape of a model: of a config.json, of the folder that
// has one, of a file that holds a whole model, of a well-known name, or of a
// model of the hub.
func shapeOf(ctx context.Context, hooks Hooks, name string) (model.Config, error) {
	st, err := os.Stat(name)
	if errors.Is(err, os.ErrNotExist) {
		if cfg, ok := plan.Shape(path.Base(name)); ok {
			return cfg, nil
		}
		if !hub.IsID(name) {
			return model.Config{}, fmt.Errorf("there is no %s, nor is it one of %s", name, strings.Join(plan.Names(), ", "))
		}
		dir, err := hooks.fromHub(func(c *hub.Client) (string, error) { return c.Config(ctx, name) })
		if err != nil {
			return model.Config{}, fmt.Errorf("there is no folder %s, and the Hugging Face hub does not give its config.json: %w", name, err)
		}
		return shapeOf(ctx, hooks, filepath.Join(dir, "config.json"))
	}
	if err != nil {
		return model.Config{}, err
	}
	file := name
	if st.IsDir() {
		file = filepath.Join(name, "config.json")
	}
	if filepath.Ext(file) != ".json" || st.IsDir() && !exists(file) {
		ck, err := checkpoint.Open(name)
		if err != nil {
			return model.Config{}, err
		}
		defer ck.Close()
		return arch.Config(ck.Config())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return model.Config{}, err
	}
	return arch.Config(text)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
