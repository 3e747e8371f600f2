package generate

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"sparsellm/tokenizer"
)

// TestText checks that pieces are whole characters and add up to the text.
func TestText(t *testing.T) {
	for _, dir := range []string{"../testdata/llama-micro", "../testdata/opt-micro"} {
		tok, err := tokenizer.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		const want = "Once upon a time, añO 漢字 🙂🙃 — two  spaces.\n\nEnd"
		ids, err := tok.Encode(want, false)
		if err != nil {
			t.Fatal(err)
		}
		for cut := range len(ids) {
			text := NewText(tok, ids[:cut], nil)
			got := ""
			for _, id := range ids[cut:] {
				piece, stopped := text.Add(id)
				if got += piece; stopped || got != piece && strings.ContainsRune(piece, utf8.RuneError) {
					t.Errorf("%s: the piece %q, %v", dir, piece, stopped)
				}
			}
			got += text.Rest()
			whole := tok.Decode(ids[:cut])
			rest := strings.ToValidUTF8(want[len(whole):], string(utf8.RuneError)) // perhaps of a character's end
			if got != rest {
				t.Errorf("%s: after %d tokens %q, want %q", dir, cut, got, rest)
			}
		}
	}
}

// letters decodes id as the letter a+id; 26 is special, 27 and 28 are the halves
// of é.
type letters struct{}

func (letters) Decode(ids []int) string {
	var b strings.Builder
	for _, id := range ids {
		switch {
		case id < 26:
			b.WriteByte(byte('a' + id))
		case id == 27:
			b.WriteByte(0xC3)
		case id == 28:
			b.WriteByte(0xA9)
		}
	}
	return b.String()
}

func (letters) Special(id int) bool { return id == 26 }

// TestStops compares with a search in the whole text.
func TestStops(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 3000 {
		stops := make([]string, rng.IntN(3))
		for i := range stops {
			for range rng.IntN(4) {
				stops[i] += string(rune('a' + rng.IntN(2)))
			}
		}
		text := NewText(letters{}, nil, stops)
		var ids []int
		got, stopped := "", false
		for range 12 {
			id := []int{0, 1, 0, 1, 26, 27, 28}[rng.IntN(7)]
			ids = append(ids, id)
			var piece string
			piece, stopped = text.Add(id)
			if got += piece; stopped {
				break
			}
		}
		if !stopped {
			got += text.Rest()
		}
		want, end := strings.ToValidUTF8(letters{}.Decode(ids), "\uFFFD"), -1
		for _, s := range stops {
			if i := strings.Index(want, s); s != "" && i >= 0 && (end < 0 || i < end) {
				end = i
			}
		}
		if end >= 0 {
			want = want[:end]
		}
		if stopped && end < 0 || !same(got, want) {
			t.Fatalf("%v with the stops %q: %q, want %q", ids, stops, got, want)
		}
	}
}

// same compares texts but for how many U+FFFD stand for a run of broken bytes.
func same(a, b string) bool {
	squeeze := func(s string) string {
		for strings.Contains(s, "\uFFFD\uFFFD") {
			s = strings.ReplaceAll(s, "\uFFFD\uFFFD", "\uFFFD")
		}
		return s
	}
	return squeeze(a) == squeeze(b)
}
