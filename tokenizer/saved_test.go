package tokenizer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/rangetable"
)

// saved is what testdata/make_saved.py writes, and, with what is put around
// every text instead of Special, make_classes.py.
type saved struct {
	Version string
	Unicode map[string]string
	Texts   []string
	Folders []struct {
		Name, Model, Class string
		Files              map[string]json.RawMessage
		IDs, Special       [][]int
		Before, After      []int
	}
}

// readSaved reads what each version of transformers has written.
func readSaved(t *testing.T) []saved {
	t.Helper()
	var all []saved
	for _, name := range []string{"saved-4.45.1", "saved-5.24.0", "classes-4.45.1", "classes-5.24.0"} {
		data, err := os.ReadFile("testdata/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var s saved
		if err := json.Unmarshal(data, &s); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

// TestSaved reads tokenizers as versions of transformers save them and compares
// with the ids that the version gives.
func TestSaved(t *testing.T) {
	c, _ := readCases(t, "testdata/cases.json")
	for _, s := range readSaved(t) {
		for _, f := range s.Folders {
			t.Run(s.Version+" "+f.Name+" "+f.Class, func(t *testing.T) {
				tok, err := Open(saveFolder(t, f.Files, c.Models[f.Model]))
				if err != nil {
					t.Fatal(err)
				}
				for i, text := range s.Texts {
					special := slices.Concat(f.Before, f.IDs[i], f.After)
					if f.Special != nil {
						special = f.Special[i]
					}
					wantIDs(t, tok, text, false, f.IDs[i])
					wantIDs(t, tok, text, true, special)
				}
			})
		}
	}
}

// TestUnicodeNormalizers compares what normalizers make of each code point, and
// which are punctuation.
func TestUnicodeNormalizers(t *testing.T) {
	got := map[string][]byte{}
	for name, n := range map[string]normalizer{"NFD": nfd, "NFKC": nfkc, "NFKD": nfkd, "Lowercase": rewrite(lowercase)} {
		for r := range usedRunes {
			for _, s := range []string{string(r), "a" + string(r), string(r) + "\u0301"} {
				budget := 100
				s, err := n.normalize(s, &budget)
				if err != nil {
					t.Fatal(err)
				}
				got[name] = append(got[name], s...)
			}
		}
	}
	for r := range usedRunes {
		c := byte('-')
		if isPunctuation(r) {
			c = 'P'
		}
		got["Punctuation"] = append(got["Punctuation"], c)
	}
	for _, s := range readSaved(t) {
		for name, want := range s.Unicode {
			if name == "Lowercase" && s.Version != "4.45.1" {
				continue // small letters of Unicode 16 and 17
			}
			if sum := sha256.Sum256(got[name]); hex.EncodeToString(sum[:]) != want {
				t.Errorf("%s of Unicode %s is not that of transformers %s", name, unicode.Version, s.Version)
			}
		}
	}
}

// TestUnigramNormalizers compares what normalizers that go with unigram models
// make of each code point that Unicode 14 assigns, and of it among others.
func TestUnigramNormalizers(t *testing.T) {
	chars, err := readCharsMap(charsMapOf(t, "unigram with nmt_nfkc"))
	if err != nil {
		t.Fatal(err)
	}
	c, _ := readCases(t, "testdata/unigram.json")
	assigned := rangetable.Assigned("15.0.0")
	for name, n := range map[string]normalizer{"StripAccents": rewrite(stripAccents), "Nmt": rewrite(nmt), "Precompiled": newPrecompiled(chars)} {
		var got []byte
		for r := range usedRunes {
			if !unicode.Is(assigned, r) || unicode.Is(afterUnicode14, r) {
				continue
			}
			for _, s := range []string{string(r), "a" + string(r), string(r) + "\u0301", "e\u0301" + string(r), string(r) + "\u200d①"} {
				budget := 1000
				s, err := n.normalize(s, &budget)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, s...)
			}
		}
		if sum := sha256.Sum256(got); hex.EncodeToString(sum[:]) != c.Hashes[name] {
			t.Errorf("%s is not that of Hugging Face's tokenizers", name)
		}
	}
}

// usedRunes yields every code point of the planes in use but surrogates.
func usedRunes(yield func(rune) bool) {
	for _, part := range [][2]rune{{0, 0xD800}, {0xE000, 0x32400}, {0xE0000, 0xE0200}} {
		for r := part[0]; r < part[1]; r++ {
			if !yield(r) {
				return
			}
		}
	}
}

// saveFolder writes the files of a saved tokenizer with its vocabulary: in its
// tokenizer.json, or, if it has none, in a vocab.json and a merges.txt.
func saveFolder(t *testing.T, files, vocabulary map[string]json.RawMessage) string {
	t.Helper()
	all := map[string]string{}
	for name, content := range files {
		all[name] = string(content)
	}
	if raw, ok := files["tokenizer.json"]; ok {
		var file, model map[string]json.RawMessage
		err := json.Unmarshal(raw, &file)
		if err == nil {
			err = json.Unmarshal(file["model"], &model)
		}
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(model, vocabulary)
		if file["model"], err = json.Marshal(model); err != nil {
			t.Fatal(err)
		}
		if raw, err = json.Marshal(file); err != nil {
			t.Fatal(err)
		}
		all["tokenizer.json"] = string(raw)
	} else {
		all["vocab.json"], all["merges.txt"] = string(vocabulary["vocab"]), mergeLines(t, vocabulary["merges"])
	}
	return folder(t, all)
}

// mergeLines returns merges as a merges.txt has them.
func mergeLines(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	var merges [][2]string
	if err := json.Unmarshal(raw, &merges); err != nil {
		t.Fatal(err)
	}
	lines := "#version: 0.2\n"
	for _, m := range merges {
		lines += m[0] + " " + m[1] + "\n"
	}
	return lines
}
