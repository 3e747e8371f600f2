package hub

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sparsellm/internal/atomicfile"
	"sparsellm/internal/parquetrows"
)

// Split is a part of a data set.
type Split int

const (
	Train Split = iota // to calibrate with
	Test               // to evaluate with
)

// dataSet is where the hub has a data set, and what calibration reads of it.
type dataSet struct {
	repo  repo
	files [2]string // per split
	// text names the files that are made of parquet, per split; empty where
	// the hub's own file is read.
	text   [2]string
	column string // of parquet, a line in each row
}

var dataSets = map[string]dataSet{
	"wikitext2": {
		repo: repo{"datasets", "Salesforce/wikitext", "main"},
		files: [2]string{
			"wikitext-2-raw-v1/train-00000-of-00001.parquet",
			"wikitext-2-raw-v1/test-00000-of-00001.parquet",
		},
		text:   [2]string{"wiki.train.raw", "wiki.test.raw"},
		column: "text",
	},
	"ptb": {
		// The repository has a script; the hub made parquet of what it gives.
		repo:   repo{"datasets", "ptb-text-only/ptb_text_only", "refs/convert/parquet"},
		files:  [2]string{"penn_treebank/train/0000.parquet", "penn_treebank/test/0000.parquet"},
		text:   [2]string{"ptb.train.txt", "ptb.test.txt"},
		column: "sentence",
	},
	"c4": {
		repo:  repo{"datasets", "allenai/c4", "main"},
		files: [2]string{"en/c4-train.00000-of-01024.json.gz", "en/c4-validation.00000-of-00008.json.gz"},
	},
}

// DataSet returns a folder in which package calib finds a split of wikitext2,
// ptb or c4: of the cache, else downloaded to it. Parquet is written out as
// text below Data, a row a line.
func (c *Client) DataSet(ctx context.Context, name string, split Split) (dir string, err error) {
	d, ok := dataSets[name]
	if !ok || split != Train && split != Test {
		return "", fmt.Errorf("hub: %q is none of wikitext2, ptb and c4", name)
	}
	file := d.files[split]
	snapshot, err := c.snapshot(ctx, d.repo, func(names []string, _ func(string) ([]byte, error)) ([]string, bool, error) {
		if !slices.Contains(names, file) {
			return nil, false, fmt.Errorf("has no file %s", file)
		}
		return []string{file}, true, nil
	})
	if err != nil || d.text[split] == "" {
		return snapshot, err
	}
	dir = filepath.Join(c.Data, name, filepath.Base(snapshot)) // the commit
	text := filepath.Join(dir, d.text[split])
	if _, err := os.Stat(text); err == nil {
		return dir, nil
	}
	err = os.MkdirAll(dir, 0o777)
	if err == nil {
		err = atomicfile.Write(text, func(w io.Writer) error {
			return writeLines(w, filepath.Join(snapshot, filepath.FromSlash(file)), d.column)
		})
	}
	if err != nil {
		return "", fmt.Errorf("hub: reading %s of %s: %w", file, d.repo.id, err)
	}
	return dir, nil
}

// writeLines writes a column of a parquet file as lines of text.
func writeLines(to io.Writer, from, column string) error {
	w := bufio.NewWriter(to)
	err := parquetrows.Each(from, func(row []byte) error {
		var values map[string]json.RawMessage
		if err := json.Unmarshal(row, &values); err != nil {
			return err
		}
		value, ok := values[column]
		if !ok {
			return fmt.Errorf("it has no column %q", column)
		}
		var text string // "" for null
		if err := json.Unmarshal(value, &text); err != nil {
			return fmt.Errorf("its column %q is no text", column)
		}
		if !strings.HasSuffix(text, "\n") { // WikiText's rows have their own
			text += "\n"
		}
		_, err := w.WriteString(text)
		return err
	})
	return errors.Join(err, w.Flush())
}
