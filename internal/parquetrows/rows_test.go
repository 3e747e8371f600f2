package parquetrows

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// rows returns those of a file.
func rows(path string) (all []string, err error) {
	err = Each(path, func(row []byte) error {
		all = append(all, string(row))
		return nil
	})
	return all, err
}

// TestRows compares with pyarrow, which wrote the files.
func TestRows(t *testing.T) {
	want, err := os.ReadFile("testdata/rows.json")
	if err != nil {
		t.Fatal(err)
	}
	first, err1 := rows("testdata/rows.parquet")
	second, err2 := rows("testdata/rows2.parquet")
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	got := append(append(first, "null"), second...)
	lines := strings.Split(strings.TrimSpace(string(want)), "\n")
	if len(got) != len(lines) {
		t.Fatalf("%d rows, want %d", len(got), len(lines))
	}
	for i, line := range lines {
		var a, b any
		if err := errors.Join(json.Unmarshal([]byte(got[i]), &a), json.Unmarshal([]byte(line), &b)); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(a, b) || strings.Index(got[i], `"role"`) > strings.Index(got[i], `"content"`) {
			t.Errorf("row %d:\n got %s,\nwant %s", i, got[i], line)
		}
	}
	stop := errors.New("stop")
	if err := Each("testdata/rows.parquet", func([]byte) error { return stop }); err != stop {
		t.Errorf("the error of use is %v", err)
	}
}

// FuzzEach wants no panic, and errors in words, whatever a file holds.
func FuzzEach(f *testing.F) {
	for _, name := range []string{"rows.parquet", "rows2.parquet"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(data[:len(data)/2])
	}
	path := filepath.Join(f.TempDir(), "a.parquet")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		n := 0
		enough := errors.New("enough")
		err := Each(path, func(row []byte) error {
			if !json.Valid(row) {
				t.Fatalf("row %d is %q", n, row)
			}
			if n++; n > 1000 {
				return enough
			}
			return nil
		})
		if err != nil && err != enough && strings.Contains(err.Error(), "\n") {
			t.Errorf("the error is %q", err)
		}
	})
}
