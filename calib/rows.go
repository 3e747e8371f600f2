package calib

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// mostIDs is the most token ids that rows may have in memory: without a bound a
// small packed file could ask for all of it.
const mostIDs = 1 << 28

// readRows reads the first most rows of a JSON list of rows, all of them if
// most is 0, cut to seqlen tokens if that is not 0. Rows must then be equally
// long, at least the given number of tokens.
func readRows(path string, seqlen, most, least int) ([][]int, error) {
	if seqlen < 0 {
		return nil, fmt.Errorf("calib: %s: rows cannot be cut to %d tokens", path, seqlen)
	}
	in, err := openInput(path)
	if err != nil {
		return nil, fmt.Errorf("calib: %w", err)
	}
	defer in.Close()
	rows, err := parseRows(in.Reader, seqlen, most)
	if err == nil {
		err = checkRows(rows, least)
	}
	if err != nil {
		return nil, fmt.Errorf("calib: %s: %w", path, err)
	}
	return rows, nil
}

// parseRows reads a JSON list of lists of integers and keeps what is wanted of
// it; the rest is looked at all the same. It is stricter than encoding/json, to
// which a null is a zero, and says where it stopped.
func parseRows(r *bufio.Reader, seqlen, most int) ([][]int, error) {
	p := rowsParser{r: r, line: 1, column: 1}
	var rows [][]int
	n, kept := 0, 0
	err := p.list(func() error {
		var row []int
		wanted := most == 0 || n < most
		err := p.list(func() error {
			id, err := p.integer()
			if wanted && (seqlen == 0 || len(row) < seqlen) {
				row = append(row, id)
				if kept++; kept > mostIDs {
					return fmt.Errorf("the rows have more than %d token ids", mostIDs)
				}
			}
			return err
		})
		if wanted {
			rows = append(rows, row)
		}
		n++
		return err
	})
	if err == nil && p.peek() != 0 {
		err = errors.New("text after the last ]")
	}
	if p.failed != nil {
		err = readError(p.failed)
	}
	if err != nil {
		return nil, fmt.Errorf("line %d, column %d: %w", p.line, p.column, err)
	}
	if len(rows) == 0 {
		return nil, errors.New("the file holds no rows")
	}
	return rows, nil
}

// rowsParser is a place in the data.
type rowsParser struct {
	r            *bufio.Reader
	line, column int   // of the next byte
	failed       error // of reading
}

// byte returns the next byte without taking it, ok being false at the end.
func (p *rowsParser) byte() (c byte, ok bool) {
	next, err := p.r.Peek(1)
	if err != nil {
		if err != io.EOF {
			p.failed = err
		}
		return 0, false
	}
	return next[0], true
}

// take takes n bytes that have been looked at, none of them a newline.
func (p *rowsParser) take(n int) {
	p.column += n
	if _, err := p.r.Discard(n); err != nil {
		p.failed = err
	}
}

// peek returns the next byte that is not white space, 0 at the end.
func (p *rowsParser) peek() byte {
	for {
		c, ok := p.byte()
		if !ok {
			return 0
		}
		switch c {
		case ' ', '\t', '\r', '\n':
			if p.take(1); c == '\n' {
				p.line, p.column = p.line+1, 1
			}
		case 0:
			return 1 // not the end, and nothing that may stand here
		default:
			return c
		}
	}
}

// list reads a list, whose elements element reads.
func (p *rowsParser) list(element func() error) error {
	if p.peek() != '[' {
		return errors.New("a [ is missing: rows are a list of lists of token ids")
	}
	p.take(1)
	if p.peek() == ']' {
		p.take(1)
		return nil
	}
	for {
		if err := element(); err != nil {
			return err
		}
		switch p.peek() {
		case ',':
			p.take(1)
		case ']':
			p.take(1)
			return nil
		default:
			return errors.New("a , or ] is missing")
		}
	}
}

// longestInteger is longer than any token id and than what errors show.
const longestInteger = 80

// integer reads a token id.
func (p *rowsParser) integer() (int, error) {
	p.peek()
	rest, err := p.r.Peek(longestInteger)
	if err != nil && err != io.EOF {
		p.failed = err
	}
	n := bytes.IndexAny(rest, " \t\r\n,[]")
	if n < 0 {
		n = len(rest)
	}
	id, err := strconv.ParseInt(string(rest[:n]), 10, 32)
	digits := bytes.TrimPrefix(rest[:n], []byte("-"))
	if err != nil || digits[0] == '+' || digits[0] == '0' && len(digits) > 1 {
		return 0, fmt.Errorf("%.20q is not a token id", rest[:n])
	}
	if id < 0 {
		return 0, fmt.Errorf("the token id %d is negative", id)
	}
	p.take(n)
	return int(id), nil
}

// checkRows wants rows to be equally long, and of at least least tokens.
func checkRows(rows [][]int, least int) error {
	for i, row := range rows {
		if len(row) < least {
			return fmt.Errorf("row %d has %d tokens, which is fewer than %d", i+1, len(row), least)
		}
		if len(row) != len(rows[0]) {
			return fmt.Errorf("row %d has %d tokens, but row 1 has %d", i+1, len(row), len(rows[0]))
		}
	}
	return nil
}
