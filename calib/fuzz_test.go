package calib

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
)

// FuzzRows wants no panic, and rows only where encoding/json finds the same.
func FuzzRows(f *testing.F) {
	for _, s := range []string{"[[1,2],[3,4]]", " [ [ 0 ] ,\n[] ]", "[[1,null]]", "[[01]]", "[[-0]]", "[[1],]", "[", "[[1]]]", "[[2147483648]]", "[[1]\x00]"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := parseRows(data)
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
	})
}

// FuzzDocuments wants no panic, and each line at the place that is kept of it.
func FuzzDocuments(f *testing.F) {
	for _, s := range []string{"{\"text\":\"a\"}\n", "\n\n{\"text\":1}", "{}\r\n{\"text\":\"\\ud800\"}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		lines := bytes.Split(data, []byte("\n"))
		seen := 0
		err := eachLine(bytes.NewReader(data), "x", func(d document, line []byte) error {
			if at := data[d.offset : int(d.offset)+d.length]; !bytes.Equal(at, line) || !bytes.Equal(line, lines[d.line-1]) {
				t.Fatalf("line %d of %q is %q at its place, %q when read", d.line, data, at, line)
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
			if len(bytes.TrimSpace(l)) > 0 {
				want++
			}
		}
		if seen != want {
			t.Fatalf("%d lines of %q, want %d", seen, data, want)
		}
	})
}
