package calib

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// source is a file, and what is made of it.
type source struct {
	path      string
	form      form
	files     []string                   // of a folder, in order
	rows      func(text string) []string // see dataSet
	separator string
	// Limits of upstream's on evaluation: the first so many documents, and
	// windows; 0 for all.
	most, windows int
}

// part is a part of a data set.
type part int

const (
	train part = iota // for calibration
	test              // for evaluation
)

// dataSet is a data set that upstream knows by name.
type dataSet struct {
	files  [2][]string // per part: patterns of file names, the first that exists counts
	advice [2]string   // per part: what to put there
	json   bool        // its files are JSON, not text
	of     source      // its evaluation limits
	// Its rows of a text, and what upstream joins them by, per part; if rows is
	// nil the text is as it is.
	rows       func(text string) []string
	separators [2]string
}

// dataSets are the named data sets, read and joined as upstream's loaders do.
var dataSets = map[string]dataSet{
	"wikitext2": {
		files: [2][]string{
			{"wiki.train.raw", "wikitext-2-raw/wiki.train.raw", "wt2.train.txt"},
			{"wiki.test.raw", "wikitext-2-raw/wiki.test.raw", "wt2.test.txt"},
		},
		advice: [2]string{
			"wiki.train.raw of WikiText-2 (raw), or wt2.train.txt",
			"wiki.test.raw of WikiText-2 (raw), or wt2.test.txt",
		},
		rows: wikiLines, separators: [2]string{" ", "\n\n"},
	},
	"ptb": {
		files:  [2][]string{{"ptb.train.txt"}, {"ptb.test.txt"}},
		advice: [2]string{"ptb.train.txt of the Penn Treebank", "ptb.test.txt of the Penn Treebank"},
		rows:   ptbLines, separators: [2]string{" ", " "},
	},
	"c4": {
		files: [2][]string{
			{"c4-train*.json.gz", "en/c4-train*.json.gz", "c4-train*.jsonl"},
			{"c4-validation*.json.gz", "en/c4-validation*.json.gz", "c4-validation*.jsonl"},
		},
		advice: [2]string{
			"c4-train.00000-of-01024.json.gz of allenai/c4 (en)",
			"c4-validation.00000-of-00008.json.gz of allenai/c4 (en)",
		},
		json: true,
		of:   source{most: 1100, windows: 256},
	},
}

// find returns the source that path names.
func find(path string, p part, dataDir string) (source, error) {
	if set, ok := dataSets[path]; ok {
		return set.find(path, p, dataDir)
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && filepath.Ext(path) == "":
		return source{}, fmt.Errorf("calib: there is no file %s, nor a data set of that name: those are wikitext2, ptb and c4", path)
	case errors.Is(err, fs.ErrNotExist):
		return source{}, fmt.Errorf("calib: there is no file %s", path)
	case err != nil:
		return source{}, fmt.Errorf("calib: %w", err)
	case info.IsDir():
		return findFolder(path)
	}
	s := source{path: path}
	if s.form, err = formOf(path); err != nil {
		return source{}, fmt.Errorf("calib: %w", err)
	}
	return s, nil
}

// formOf returns how a file holds its tokens.
func formOf(path string) (form, error) {
	name := unpackedName(path)
	switch ext := filepath.Ext(name); {
	case strings.HasSuffix(name, ".rows.json"):
		return rowsForm, nil
	case isText(name):
		return textForm, nil
	case ext == ".parquet":
		return parquetForm, nil
	case ext == ".json" || ext == ".jsonl" || ext == ".ndjson":
		return jsonForm(path)
	}
	if err := refuseName(path, filepath.Ext(name)); err != nil {
		return 0, err
	}
	in, err := openInput(path) // which refuses what it knows
	if err != nil {
		return 0, err
	}
	return 0, errors.Join(in.Close(), fmt.Errorf("%s is none of *.txt, *.md, *.json, *.jsonl, *.ndjson, each of which may be packed as *.gz or *.zst, *.parquet, wikitext2, ptb and c4: rename it to what it is", path))
}

// isText says whether an unpacked file is a text by its name.
func isText(name string) bool {
	ext := filepath.Ext(name)
	return ext == ".txt" || ext == ".md"
}

// findFolder returns the texts below a folder, in the order of their names, but
// for what is hidden.
func findFolder(path string) (source, error) {
	s := source{path: path, form: folderForm}
	err := filepath.WalkDir(path, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name != path && strings.HasPrefix(e.Name(), ".") {
			if e.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if isText(unpackedName(name)) {
			if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
				s.files = append(s.files, name)
			}
		}
		return nil
	})
	if err == nil && len(s.files) == 0 {
		err = fmt.Errorf("%s is a folder: give one of its files, or a folder with texts in *.txt or *.md", path)
	}
	if err != nil {
		return source{}, fmt.Errorf("calib: %w", err)
	}
	return s, nil
}

// find looks for the part of a data set in the data folder.
func (d dataSet) find(name string, p part, dir string) (source, error) {
	if dir == "" {
		return source{}, fmt.Errorf("calib: the data set %s needs a data folder that holds %s", name, d.advice[p])
	}
	for _, pattern := range d.files[p] {
		// The names sort by shard; a data folder with a * in its own name
		// would need quoting, so the pattern is matched within it.
		matches, err := fs.Glob(os.DirFS(dir), pattern)
		if err != nil {
			return source{}, fmt.Errorf("calib: %w", err)
		}
		if len(matches) > 0 {
			s := d.of
			s.path, s.rows, s.separator = filepath.Join(dir, matches[0]), d.rows, d.separators[p]
			if d.json {
				if s.form, err = jsonForm(s.path); err != nil {
					return source{}, fmt.Errorf("calib: %w", err)
				}
			}
			return s, nil
		}
	}
	return source{}, fmt.Errorf("calib: the data set %s is not in the data folder %s: put %s there", name, dir, d.advice[p])
}

// lines returns the lines of text, each with its newline.
func lines(text string) []string {
	all := strings.SplitAfter(text, "\n")
	if all[len(all)-1] == "" {
		all = all[:len(all)-1]
	}
	return all
}

// isSpace is what Python's str.strip takes off.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// wikiLines returns the rows of WikiText as the data set "wikitext" has them:
// the lines with their newlines, blank ones empty.
func wikiLines(text string) []string {
	all := lines(text)
	for i, l := range all {
		if strings.TrimFunc(l, isSpace) == "" {
			all[i] = ""
		}
	}
	return all
}

// ptbLines returns the sentences of the Penn Treebank as the data set
// "ptb_text_only" has them: the lines without the space around them.
func ptbLines(text string) []string {
	all := lines(text)
	for i, l := range all {
		all[i] = strings.TrimFunc(l, isSpace)
	}
	return all
}
