package job

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"

	"sparsellm/checkpoint"
	"sparsellm/hub"
)

// OpenModel opens the model that name means: a folder or a GGUF file as it is,
// else the model of that name on the Hugging Face hub, from the cache that the
// Python libraries share or, if need be, downloaded to it.
func OpenModel(ctx context.Context, hooks Hooks, name string) (*checkpoint.Checkpoint, error) {
	dir := name
	if _, err := os.Stat(name); err != nil && hub.IsID(name) {
		dir, err = hooks.fromHub(func(c *hub.Client) (string, error) { return c.Model(ctx, name) })
		if err != nil {
			return nil, fmt.Errorf("there is no folder %s, and the Hugging Face hub does not give it: %w", name, err)
		}
	}
	return checkpoint.Open(dir)
}

// locateData returns the folder in which package calib finds path if that is
// the name of a data set: the one that the user gave, else that of the hub's.
func locateData(ctx context.Context, hooks Hooks, path string, split hub.Split, given string) (string, error) {
	if given != "" || path != "wikitext2" && path != "ptb" && path != "c4" {
		return given, nil
	}
	dir, err := hooks.fromHub(func(c *hub.Client) (string, error) { return c.DataSet(ctx, path, split) })
	if err != nil {
		return "", fmt.Errorf("there is no %s to find the data set %s in, and the Hugging Face hub does not give it: %w", hooks.setting("data_dir"), path, err)
	}
	return dir, nil
}

// fromHub calls get with a client of the hub. If the job is stopped meanwhile,
// it says what becomes of what has arrived.
func (h Hooks) fromHub(get func(*hub.Client) (dir string, err error)) (string, error) {
	client, err := hub.FromEnv()
	if err != nil {
		return "", err
	}
	if h.Downloading != nil {
		at, end := h.Downloading()
		defer end()
		client.Progress = at
	}
	var under atomic.Bool
	under.Store(true)
	const kept = "what has been downloaded stays in the cache, and the same command goes on with it"
	h.onStop(func() string {
		if under.Load() {
			return kept
		}
		return ""
	})
	dir, err := get(client)
	under.Store(false)
	if stopped(err) {
		return "", Interrupted{kept}
	}
	return dir, err
}
