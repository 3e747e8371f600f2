package tasks

import "testing"

// TestCapitalize compares with Python 3.11.
func TestCapitalize(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "a": "A", "élodie THEN": "Élodie then", "ßA": "Ssa", "ﬁSH": "Fish", "ǆA": "ǅa",
		"hI ΣΑΣ": "Hi σας", "xİ": "Xi̇", "İX": "İx", "1A": "1a", "ΣΣ": "Σς", "ŉA": "ʼNa", "o'NEIL": "O'neil", " A": " a", "日本A": "日本a",
	} {
		if got := capitalize(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// TestClean compares with the harness's preprocess.
func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"[substeps] Dry it":                 " Dry it",
		"  a [title] b [step] c   d    e  ": "a. b c  d  e",
		"x [a\nb] [c]":                      "x [a\nb] ",
		"[[a] b]":                           " b]",
		"\x1ca\x1f\u00a0":                   "a",
	} {
		if got := clean(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
