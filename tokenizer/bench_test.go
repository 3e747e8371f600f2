package tokenizer

import (
	"os"
	"strings"
	"testing"
)

// BenchmarkEncode encodes WikiText-2's test split, and, so that remembered
// words do not help, a text whose words are all different.
func BenchmarkEncode(b *testing.B) {
	data, err := os.ReadFile(needShared(b, "data", "wt2.test.txt"))
	if err != nil {
		b.Fatal(err)
	}
	var hard strings.Builder
	x := uint32(1)
	for hard.Len() < 1<<20 {
		hard.WriteByte(' ')
		for range 3 + x>>5%8 {
			x = x*1664525 + 1013904223
			hard.WriteByte('a' + byte(x>>24%26))
		}
	}
	for _, name := range []string{"opt", "smollm2", "llama2"} {
		tok, err := Open(needShared(b, "tokenizers", name))
		if err != nil {
			b.Fatal(err)
		}
		for _, text := range []struct{ name, text string }{{"wikitext", string(data)}, {"random", hard.String()}} {
			b.Run(name+"/"+text.name, func(b *testing.B) {
				b.SetBytes(int64(len(text.text)))
				b.ReportAllocs()
				for b.Loop() {
					// A tokenizer that has not seen the words yet.
					tok.encoders.New = nil
					for tok.encoders.Get() != nil {
					}
					if _, err := tok.Encode(text.text, true); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
