package hub

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"sparsellm/checkpoint"
)

// Model returns the folder of the model ORG/NAME: the snapshot in the cache,
// else one that is downloaded, of the files that package checkpoint reads a
// model from.
func (c *Client) Model(ctx context.Context, id string) (dir string, err error) {
	return c.model(ctx, id, checkpoint.Files)
}

// Config returns a folder with the config.json of the model ORG/NAME, and perhaps
// nothing else: of the cache, else downloaded to it.
func (c *Client) Config(ctx context.Context, id string) (dir string, err error) {
	return c.model(ctx, id, func(names []string, _ func(string) ([]byte, error)) ([]string, bool, error) {
		if !slices.Contains(names, "config.json") {
			return nil, false, errors.New("has no config.json: it is no model")
		}
		return []string{"config.json"}, true, nil
	})
}

func (c *Client) model(ctx context.Context, id string, choose chooser) (dir string, err error) {
	if !IsID(id) {
		return "", fmt.Errorf("hub: %q is no name of a model, ORG/NAME", id)
	}
	return c.snapshot(ctx, repo{"models", id, "main"}, choose)
}
