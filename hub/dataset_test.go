package hub

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"sparsellm/internal/atomicfile"
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

// TestHostileParquet gives writeLines files that promise more than they are.
func TestHostileParquet(t *testing.T) {
	good := parquetFile(t, []struct {
		Text string `parquet:"text,optional"`
	}{{"a"}, {"b"}, {"c"}})
	end := func(length string) string { return good[:len(good)-8] + length + "PAR1" }
	for name, c := range map[string]struct{ file, want string }{
		"empty":          {"", "no parquet file"},
		"short":          {"PAR1", "no parquet file"},
		"other":          {good[:len(good)-4] + "PARE", "no parquet file"},
		"4 GiB":          {end("\xff\xff\xff\xff"), "4294967295 bytes"},
		"a byte more":    {"PAR1\x01\x00\x00\x00PAR1", "1 bytes are not in 12"},
		"cut":            {good[:len(good)/2] + good[len(good)-8:], "cut short"},
		"other metadata": {end("\x08\x00\x00\x00"), ""},
	} {
		dir := t.TempDir()
		in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
		if err := os.WriteFile(in, []byte(c.file), 0o644); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := atomicfile.Write(out, func(w io.Writer) error { return writeLines(w, in, "text") })
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 4<<20 {
			t.Errorf("%s: %d bytes allocated for a file of %d", name, n, len(c.file))
		}
		if left, _ := os.ReadDir(dir); len(left) != 1 {
			t.Errorf("%s: left behind: %v", name, left)
		}
	}
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
	if _, err := c.DataSet(context.Background(), "c4", Train); !errors.Is(err, errOffline) {
		t.Errorf("%v", err)
	}
}
