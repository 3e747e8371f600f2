package tokenizer

import (
	"fmt"
	"strings"
	"sync"
)

// byteAlphabet returns the character that stands for each byte in byte-level
// vocabularies (Radford et al. 2019): a printable Latin-1 character for
// itself, the others for U+0100 and up in order.
var byteAlphabet = sync.OnceValue(func() *[256]rune {
	var chars [256]rune
	next := rune(256)
	for b := range chars {
		if b >= '!' && b <= '~' || b >= 0xA1 && b != 0xAD {
			chars[b] = rune(b)
		} else {
			chars[b] = next
			next++
		}
	}
	return &chars
})

// alphabetBytes returns the inverse of byteAlphabet.
var alphabetBytes = sync.OnceValue(func() map[rune]byte {
	bytes := make(map[rune]byte, 256)
	for b, r := range byteAlphabet() {
		bytes[r] = byte(b)
	}
	return bytes
})

// byteToken returns the token of a byte in vocabularies with byte fallback.
func byteToken(b int) string { return fmt.Sprintf("<0x%02X>", b) }

// toBytes returns the bytes that a byte-level token stands for; ok is false if
// one of its characters stands for none.
func toBytes(token string) (s string, ok bool) {
	var b strings.Builder
	alphabet := alphabetBytes()
	for _, r := range token {
		c, ok := alphabet[r]
		if !ok {
			return "", false
		}
		b.WriteByte(c)
	}
	return b.String(), true
}
