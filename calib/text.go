package calib

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// mostText is the most bytes that a text may have: without a bound a small
// packed file could ask for all memory.
const mostText = 8 << 30

// readText returns the text of a file. Its line ends are read as Python's open
// reads them, \r\n and \r being \n, so that one text is the same tokens whatever
// system wrote it.
func readText(path string) (string, error) {
	in, err := openInput(path)
	if err != nil {
		return "", err
	}
	defer in.Close()
	data, err := io.ReadAll(io.LimitReader(in, mostText+1))
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, readError(err))
	}
	if len(data) > mostText {
		return "", fmt.Errorf("%s has more than %d GiB of text", path, mostText>>30)
	}
	if at := bytes.IndexByte(data, 0); at >= 0 {
		return "", fmt.Errorf("%s, line %d: a zero byte, which no text has: the file is damaged or binary; `tr -d '\\000'` takes zero bytes out",
			path, lineAt(data, at))
	}
	if at := notUTF8(data); at >= 0 {
		return "", fmt.Errorf("%s, line %d: %w", path, lineAt(data, at), encodingError(data, at))
	}
	return unixLines(string(data)), nil
}

// unixLines returns text with \n at the end of each line.
func unixLines(text string) string {
	if strings.IndexByte(text, '\r') < 0 {
		return text
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}

// lineAt returns the number of the line that data[at] is in.
func lineAt(data []byte, at int) int {
	before := data[:at]
	return 1 + bytes.Count(before, []byte("\n")) + bytes.Count(before, []byte("\r")) - bytes.Count(before, []byte("\r\n"))
}

// notUTF8 returns the offset of the first byte that is not UTF-8, or −1.
func notUTF8(data []byte) int {
	if utf8.Valid(data) {
		return -1
	}
	at := 0
	for {
		r, n := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && n <= 1 {
			return at
		}
		at += n
	}
}

// encodingError says that data[at] is not UTF-8, and what the reason may be.
func encodingError(data []byte, at int) error {
	cut := ""
	if !utf8.FullRune(data[at:]) {
		cut = "the text is cut short within a character, or, "
	}
	return fmt.Errorf("the byte 0x%02X is not UTF-8: %sif the text is Latin-1, make UTF-8 of it with `iconv -f WINDOWS-1252 -t UTF-8`", data[at], cut)
}
