package hub

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// Table returns the files, in order, of a split of a data set ORG/NAME in rows:
// of the cache, else downloaded to it. config is which of its parts, "default" of
// one that has none. What has no files of the forms that are known is looked for
// where the hub keeps parquet of every data set.
func (c *Client) Table(ctx context.Context, id, config, split string) ([]string, error) {
	if !IsID(id) {
		return nil, fmt.Errorf("hub: %q is no data set's name, ORG/NAME", id)
	}
	find := func(revision string, choose func(names []string) []string) ([]string, error) {
		var files []string
		dir, err := c.snapshot(ctx, repo{"datasets", id, revision}, func(names []string, _ func(string) ([]byte, error)) ([]string, bool, error) {
			if files = choose(names); len(files) == 0 {
				return nil, false, fmt.Errorf("has no files of the split %s of %s", split, config)
			}
			return files, true, nil
		})
		var paths []string
		for _, file := range files {
			paths = append(paths, filepath.Join(dir, filepath.FromSlash(file)))
		}
		return paths, err
	}
	paths, err := find("main", func(names []string) []string { return tableFiles(names, config, split) })
	if err != nil {
		var again error
		if paths, again = find("refs/convert/parquet", func(names []string) []string { return convertedFiles(names, config, split) }); again != nil {
			return nil, err
		}
	}
	return paths, nil
}

// shard is the name of one of a split's files.
var shard = regexp.MustCompile(`^([a-z]+)(?:-(\d{5})-of-(\d{5}))?\.(parquet|jsonl)$`)

// tableFiles returns a split's files by their usual names: none if some of them
// are missing.
func tableFiles(names []string, config, split string) []string {
	folders := []string{config, path.Join("data", config)}
	if config == "default" {
		folders = append(folders, "data", ".")
	}
	for _, folder := range folders {
		var files []string
		of := 0
		for _, name := range names {
			m := shard.FindStringSubmatch(path.Base(name))
			if path.Dir(name) != folder || m == nil || m[1] != split {
				continue
			}
			files = append(files, name)
			of = 1
			if m[3] != "" {
				of, _ = strconv.Atoi(m[3])
			}
		}
		if of > 0 && len(files) == of {
			slices.Sort(files)
			return files
		}
	}
	return nil
}

// convertedFiles returns a split's files as the hub's conversion names them.
func convertedFiles(names []string, config, split string) []string {
	var files []string
	for _, name := range names {
		if path.Dir(name) == path.Join(config, split) && path.Ext(name) == ".parquet" {
			files = append(files, name)
		}
	}
	slices.Sort(files)
	return files
}
