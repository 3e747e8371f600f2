package calib

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
)

// byteOrderMark is U+FEFF in UTF-8, which Windows puts at the start of a file
// and which is no part of the text.
const byteOrderMark = "\ufeff"

// headBytes is how much of a file is looked at to see what it is.
const headBytes = 4096

// input is the content of a file: unpacked if gzip or Zstandard packed it,
// whatever its name is, and without a byte order mark.
type input struct {
	*bufio.Reader
	file   *os.File
	start  int64 // offset of the content in the file, if it is not packed
	packed bool
	zstd   *zstd.Decoder // if that is what unpacks it
}

// openInput opens a file for reading; what is not text in UTF-8 by its first
// bytes is refused by name.
func openInput(path string) (*input, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	in := &input{Reader: bufio.NewReaderSize(f, 1<<16), file: f}
	if err := in.begin(path); err != nil {
		in.Close()
		return nil, err
	}
	return in, nil
}

// begin unpacks, refuses and passes over the byte order mark.
func (in *input) begin(path string) error {
	head, err := in.head(path)
	if err != nil {
		return err
	}
	for _, p := range packers {
		if !bytes.HasPrefix(head, []byte(p.magic)) {
			continue
		}
		r, err := p.unpack(in)
		if err != nil {
			return fmt.Errorf("%s is no %s file that can be read: %w", path, p.name, err)
		}
		in.Reader, in.packed = bufio.NewReaderSize(r, 1<<16), true
		if head, err = in.head(path); err != nil {
			return err
		}
		if bytes.HasPrefix(head, []byte(p.magic)) {
			return fmt.Errorf("%s is packed by %s twice: unpack it once", path, p.name)
		}
		break
	}
	if err := refuse(path, head); err != nil {
		return err
	}
	if at := notUTF8(head); !in.packed && namedPacked(path) != "" && at >= 0 && utf8.FullRune(head[at:]) {
		return fmt.Errorf("%s is no %s file", path, namedPacked(path))
	}
	if bytes.HasPrefix(head, []byte(byteOrderMark)) {
		in.start = int64(len(byteOrderMark))
		_, err = in.Discard(len(byteOrderMark))
	}
	return err
}

// packers are the programs whose files are unpacked.
var packers = []struct {
	name, ending, magic string
	unpack              func(in *input) (io.Reader, error)
}{
	{"gzip", ".gz", "\x1f\x8b", func(in *input) (io.Reader, error) { return gzip.NewReader(in.Reader) }},
	{"Zstandard", ".zst", "\x28\xb5\x2f\xfd", func(in *input) (r io.Reader, err error) {
		in.zstd, err = zstd.NewReader(in.Reader, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(mostWindow))
		return in.zstd, err
	}},
}

// mostWindow is the most bytes that unpacking may have in memory: those of zstd
// --long.
const mostWindow = 128 << 20

// namedPacked returns what packed a file by its name, "" for nothing. A program
// that fetches one may unpack it and leave the name as it is.
func namedPacked(path string) string {
	for _, p := range packers {
		if strings.HasSuffix(strings.ToLower(path), p.ending) {
			return p.name
		}
	}
	return ""
}

// unpackedName is the name of a file in small letters, without the ending of
// what packed it.
func unpackedName(path string) string {
	name := strings.ToLower(path)
	for _, p := range packers {
		if short, ok := strings.CutSuffix(name, p.ending); ok {
			return short
		}
	}
	return name
}

// head returns the first bytes without taking them.
func (in *input) head(path string) ([]byte, error) {
	head, err := in.Peek(headBytes)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("%s: %w", path, readError(err))
	}
	return head, nil
}

// readError is err, met while a file was read, in words.
func readError(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("its packed data end in the middle: it is cut short")
	}
	return err
}

func (in *input) Close() error {
	if in.zstd != nil {
		in.zstd.Close()
	}
	return in.file.Close()
}
