package hub

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestTable finds the files of splits by the names that data sets have.
func TestTable(t *testing.T) {
	s := newServer(t, map[string]string{
		"datasets/o/parts/ARC-Easy/test-00000-of-00001.parquet":        "easy",
		"datasets/o/parts/ARC-Challenge/test-00000-of-00001.parquet":   "hard",
		"datasets/o/parts/ARC-Easy/train-00001-of-00002.parquet":       "train 1",
		"datasets/o/parts/ARC-Easy/train-00000-of-00002.parquet":       "train 0",
		"datasets/o/flat/data/validation-00000-of-00001.parquet":       "flat",
		"datasets/o/flat/data/validation_extra-00000-of-00001.parquet": "not this",
		"datasets/o/lines/test.jsonl":                                  "lines",
		"datasets/o/lines/README.md":                                   "read me",
		"datasets/o/cut/data/test-00000-of-00002.parquet":              "half",
	})
	c := s.client(t)
	for _, w := range []struct {
		id, config, split string
		want              []string
	}{
		{"o/parts", "ARC-Easy", "test", []string{"easy"}},
		{"o/parts", "ARC-Challenge", "test", []string{"hard"}},
		{"o/parts", "ARC-Easy", "train", []string{"train 0", "train 1"}},
		{"o/flat", "default", "validation", []string{"flat"}},
		{"o/lines", "default", "test", []string{"lines"}},
	} {
		for range 2 { // the second of the cache
			files, err := c.Table(context.Background(), w.id, w.config, w.split)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range files {
				text, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, string(text))
			}
			if !slices.Equal(got, w.want) {
				t.Errorf("%s %s %s: got %q, want %q", w.id, w.config, w.split, got, w.want)
			}
			c.Offline = true
		}
		c.Offline = false
	}
	for _, w := range [][3]string{{"o/parts", "ARC-Hard", "test"}, {"o/cut", "default", "test"}, {"o/none", "default", "test"}, {"../x", "default", "test"}} {
		if files, err := c.Table(context.Background(), w[0], w[1], w[2]); err == nil || !strings.Contains(err.Error(), w[0]) {
			t.Errorf("%v: got %v, %v", w, files, err)
		}
	}
}

// TestConverted takes what the hub has made of a data set with a script.
func TestConverted(t *testing.T) {
	names := []string{"default/test/0001.parquet", "default/test/0000.parquet", "other/test/0000.parquet", "default/train/0000.parquet"}
	if got := convertedFiles(names, "default", "test"); !slices.Equal(got, []string{"default/test/0000.parquet", "default/test/0001.parquet"}) {
		t.Errorf("got %q", got)
	}
	if got := tableFiles([]string{filepath.ToSlash("default/test/0000.parquet")}, "default", "test"); got != nil {
		t.Errorf("got %q", got)
	}
}
