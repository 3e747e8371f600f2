package hub

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// parquetFile is a file of one column, as the hub has them: optional,
// compressed, in several row groups.
func parquetFile[R any](t *testing.T, rows []R) string {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[R](&b, parquet.Compression(&parquet.Snappy), parquet.MaxRowsPerRowGroup(2))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestDataSets(t *testing.T) {
	type text struct {
		Text string `parquet:"text,optional"`
	}
	type sentence struct {
		Sentence string `parquet:"sentence,optional"`
	}
	files := map[string]string{
		"datasets/Salesforce/wikitext/wikitext-2-raw-v1/train-00000-of-00001.parquet": parquetFile(t, []text{{""}, {" = A = \n"}, {""}, {" Two words . \n"}, {"é\n"}}),
		"datasets/Salesforce/wikitext/wikitext-2-raw-v1/test-00000-of-00001.parquet":  parquetFile(t, []sentence{{"x"}}),
		"datasets/ptb-text-only/ptb_text_only/penn_treebank/test/0000.parquet":        parquetFile(t, []sentence{{"no it was n't"}, {"<unk> N"}}),
		"datasets/ptb-text-only/ptb_text_only/penn_treebank/train/0000.parquet":       "PAR1 something else entirely PAR1",
		"datasets/allenai/c4/en/c4-validation.00000-of-00008.json.gz":                 "gzip",
	}
	s := newServer(t, files)
	c := s.client(t)
	for _, x := range []struct {
		name  string
		split Split
		file  string
		want  string
	}{
		{"wikitext2", Train, "wiki.train.raw", "\n = A = \n\n Two words . \né\n"},
		{"ptb", Test, "ptb.test.txt", "no it was n't\n<unk> N\n"},
		{"c4", Test, "en/c4-validation.00000-of-00008.json.gz", "gzip"},
	} {
		for range 2 { // then from the cache
			dir, err := c.DataSet(context.Background(), x.name, x.split)
			if err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(filepath.Join(dir, x.file))
			if err != nil || string(got) != x.want {
				t.Errorf("%s: %q, %v, want %q", x.name, got, err, x.want)
			}
			c.Offline = true
		}
		c.Offline = false
	}
	for _, x := range []struct {
		name  string
		split Split
		want  string
	}{
		{"wikitext2", Test, `no column "text"`},
		{"ptb", Train, "ptb_text_only"},
		{"c4", Train, "has no file en/c4-train"},
		{"imagenet", Train, "none of wikitext2"},
	} {
		_, err := c.DataSet(context.Background(), x.name, x.split)
		if err == nil || !strings.Contains(err.Error(), x.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want one line with %q", x.name, err, x.want)
		}
		left, _ := filepath.Glob(filepath.Join(c.Data, x.name, "*", "*.tmp"))
		if len(left) > 0 {
			t.Errorf("%s left %v", x.name, left)
		}
	}
	c.Offline = true
	if _, err := c.DataSet(context.Background(), "c4", Train); !errors.Is(err, ErrOffline) {
		t.Errorf("%v", err)
	}
}
