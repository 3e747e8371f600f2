package main

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"

	"sparsellm/hub"
)

// locateModel returns the folder of the model that name means: a folder as it
// is, else the model of that name on the Hugging Face hub, from the cache that
// the Python libraries share or, if need be, downloaded to it.
func locateModel(ctx context.Context, con *console, name string) (string, error) {
	if _, err := os.Stat(name); err == nil || !hub.IsID(name) {
		return name, nil
	}
	dir, err := con.fromHub(func(c *hub.Client) (string, error) { return c.Model(ctx, name) })
	if err != nil {
		return "", fmt.Errorf("there is no folder %s, and the Hugging Face hub does not give it: %w", name, err)
	}
	return dir, nil
}

// locateData returns the folder in which package calib finds path if that is
// the name of a data set: the one that the user gave, else that of the hub's.
func locateData(ctx context.Context, con *console, path string, split hub.Split, given string) (string, error) {
	if given != "" || path != "wikitext2" && path != "ptb" && path != "c4" {
		return given, nil
	}
	dir, err := con.fromHub(func(c *hub.Client) (string, error) { return c.DataSet(ctx, path, split) })
	if err != nil {
		return "", fmt.Errorf("there is no --data-dir to find the data set %s in, and the Hugging Face hub does not give it: %w", path, err)
	}
	return dir, nil
}

// fromHub calls get with a client of the hub. If the command is interrupted
// meanwhile, it says what becomes of what has arrived.
func (c *console) fromHub(get func(*hub.Client) (dir string, err error)) (string, error) {
	client, end, err := c.hub()
	if err != nil {
		return "", err
	}
	defer end()
	var under atomic.Bool
	under.Store(true)
	const kept = "what has been downloaded stays in the cache, and the same command goes on with it"
	c.onExit.add(func() string {
		if under.Load() {
			return kept
		}
		return ""
	})
	dir, err := get(client)
	under.Store(false)
	if stopped(err) {
		return "", interruption{kept}
	}
	return dir, err
}

// hub returns a client that shows its downloads, and what ends showing them.
func (c *console) hub() (client *hub.Client, end func(), err error) {
	if client, err = hub.FromEnv(); err != nil {
		return nil, nil, err
	}
	var m *meter
	of := ""
	end = func() {
		if m != nil {
			m.end()
		}
	}
	client.Progress = func(file string, done, total int64) {
		if m == nil || file != of {
			end()
			m, of = c.meter("", int(total)), file
			m.line("downloading %s, %s", file, humanBytes(total))
		}
		m.at(int(done), "downloading "+file)
	}
	return client, end, nil
}
