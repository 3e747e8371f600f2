package tokenizer

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// precompiled is the Precompiled normalizer: the map of characters of a model of
// SentencePiece as Hugging Face's tokenizers apply it, which is not as
// SentencePiece does. What a reader sees as one character, a grapheme cluster
// (Unicode Standard Annex 29), becomes, if it is short and the map has the start
// of it, what the shortest such start becomes, and the rest of it is dropped;
// else each of its characters is looked up.
type precompiled struct {
	chars charsMap
	plain [utf8.RuneSelf]bool // ASCII characters that stay as they are
}

// longestCluster is the most bytes of a cluster that is looked up as a whole.
const longestCluster = 5

// readPrecompiled reads a Precompiled.
func readPrecompiled(raw json.RawMessage) (normalizer, error) {
	const kind, typ = "normalizer", "Precompiled"
	var c struct {
		Map []byte `json:"precompiled_charsmap"`
	}
	if err := readComponent(kind, typ, raw, &c); err != nil {
		return nil, err
	}
	chars, err := readCharsMap(c.Map)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %s %s: %w", kind, typ, err)
	}
	return newPrecompiled(chars), nil
}

func newPrecompiled(chars charsMap) *precompiled {
	p := &precompiled{chars: chars}
	for c := range p.plain {
		_, size := p.chars.match(string(rune(c)), true)
		p.plain[c] = size == 0
	}
	return p
}

func (p *precompiled) normalize(s string, budget *int) (string, error) {
	var b strings.Builder
	done := 0 // s[:done] has been written
	put := func(from, to int, text string) error {
		if err := spend(budget, from-done+len(text)); err != nil {
			return err
		}
		b.WriteString(s[done:from])
		b.WriteString(text)
		done = to
		return nil
	}
	for i := 0; i < len(s); {
		n := 1
		if !aloneASCII(s[i:]) {
			cluster, _, _, _ := uniseg.FirstGraphemeClusterInString(s[i:], -1)
			n = len(cluster)
		} else if p.plain[s[i]] {
			i++
			continue
		}
		end := i + n
		if n <= longestCluster {
			if text, size := p.chars.match(s[i:end], true); size > 0 {
				if err := put(i, end, text); err != nil {
					return "", err
				}
				i = end
				continue
			}
		}
		for i < end {
			_, n := utf8.DecodeRuneInString(s[i:])
			if text, size := p.chars.match(s[i:i+n], true); size > 0 {
				if err := put(i, i+n, text); err != nil {
					return "", err
				}
			}
			i += n
		}
	}
	if done == 0 && b.Len() == 0 {
		return s, nil
	}
	return b.String() + s[done:], nil
}

// aloneASCII says whether s begins with an ASCII character that is a cluster of
// its own, as far as one byte more tells.
func aloneASCII(s string) bool {
	if s[0] >= utf8.RuneSelf {
		return false
	}
	return len(s) == 1 || s[1] < utf8.RuneSelf && (s[0] != '\r' || s[1] != '\n')
}
