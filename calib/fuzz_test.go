package calib

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// reader reads data through a buffer that holds no token id longer than
// rowsParser asks for.
func reader(data []byte) *bufio.Reader {
	return bufio.NewReaderSize(bytes.NewReader(data), longestInteger)
}

// FuzzRows wants no panic, and rows only where encoding/json finds the same,
// cut or not.
func FuzzRows(f *testing.F) {
	for _, s := range []string{"[[1,2],[3,4]]", " [ [ 0 ] ,\n[] ]", "[[1,null]]", "[[01]]", "[[-0]]", "[[1],]", "[", "[[1]]]", "[[2147483648]]", "[[1]\x00]"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := parseRows(reader(data), 0, 0)
		cut, cutErr := parseRows(reader(data), 2, 3)
		if fmt.Sprint(err) != fmt.Sprint(cutErr) {
			t.Fatalf("parseRows(%q) gives the error %v whole and %v cut", data, err, cutErr)
		}
		if err != nil {
			return
		}
		var want [][]int
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatalf("parseRows(%q) = %v, but encoding/json says %v", data, got, err)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("parseRows(%q) = %v, want %v", data, got, want)
		}
		want = want[:min(3, len(want))]
		for i := range want {
			want[i] = want[i][:min(2, len(want[i]))]
		}
		if fmt.Sprint(cut) != fmt.Sprint(want) {
			t.Fatalf("parseRows(%q) cut is %v, want %v", data, cut, want)
		}
	})
}

// FuzzLines wants no panic, and each line at the place that is kept of it.
func FuzzLines(f *testing.F) {
	for _, s := range []string{"{\"text\":\"a\"}\n", "\n\n{\"text\":1}", "{}\r\n{\"text\":\"\\ud800\"}", "a\rb\r\rc\r\n\r\nd\n\re", "\ufeff{}\n\ufeff{}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		lines := strings.Split(unixLines(string(data)), "\n")
		seen := 0
		err := eachLine(reader(data), 0, "x", func(d document, line []byte) error {
			want := strings.TrimPrefix(lines[d.line-1], byteOrderMark)
			if at := data[d.offset : int(d.offset)+d.length]; !bytes.Equal(at, line) || string(line) != want {
				t.Fatalf("line %d of %q is %q at its place, %q when read, want %q", d.line, data, at, line, want)
			}
			seen++
			_, _ = parseDocument(line)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		for _, l := range lines {
			if len(strings.TrimSpace(strings.TrimPrefix(l, byteOrderMark))) > 0 {
				want++
			}
		}
		if seen != want {
			t.Fatalf("%d lines of %q, want %d", seen, data, want)
		}
	})
}

// FuzzValues wants no panic, and of a list or a stream that encoding/json can
// read, the values that it reads.
func FuzzValues(f *testing.F) {
	for _, s := range []string{`[{"text":"a]"},"b\"",[1,[2]],3 ,null]`, "{\"a\":\n{}}{\"b\":1}\r\r\n2 \"c\" [", "[]", "[1,]", "[1 2]", "[\"a\nb\"]", "]", "[1]x", `["\`} {
		f.Add([]byte(s), true)
		f.Add([]byte(s), false)
	}
	f.Fuzz(func(t *testing.T, data []byte, list bool) {
		var got [][]byte
		err := eachValue(reader(data), 0, list, "x", func(d document, value []byte) error {
			if at := data[d.offset : int(d.offset)+d.length]; !bytes.Equal(at, value) {
				t.Fatalf("a value of %q is %q at its place, %q when read", data, at, value)
			}
			if want := lineAt(data, int(d.offset)); d.line != want {
				t.Fatalf("the value %q of %q is on line %d, want %d", value, data, d.line, want)
			}
			got = append(got, bytes.Clone(value))
			_, _ = parseDocument(value)
			return nil
		})
		var want []json.RawMessage
		if list {
			if json.Unmarshal(data, &want) != nil || data[len(data)-1] == 'l' { // null
				return
			}
		} else {
			d := json.NewDecoder(bytes.NewReader(data))
			for {
				var v json.RawMessage
				err := d.Decode(&v)
				if err == io.EOF {
					break
				}
				if err != nil {
					return
				}
				want = append(want, v)
			}
			// A number that is cut off from a word is two values to a decoder.
			for _, v := range got {
				if !json.Valid(v) {
					return
				}
			}
		}
		if err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		if len(got) != len(want) {
			t.Fatalf("%q has %d values, want %d", data, len(got), len(want))
		}
		for i := range got {
			if !bytes.Equal(got[i], want[i]) {
				t.Fatalf("value %d of %q is %q, want %q", i, data, got[i], want[i])
			}
		}
	})
}

// FuzzFiles wants no panic, and errors of one line that name the file, whatever
// a file holds and is called.
func FuzzFiles(f *testing.F) {
	names := []string{"a.txt", "a.json", "a.jsonl", "a.rows.json", "a.csv", "a", "a.parquet", "a.jsonl.zst"}
	for i, s := range []string{"\ufefftext\r\n", `[{"text":"1 2 3 4 5 6"}]`, "\x1f\x8b", "[[1,2,3]]", "\xff\xfea\x00", "PAR1\x15"} {
		f.Add(s, i)
	}
	f.Add(`{"messages": [{"role": "user", "content": "1 2 3 4 5 6"}]}`, 2)
	f.Add(zstandard(f, `{"instruction": "a", "output": "b"}`), 7)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, content string, name int) {
		path := filepath.Join(dir, names[uint(name)%uint(len(names))])
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := HasRows(path)
		_, calibration := Calibration(path, letters{}, Options{Samples: 2, SeqLen: 4})
		_, evaluation := Evaluation(path, letters{}, 4, 0, Reading{})
		packing := Options{Samples: 2, SeqLen: 4, Pack: true, End: 'e', Reading: Reading{Chat: plainChat{}}}
		_, packed := Calibration(path, letters{}, packing)
		for _, err := range []error{err, calibration, evaluation, packed} {
			if err == nil {
				continue
			}
			if s := err.Error(); !strings.HasPrefix(s, "calib: ") || !strings.Contains(s, path) || strings.Contains(s, "\n") {
				t.Errorf("the error is %q", s)
			}
			if errors.Is(err, os.ErrClosed) {
				t.Error(err)
			}
		}
	})
}

// FuzzColumns wants no panic, whatever a row is and whichever field of it is
// wanted.
func FuzzColumns(f *testing.F) {
	for _, s := range []string{`{"text": "a"}`, `{"messages": [{"role": "user"}]}`, `{"prompt": "a", "chosen": [{"from": ""}]}`, `{"a": {"b": "c"}}`, `"a"`, `[`, `null`, `{"a": }`} {
		f.Add([]byte(s), "")
		f.Add([]byte(s), "a.b")
	}
	f.Fuzz(func(t *testing.T, row []byte, field string) {
		for _, chat := range []Chat{nil, plainChat{}} {
			p := documentParser{Reading: Reading{Chat: chat, Found: new(Found)}}
			if field != "" {
				p.Fields = strings.Split(field, ",")
			}
			if len(bytes.TrimSpace(row)) == 0 {
				return
			}
			if got, err := p.parse(row); err != nil && got.text != "" {
				t.Errorf("%q gives %q with %v", row, got.text, err)
			}
		}
	})
}
