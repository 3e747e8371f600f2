package calib

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestBegin wants windows that begin with a token, once, and have the text that
// they have without it, but for the room of that token.
func TestBegin(t *testing.T) {
	bos := -1 // which numbers puts before a text by itself
	with := Reading{Begin: &bos}
	const seqlen = 5
	text := put(t, "a.txt", spell(count(0, 43)))

	windows, err := Evaluation(text, numbers{}, seqlen, 0, with)
	if err != nil || len(windows) != 43/(seqlen-1) {
		t.Fatalf("%d windows, %v", len(windows), err)
	}
	for i, w := range windows {
		if want := append([]int{bos}, count(i*(seqlen-1), seqlen-1)...); !slices.Equal(w, want) {
			t.Errorf("window %d is %v, want %v", i, w, want)
		}
	}
	if some, err := Evaluation(text, numbers{}, seqlen, 3, with); err != nil || len(some) != 3 || !slices.Equal(some[2], windows[2]) {
		t.Errorf("of three windows: %v, %v", some, err)
	}

	// One of letters, which has none, is drawn from the same places.
	alphabet := "abcdefghijklmnopqrstuvwxyz"
	draw := func(name, text string, tok Encoder, o Options) [][]int {
		t.Helper()
		o.Samples, o.Seed = 7, 5
		rows, err := Calibration(put(t, name, text), tok, o)
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	shorter := draw("b.txt", alphabet, letters{}, Options{SeqLen: seqlen - 1})
	for i, row := range draw("b.txt", alphabet, letters{}, Options{SeqLen: seqlen, Reading: with}) {
		if !slices.Equal(row, append([]int{bos}, shorter[i]...)) {
			t.Errorf("sample %d is %v, want %v and the token before it", i, row, shorter[i])
		}
	}
	for _, name := range []string{"c.txt", "c.jsonl"} {
		content := spell(count(0, 20))
		if strings.HasSuffix(name, "l") {
			content = fmt.Sprintf("%q\n%q\n", content, spell(count(100, 4)))
		}
		for _, row := range draw(name, content, numbers{}, Options{SeqLen: seqlen, Reading: with}) {
			if len(row) != seqlen || row[0] != bos || !slices.Equal(row[1:], count(row[1], seqlen-1)) {
				t.Errorf("%s: a sample is %v", name, row)
			}
		}
	}

	// A document that fills its window exactly is too short for a random one, with
	// the token as without.
	_, err = Calibration(put(t, "d.jsonl", fmt.Sprintf("%q", spell(count(0, seqlen-1)))), numbers{}, Options{Samples: 1, SeqLen: seqlen, Reading: with})
	checkError(t, "short", err, "more than 4 tokens")

	// Rows are as they are.
	rows := draw("e.rows.json", "[[1,2,3,4,5,6]]", nil, Options{SeqLen: seqlen, Reading: with})
	if len(rows) != 1 || !slices.Equal(rows[0], []int{1, 2, 3, 4, 5}) {
		t.Errorf("rows: %v", rows)
	}
}

// TestBeginPacked wants each token of packed documents once, and the token at the
// beginning of a window only where a document does not bring it.
func TestBeginPacked(t *testing.T) {
	bos := -1
	o := Options{Samples: 9, SeqLen: 4, Pack: true, End: 7777, Reading: Reading{Begin: &bos}}
	got, err := Calibration(put(t, "a.jsonl", fmt.Sprintf("%q\n%q\n", "1 2", "1 2 ")), numbers{}, o)
	if want := [][]int{{-1, 1, 2, 7777}, {-1, 1, 2, 7777}}; err != nil || !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("%v, %v", got, err)
	}
	o.SeqLen = 3
	got, err = Calibration(put(t, "a.jsonl", fmt.Sprintf("%q\n%q\n", "1 2", "1 2 ")), numbers{}, o)
	// -1 1 2 | 7777 -1 | 1 2 | 7777, which is too few
	if want := [][]int{{-1, 1, 2}, {-1, 7777, -1}, {-1, 1, 2}}; err != nil || !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("%v, %v", got, err)
	}
}
