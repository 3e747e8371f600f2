package placeholder

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// Head is how many of a file's first bytes Check looks at.
const Head = 512

const (
	lfs     = "version https://git-lfs.github.com/spec/"
	utf8BOM = "\xef\xbb\xbf"
)

// Markup says what a file that should hold text (JSON, a vocabulary) holds
// instead, by its first bytes, to follow the file's name in a sentence: "only
// says where Git LFS has its contents: …"; nil if it may be what it should.
func Markup(head []byte) error {
	head = head[:min(len(head), Head)]
	if bytes.HasPrefix(head, []byte(lfs)) {
		return fmt.Errorf("only says where Git LFS has its contents: fetch them with git lfs pull")
	}
	start := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte(utf8BOM)), " \t\r\n"))
	for _, tag := range []string{"<!doctype html", "<html", "<?xml", "<head", "<error>"} {
		if bytes.HasPrefix(start, []byte(tag)) {
			return fmt.Errorf("is a web page saved in its place: download the file itself (of the Hugging Face hub from …/resolve/main/…, not …/blob/main/…)")
		}
	}
	return nil
}

// Binary is Markup for a file of size bytes that should hold no text, such as
// weights: it finds a short text of any kind, too, which it quotes.
func Binary(head []byte, size int64) error {
	if err := Markup(head); err != nil {
		return err
	}
	const short = 256
	if size < 8 || size > short || int64(len(head)) < size {
		return nil
	}
	text := bytes.TrimSpace(head[:size])
	if len(text) == 0 || !utf8.Valid(text) {
		return nil
	}
	for _, r := range string(text) {
		if r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0x7f {
			return nil
		}
	}
	return fmt.Errorf("holds nothing but the text %q: download it again", bytes.Join(bytes.Fields(text), []byte(" ")))
}
