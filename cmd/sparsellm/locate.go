package main

import (
	"context"
	"fmt"
	"os"

	"sparsellm/hub"
)

// locateModel returns the folder of the model that name means: a folder as it
// is, else the model of that name on the Hugging Face hub, from the cache that
// the Python libraries share or, if need be, downloaded to it.
func locateModel(ctx context.Context, con *console, name string) (string, error) {
	if _, err := os.Stat(name); err == nil || !hub.IsID(name) {
		return name, nil
	}
	client, end, err := con.hub()
	if err != nil {
		return "", err
	}
	defer end()
	dir, err := client.Model(ctx, name)
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
	client, end, err := con.hub()
	if err != nil {
		return "", err
	}
	defer end()
	dir, err := client.DataSet(ctx, path, split)
	if err != nil {
		return "", fmt.Errorf("there is no --data-dir to find the data set %s in, and the Hugging Face hub does not give it: %w", path, err)
	}
	return dir, nil
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
