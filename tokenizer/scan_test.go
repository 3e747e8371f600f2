package tokenizer

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzScanners wants each scanner to cut where its pattern does.
func FuzzScanners(f *testing.F) {
	c, _ := readCases(f, "testdata/cases.json")
	for _, x := range c.Cases[0].Texts {
		f.Add(x.Text)
	}
	for _, s := range []string{"'S'ſ'RE'lL 'x", "a\r\n \n\n b", "1234 12 \u0660\u0661\u0662\u0663", " \u00a0x", "\t\t!?\r\n\r", "!\n\n  ", "'", "' '", "x'ſt"} {
		f.Add(s)
	}
	finders := map[string]find{}
	for pattern := range scanners {
		finder, err := compile(pattern)
		if err != nil {
			f.Fatal(err)
		}
		finders[pattern] = finder
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) || s == "" {
			return
		}
		for pattern, scan := range scanners {
			got, err := scan.split(nil, s, false)
			if err != nil {
				t.Fatal(err)
			}
			want, err := split{finders[pattern], isolated, false}.split(nil, s, false)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s cuts %q into %q, want %q", pattern, s, got, want)
			}
		}
	})
}

// FuzzNFC wants composeLong, the algorithm step by step, to give what package
// norm gives where that puts nothing into the text.
func FuzzNFC(f *testing.F) {
	for _, s := range []string{"e\u0301\u0323", "\u1100\u1161\u11a8", "\uac00\u11a8", "\u09c7\u09be", "a\u0315\u0300\u05ae\u0300b", "\u0344", "\u2126\u0308\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := nfc.compose(s)
		if !utf8.ValidString(s) || strings.Contains(want, "\u034f") {
			return
		}
		if got := nfc.composeLong(s); got != want {
			t.Fatalf("composeLong(%+q) = %+q, want %+q", s, got, want)
		}
	})
}
