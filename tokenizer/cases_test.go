package tokenizer

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"slices"
	"testing"
	"unicode"

	textunicode "golang.org/x/text/encoding/unicode"
)

// utf8Only puts a U+FFFD for each longest part of a text that is not UTF-8.
var utf8Only = textunicode.UTF8.NewDecoder()

// casesFile can name the output of a longer run of testdata/make_cases.py.
var casesFile = flag.String("cases", "testdata/cases.json", "tokenizers and what Hugging Face's library makes of texts")

// cases is what testdata/make_cases.py writes, and testdata/make_unigram.py.
type cases struct {
	Unicode *struct{ Classes, Numeric, NFC string }
	Hashes  map[string]string
	Models  map[string]map[string]json.RawMessage
	Cases   []struct {
		Name    string
		Model   string
		Options map[string]json.RawMessage
		File    map[string]json.RawMessage
		Texts   []struct {
			Text               string
			IDs, Before, After []int
			Decoded            string
		}
	}
}

// readCases reads the cases, with the tokenizer.json of each.
func readCases(t testing.TB, path string) (c cases, files [][]byte) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	for i := range c.Cases {
		files = append(files, c.file(t, i, c.Models[c.Cases[i].Model]))
	}
	return c, files
}

// file returns the tokenizer.json of case i with the given vocabulary and
// merges.
func (c cases) file(t testing.TB, i int, vocabulary map[string]json.RawMessage) []byte {
	t.Helper()
	k := c.Cases[i]
	model := map[string]json.RawMessage{"type": json.RawMessage(`"BPE"`)}
	maps.Copy(model, vocabulary)
	maps.Copy(model, k.Options)
	var err error
	if k.File["model"], err = json.Marshal(model); err != nil {
		t.Fatal(err)
	}
	file, err := json.Marshal(k.File)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// charsMaps puts the maps of characters of models of SentencePiece where a file
// names them.
func charsMaps(t testing.TB, file []byte) []byte {
	t.Helper()
	for name, from := range map[string]string{"@nmt_nfkc": "unigram with nmt_nfkc", "@rules": "unigram across words"} {
		if bytes.Contains(file, []byte(name)) {
			file = bytes.ReplaceAll(file, []byte(name), []byte(base64.StdEncoding.EncodeToString(charsMapOf(t, from))))
		}
	}
	return file
}

func TestCases(t *testing.T) { testCases(t, *casesFile) }

// TestUnigramCases compares unigram models, and normalizers that go with them.
func TestUnigramCases(t *testing.T) { testCases(t, "testdata/unigram.json") }

func testCases(t *testing.T, path string) {
	c, files := readCases(t, path)
	for i, k := range c.Cases {
		t.Run(k.Name, func(t *testing.T) {
			tok, err := parse(charsMaps(t, files[i]), settings{})
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range k.Texts {
				wantIDs(t, tok, x.Text, false, x.IDs)
				wantIDs(t, tok, x.Text, true, slices.Concat(x.Before, x.IDs, x.After))
				// Hugging Face's decoder replaces what is not UTF-8.
				if got, _ := utf8Only.String(tok.Decode(x.IDs)); got != x.Decoded {
					t.Errorf("Decode(%v) = %q, want %q", x.IDs, got, x.Decoded)
				}
			}
		})
	}
}

// TestUnicode compares the classes of all code points with those of the
// libraries under Hugging Face's tokenizers.
func TestUnicode(t *testing.T) {
	c, _ := readCases(t, "testdata/cases.json")
	var classes, numeric, forms []byte
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if r >= 0xD800 && r < 0xE000 {
			continue
		}
		classes = append(classes, "-LNs"[classOf(r)])
		numeric = append(numeric, '-')
		if unicode.IsNumber(r) {
			numeric[len(numeric)-1] = 'N'
		}
		for _, s := range []string{string(r), "a" + string(r), string(r) + "\u0301"} {
			budget := 100
			s, err := nfc.normalize(s, &budget)
			if err != nil {
				t.Fatal(err)
			}
			forms = append(forms, s...)
		}
	}
	for _, x := range []struct {
		name, want string
		got        []byte
	}{
		{"classes", c.Unicode.Classes, classes},
		{"numeric characters", c.Unicode.Numeric, numeric},
		{"normal forms", c.Unicode.NFC, forms},
	} {
		if sum := sha256.Sum256(x.got); hex.EncodeToString(sum[:]) != x.want {
			t.Errorf("the %s of Unicode %s are not Hugging Face's", x.name, unicode.Version)
		}
	}
}
