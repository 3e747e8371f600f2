package tokenizer

import (
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
)

// pieceFile can name the output of a longer run of testdata/make_sentencepiece.py.
var pieceFile = flag.String("sentencepiece", "testdata/sentencepiece.json", "models of SentencePiece and what it makes of texts")

// pieceCases is what testdata/make_sentencepiece.py writes.
type pieceCases struct {
	Texts  []string
	Models []struct {
		Name  string
		Model []byte
		IDs   [][]int
	}
}

func readPieceCases(t testing.TB) pieceCases {
	t.Helper()
	data, err := os.ReadFile(*pieceFile)
	if err != nil {
		t.Fatal(err)
	}
	var c pieceCases
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// charsMapOf returns the precompiled_charsmap of a model of that name.
func charsMapOf(t testing.TB, name string) (chars []byte) {
	t.Helper()
	for _, m := range readPieceCases(t).Models {
		if m.Name != name {
			continue
		}
		err := eachField(m.Model, func(f protoField) error {
			if f.number != 3 {
				return nil
			}
			return eachField(f.data, func(f protoField) error {
				if f.number == 2 {
					chars = f.data
				}
				return nil
			})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return chars
}

// TestSentencePiece compares ids with those of SentencePiece itself, which
// knows no special tokens in a text.
func TestSentencePiece(t *testing.T) {
	c := readPieceCases(t)
	for _, m := range c.Models {
		t.Run(m.Name, func(t *testing.T) {
			tok, err := parseSentencePiece(m.Model, settings{})
			if err != nil {
				t.Fatal(err)
			}
			for i, text := range c.Texts {
				for range 2 { // the second time from memory
					wantIDs(t, tok, text, true, m.IDs[i])
				}
			}
		})
	}
}

// TestPieceFolders compares folders without a tokenizer.json with transformers.
func TestPieceFolders(t *testing.T) {
	var c struct {
		Model   []byte
		Texts   []string
		Folders []struct {
			Config json.RawMessage
			IDs    [][]int
		}
	}
	if err := json.Unmarshal([]byte(readFile(t, "testdata/llama-pieces.json")), &c); err != nil {
		t.Fatal(err)
	}
	for _, f := range c.Folders {
		tok, err := Open(folder(t, map[string]string{"tokenizer.model": string(c.Model), "tokenizer_config.json": string(f.Config)}))
		if err != nil {
			t.Fatal(err)
		}
		for i, text := range c.Texts {
			if got, err := tok.Encode(text, true); err != nil || !slices.Equal(got, f.IDs[i]) {
				t.Errorf("%s: Encode(%q) = %v, %v, want %v", f.Config, text, got, err, f.IDs[i])
			}
		}
	}
	tok, err := Open(folder(t, map[string]string{"tokenizer.model": string(c.Model)}))
	if err != nil {
		t.Fatal(err)
	}
	const text = "on  the é日 🙂"
	ids, err := tok.Encode(text, false)
	if got := tok.Decode(ids); err != nil || got != text {
		t.Errorf("Decode(Encode(%q)) = %q, %v", text, got, err)
	}

	piece := func(text string, kind byte) string {
		return string([]byte{10, byte(len(text) + 4), 10, byte(len(text))}) + text + string([]byte{24, kind})
	}
	unk := piece("<unk>", 2)
	for data, want := range map[string]string{
		"":                 "it holds no pieces",
		"IQ== 0\nIg== 1\n": "it is a vocabulary of tiktoken; AutoTokenizer.from_pretrained", // LLaMA 3's
		"version https://git-lfs.github.com/spec/v1\n":                "tokenizer.model only says where Git LFS has its contents",
		unk + piece("<unk>", 1):                                       `piece 1, "<unk>", is empty, there twice or not UTF-8`,
		piece("a", 1):                                                 "it has no unknown piece",
		unk + piece("u", 2):                                           "it has two unknown pieces",
		unk + piece("a", 9):                                           "of the kind 9",
		unk + piece("a", 6):                                           `the piece "a" is no byte`,
		unk + piece("a", 5) + "\x12\x02\x18\x02":                      "the unused piece",
		unk + "\x12\x02\x18\x03":                                      "whole words or characters",
		unk + "\x12\x03\xc0\x01\x01":                                  "spaces after words",
		unk + "\x12\x03\x98\x02\x01":                                  "no piece for the byte 0x00",
		unk + "\x1a\x04\x12\x02ab":                                    "precompiled_charsmap is damaged",
		unk + "\x1a\x0a\x12\x08\xff\xff\xff\xff0000":                  "precompiled_charsmap is damaged",
		unk + piece(strings.Repeat("a", 100), 1)[:90]:                 "it is no protocol buffer",
		unk + "\x0a\x0c\x0a\x01a\x15\x00\x00\xc0\x7f\x18\x01\x18\x01": "is not finite",
	} {
		_, err := Open(folder(t, map[string]string{"tokenizer.model": data}))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "tokenizer.model") {
			t.Errorf("%q: the error is %v, want %q in it", data, err, want)
		}
	}
	_, err = Open(folder(t, map[string]string{"tokenizer.model": string(c.Model), "tokenizer_config.json": `{"tokenizer_class":"Qwen2Tokenizer"}`}))
	if err == nil || !strings.Contains(err.Error(), "Qwen2Tokenizer without a tokenizer.json") {
		t.Errorf("of another class: %v", err)
	}
}

// TestConverted compares folders of classes that convert a model of SentencePiece
// with transformers 4.45.1.
func TestConverted(t *testing.T) {
	var c struct {
		Models  map[string][]byte
		Texts   []string
		Folders []struct {
			Model, File   string
			Config        json.RawMessage
			IDs           [][]int
			Before, After []int
		}
	}
	if err := json.Unmarshal([]byte(readFile(t, "testdata/pieces.json")), &c); err != nil {
		t.Fatal(err)
	}
	for _, m := range readPieceCases(t).Models {
		c.Models[m.Name] = m.Model
	}
	for _, f := range c.Folders {
		t.Run(f.Model+" "+string(f.Config), func(t *testing.T) {
			tok, err := Open(folder(t, map[string]string{f.File: string(c.Models[f.Model]), "tokenizer_config.json": string(f.Config)}))
			if err != nil {
				t.Fatal(err)
			}
			for i, text := range c.Texts {
				wantIDs(t, tok, text, false, f.IDs[i])
				wantIDs(t, tok, text, true, slices.Concat(f.Before, f.IDs[i], f.After))
			}
		})
	}
}

// FuzzSentencePiece wants no panic from a model, nor from what it makes of a
// text, and ids that are in it.
func FuzzSentencePiece(f *testing.F) {
	for _, m := range readPieceCases(f).Models {
		if len(m.Model) < 1<<14 {
			f.Add(m.Model, "the sep▁o日本  ab\t1")
		}
	}
	// Small models leave more to the fuzzer: BPE, and a unigram model with a map
	// of characters.
	f.Add([]byte("\x0a\x07\x0a\x03unk\x18\x02\x0a\x08\x0a\x01a\x15\x00\x00\x00\x00\x0a\x09\x0a\x02aa\x15\x00\x00\x00\x00\x12\x02\x18\x02"), "aaa b")
	f.Add([]byte("\x0a\x07\x0a\x03unk\x18\x02\x0a\x08\x0a\x01a\x15\x00\x00\x00\x00\x1a\x10\x12\x0e\x08\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00b\x00"), "aaa b")
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		for _, class := range []string{"", "LlamaTokenizer", "GemmaTokenizer", "T5Tokenizer"} {
			s, err := settingsOf(func(name string, v any) error {
				if name != "tokenizer_config.json" {
					return nil
				}
				return json.Unmarshal([]byte(`{"tokenizer_class":"`+class+`","legacy":false}`), v)
			})
			if err != nil {
				t.Fatal(err)
			}
			tok, err := parseSentencePiece(data, s)
			if err != nil {
				continue
			}
			ids, err := tok.Encode(text, true)
			if err != nil {
				continue
			}
			for _, id := range ids {
				if id < 0 || id >= vocabSize(tok) {
					t.Fatalf("%s: Encode(%q) gives the id %d of %d", class, text, id, vocabSize(tok))
				}
			}
			_ = tok.Decode(ids)
		}
	})
}
