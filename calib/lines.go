package calib

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// longestLine is the most bytes that a document may have in its file: without a
// bound a small compressed file could ask for all memory.
const longestLine = 64 << 20

// document is where a document lies in a file.
type document struct {
	offset int64
	length int
	line   int // on which it begins
}

// eachLine calls f with every line of r that is not blank, without its line end
// (\n, \r\n or \r), which only lasts until f returns. r begins at offset start
// of what documents are looked up in; name is for errors. A byte order mark
// before a line, where files have been joined that each have one, is passed
// over: JSON cannot begin with it.
func eachLine(r *bufio.Reader, start int64, name string, f func(doc document, line []byte) error) error {
	var long []byte
	offset, cr := start, false // cr: a \r has ended the line before
	for n := 1; ; n++ {
		at := offset
		line, end, err := readLine(r, &long)
		if errors.Is(err, errLong) {
			return fmt.Errorf("%s, line %d: the line is longer than %d MiB", name, n, longestLine>>20)
		}
		if err != nil && err != io.EOF {
			return fmt.Errorf("%s, line %d: %w", name, n, readError(err))
		}
		offset += int64(len(line))
		if end != 0 {
			offset++
		}
		if cr && end == '\n' && len(line) == 0 { // the \n of a \r\n
			cr = false
			n--
			continue
		}
		cr = end == '\r'
		if text := bytes.TrimPrefix(line, []byte(byteOrderMark)); len(bytes.TrimSpace(text)) > 0 {
			if err := f(document{at + int64(len(line)-len(text)), len(text), n}, text); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

// errLong says that a line is too long.
var errLong = errors.New("too long")

// readLine returns the next line of r without the \n or \r that ends it, and
// that byte, 0 at the end of r. long is memory for lines that r's buffer does
// not hold.
func readLine(r *bufio.Reader, long *[]byte) (line []byte, end byte, err error) {
	*long = (*long)[:0]
	for {
		if _, err := r.Peek(1); err != nil {
			return *long, 0, err
		}
		part, _ := r.Peek(r.Buffered())
		n := bytes.IndexByte(part, '\n')
		if n < 0 {
			n = len(part)
		}
		if cr := bytes.IndexByte(part[:n], '\r'); cr >= 0 {
			n = cr
		}
		if n < len(part) {
			end = part[n]
		}
		if len(*long)+n > longestLine {
			return nil, 0, errLong
		}
		if len(*long) > 0 || end == 0 {
			*long = append(*long, part[:n]...)
			line = *long
		} else {
			line = part[:n]
		}
		if end != 0 {
			_, err = r.Discard(n + 1) // part stays as it is until r reads again
			return line, end, err
		}
		if _, err := r.Discard(n); err != nil {
			return nil, 0, err
		}
	}
}
