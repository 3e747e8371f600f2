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
)

// byteOrderMark is U+FEFF in UTF-8, which Windows puts at the start of a file
// and which is no part of the text.
const byteOrderMark = "\ufeff"

// headBytes is how much of a file is looked at to see what it is.
const headBytes = 4096

// input is the content of a file: unpacked if gzip packed it, whatever its name
// is, and without a byte order mark.
type input struct {
	*bufio.Reader
	file  *os.File
	start int64 // offset of the content in the file, if it is not packed
	gzip  bool
}

// openInput opens a file for reading; what is not text in UTF-8 by its first
// bytes is refused by name.
func openInput(path string) (*input, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	in := &input{bufio.NewReaderSize(f, 1<<16), f, 0, false}
	if err := in.begin(path); err != nil {
		f.Close()
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
	if bytes.HasPrefix(head, []byte(gzipMagic)) {
		z, err := gzip.NewReader(in.Reader)
		if err != nil {
			return fmt.Errorf("%s is no gzip file that can be read: %w", path, err)
		}
		in.Reader, in.gzip = bufio.NewReaderSize(z, 1<<16), true
		if head, err = in.head(path); err != nil {
			return err
		}
		if bytes.HasPrefix(head, []byte(gzipMagic)) {
			return fmt.Errorf("%s is packed by gzip twice: `gunzip` it once", path)
		}
	}
	if err := refuse(path, head); err != nil {
		return err
	}
	if at := notUTF8(head); !in.gzip && namedGzip(path) && at >= 0 && utf8.FullRune(head[at:]) {
		return fmt.Errorf("%s is no gzip file", path)
	}
	if bytes.HasPrefix(head, []byte(byteOrderMark)) {
		in.start = int64(len(byteOrderMark))
		_, err = in.Discard(len(byteOrderMark))
	}
	return err
}

// namedGzip says whether a file is packed by its name. A program that fetches
// one may unpack it and leave the name as it is.
func namedGzip(path string) bool { return strings.HasSuffix(strings.ToLower(path), ".gz") }

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

func (in *input) Close() error { return in.file.Close() }
