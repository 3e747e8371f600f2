package hub

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"

	"sparsellm/internal/atomicfile"
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
	text [2]string
	rows func(*parquet.File, func(string) error) error
}

var dataSets = map[string]dataSet{
	"wikitext2": {
		repo: repo{"datasets", "Salesforce/wikitext", "main"},
		files: [2]string{
			"wikitext-2-raw-v1/train-00000-of-00001.parquet",
			"wikitext-2-raw-v1/test-00000-of-00001.parquet",
		},
		text: [2]string{"wiki.train.raw", "wiki.test.raw"},
		rows: func(f *parquet.File, line func(string) error) error {
			return eachRow(f, func(r struct {
				Text string `parquet:"text"`
			}) error {
				return line(r.Text)
			})
		},
	},
	"ptb": {
		// The repository has a script; the hub made parquet of what it gives.
		repo:  repo{"datasets", "ptb-text-only/ptb_text_only", "refs/convert/parquet"},
		files: [2]string{"penn_treebank/train/0000.parquet", "penn_treebank/test/0000.parquet"},
		text:  [2]string{"ptb.train.txt", "ptb.test.txt"},
		rows: func(f *parquet.File, line func(string) error) error {
			return eachRow(f, func(r struct {
				Sentence string `parquet:"sentence"`
			}) error {
				return line(r.Sentence)
			})
		},
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
			return writeLines(w, filepath.Join(snapshot, filepath.FromSlash(file)), d.rows)
		})
	}
	if err != nil {
		return "", fmt.Errorf("hub: reading %s of %s: %w", file, d.repo.id, err)
	}
	return dir, nil
}

// writeLines writes the rows of a parquet file as lines of text.
func writeLines(to io.Writer, from string, rows func(*parquet.File, func(string) error) error) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	st, err := in.Stat()
	if err != nil {
		return err
	}
	defer func() {
		if r := recover(); r != nil { // of the library, on a damaged file
			err = fmt.Errorf("is no parquet file that can be read: %v", r)
		}
	}()
	if err := checkFooter(in, st.Size()); err != nil {
		return err
	}
	f, err := parquet.OpenFile(in, st.Size())
	if err != nil {
		return err
	}
	w := bufio.NewWriter(to)
	err = rows(f, func(text string) error {
		if !strings.HasSuffix(text, "\n") { // WikiText's rows have their own
			text += "\n"
		}
		_, err := w.WriteString(text)
		return err
	})
	return errors.Join(err, w.Flush())
}

// checkFooter looks at the end of a parquet file of size bytes: the length of
// its metadata, for which the library takes memory before it looks, and a
// magic word.
func checkFooter(f io.ReaderAt, size int64) error {
	end := make([]byte, 8)
	if _, err := f.ReadAt(end, max(size-8, 0)); err != nil || string(end[4:]) != "PAR1" {
		return errors.New("it is no parquet file")
	}
	if n := int64(binary.LittleEndian.Uint32(end)); n > size-12 {
		return fmt.Errorf("it is cut short: metadata of %d bytes are not in %d", n, size)
	}
	return nil
}

// eachRow calls use with each row of f, of which R has the columns that
// matter.
func eachRow[R any](f *parquet.File, use func(R) error) error {
	for _, column := range parquet.SchemaOf(*new(R)).Columns() {
		if _, ok := f.Schema().Lookup(column...); !ok {
			return fmt.Errorf("has no column %q", strings.Join(column, "."))
		}
	}
	// The numbers in a damaged file can keep the library busy for ever.
	const most = 1 << 20
	total := f.NumRows()
	for _, g := range f.Metadata().RowGroups {
		if total < 0 || total > most || g.NumRows < 0 || g.NumRows > total {
			return fmt.Errorf("has %d rows, more than any of the data sets", max(total, g.NumRows))
		}
	}
	r := parquet.NewGenericReader[R](f)
	defer r.Close()
	buf := make([]R, 256)
	for {
		n, err := r.Read(buf)
		for _, row := range buf[:n] {
			if err := use(row); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
