package tokenizer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

// micro returns a byte-level tokenizer that is part of the repository.
func micro(t testing.TB) *Tokenizer {
	t.Helper()
	tok, err := parse([]byte(readFile(t, microJSON)), settings{})
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// vocabSize returns one more than the largest id that Encode can give.
func vocabSize(t *Tokenizer) int {
	size := 0
	switch m := t.model.(type) {
	case *bpe:
		size = m.largest + 1
	default:
		size = m.count()
	}
	for id := range t.added.byID {
		size = max(size, id+1)
	}
	return size
}

// TestRealText encodes WikiText-2's test split, of which the number of ids and
// the hash of their list are Hugging Face's.
func TestRealText(t *testing.T) {
	data, err := os.ReadFile(needShared(t, "data", "wt2.test.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		folder, name string
		count        int
		hash         string
	}{
		{"tokenizers", "smollm2", 312144, "7818fd0cbc6a4a46eba9917ec8b5b72c594ac9c546efa210334b5da365f051d2"},
		{"tokenizers", "llama2", 324152, "5fa5e3d7f28a6cd4f355255a09c9d45d8645333023c99d730743b606ab2b15dc"},
		{"tokenizers", "opt", 295878, "6d60d4b841fb3de55b8afd82a36e1644bac50a4b05c20ce54f527eb53d51d67f"},
		{"models", "opt-tiny-4m", 365332, "d2b50d3a122843847e33def0ad61ea6e05978372257a7bb18c81451bf4893b2a"},
	} {
		tok, err := Open(needShared(t, c.folder, c.name))
		if err != nil {
			t.Fatal(err)
		}
		ids, err := tok.Encode(string(data), true)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(fmt.Sprint(ids)))
		if hash := hex.EncodeToString(sum[:]); len(ids) != c.count || hash != c.hash {
			t.Errorf("%s gives %d ids with hash %s, want %d with %s", c.name, len(ids), hash, c.count, c.hash)
		}
	}
}

// TestConcurrent encodes with one tokenizer in many goroutines.
func TestConcurrent(t *testing.T) {
	tok := micro(t)
	text := strings.Repeat("Pruning sets weights to zero; the others repair what it cost. ", 20)
	want, err := tok.Encode(text, true)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 20 {
				other := strings.Repeat(string(rune('a'+i))+string(rune('a'+j)), 5)
				if _, err := tok.Encode(other, false); err != nil {
					t.Error(err)
				}
				if got, err := tok.Encode(text, true); err != nil || !slices.Equal(got, want) {
					t.Errorf("goroutine %d gets %v, %v", i, got, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestNotUTF8(t *testing.T) {
	for s, at := range map[string]int{"\xff": 0, "ab\xe2\x82": 2, "日\xc0\x80": 3} {
		ids, err := micro(t).Encode(s, true)
		if want := fmt.Sprintf("tokenizer: the text is not UTF-8 at byte %d", at); ids != nil || err == nil || err.Error() != want {
			t.Errorf("Encode(%q) = %v, %v, want %s", s, ids, err, want)
		}
	}
	if s := micro(t).Decode([]int{-1, 1 << 40, 512, 68}); s != "a" {
		t.Errorf("ids outside the vocabulary decode to %q, want \"a\"", s)
	}
}

// TestGrowth wants normalizers that multiply the text to be stopped.
func TestGrowth(t *testing.T) {
	double := `{"type":"Replace","pattern":{"String":"a"},"content":"aa"}`
	file := `{"version":"1.0","normalizer":{"type":"Sequence","normalizers":[` + double + strings.Repeat(","+double, 39) +
		`]},"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}`
	tok, err := parse([]byte(file), settings{})
	if err != nil {
		t.Fatal(err)
	}
	if ids, err := tok.Encode("banana", false); err == nil {
		t.Errorf("%d ids and no error", len(ids))
	}
	if ids, err := tok.Encode("bnn", false); err != nil || len(ids) != 0 {
		t.Errorf("%v, %v", ids, err)
	}
}

// FuzzEncode wants byte-level tokenizers to give the text back, ids in range,
// and the same ids the second time, when words are remembered.
func FuzzEncode(f *testing.F) {
	c, files := readCases(f, "testdata/cases.json")
	byteLevel := map[string]*Tokenizer{"micro": micro(f)}
	for i, k := range c.Cases {
		switch k.Name {
		case "smollm2", "llama3", "o200k", "pattern of several", "split at spaces, Contiguous, false":
			tok, err := parse(files[i], settings{})
			if err != nil {
				f.Fatal(err)
			}
			byteLevel[k.Name] = tok
		}
	}
	for _, x := range c.Cases[0].Texts {
		f.Add(x.Text)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, tok := range byteLevel {
			ids, err := tok.Encode(s, true)
			if (err == nil) != utf8.ValidString(s) {
				t.Fatalf("%s: Encode(%q): %v", name, s, err)
			}
			if err != nil {
				continue
			}
			for _, id := range ids {
				if id < 0 || id >= vocabSize(tok) && id < 900 {
					t.Fatalf("%s: Encode(%q) gives the id %d of %d", name, s, id, vocabSize(tok))
				}
			}
			ids, err = tok.Encode(s, false)
			if got := tok.Decode(ids); err != nil || got != s {
				t.Fatalf("%s: Decode(Encode(%q)) = %q, %v", name, s, got, err)
			}
		}
	})
}

// FuzzParse wants no panic from a tokenizer.json, nor from what it makes of a
// text.
func FuzzParse(f *testing.F) {
	c, _ := readCases(f, "testdata/cases.json")
	// Small vocabularies leave more to the fuzzer.
	small := map[string]json.RawMessage{
		"vocab":  json.RawMessage(`{"a":0,"b":1,"ab":2,"<s>":3,"Ġ":4,"Ġa":5,"▁":6,"▁a":7,"<unk>":8,"<0x41>":9}`),
		"merges": json.RawMessage(`[["a","b"],["Ġ","a"],["▁","a"]]`),
	}
	for i := range c.Cases {
		f.Add(c.file(f, i, small), "ab  a<s>\n 1é")
	}
	c, _ = readCases(f, "testdata/unigram.json")
	small = map[string]json.RawMessage{"vocab": json.RawMessage(`[["<unk>",0],["<s>",0],["a",-1.5],["ab",-1e300],["▁",-2],["▁a",1e308],["<0x41>",0],["é",-3]]`)}
	for i := range c.Cases {
		file := bytes.ReplaceAll(c.file(f, i, small), []byte("@nmt_nfkc"), []byte("@rules")) // the smaller one
		f.Add(charsMaps(f, file), "ab  a<s>\n 1é\u0301\r\n①")
	}
	f.Fuzz(func(t *testing.T, file []byte, text string) {
		tok, err := parse(file, settings{})
		if err != nil {
			return
		}
		ids, err := tok.Encode(text, true)
		if err != nil {
			return
		}
		for _, id := range ids {
			if id < 0 {
				t.Fatalf("the id %d", id)
			}
		}
		_ = tok.Decode(ids)
	})
}
