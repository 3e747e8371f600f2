package calib

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
)

// readRows reads the first most rows of a *.rows.json, all of them if most is
// 0, cut to seqlen tokens if that is not 0. Rows must then be equally long, at
// least the given number of tokens.
func readRows(path string, seqlen, most, least int) ([][]int, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("calib: %w", err)
	}
	rows, err := parseRows(data)
	if err == nil {
		rows, err = cutRows(rows, seqlen, most, least)
	}
	if err != nil {
		return nil, fmt.Errorf("calib: %s: %w", path, err)
	}
	return rows, nil
}

// parseRows reads a JSON list of lists of integers. It is stricter than
// encoding/json, to which a null is a zero, and says where it stopped.
func parseRows(data []byte) ([][]int, error) {
	p := rowsParser{data: data}
	var rows [][]int
	err := p.list(func() error {
		var row []int
		err := p.list(func() error {
			id, err := p.integer()
			row = append(row, id)
			return err
		})
		rows = append(rows, row)
		return err
	})
	if err == nil && p.peek() != 0 {
		err = errors.New("text after the last ]")
	}
	if err != nil {
		line := 1 + bytes.Count(data[:p.at], []byte("\n"))
		column := p.at - bytes.LastIndexByte(data[:p.at], '\n')
		return nil, fmt.Errorf("line %d, column %d: %w", line, column, err)
	}
	if len(rows) == 0 {
		return nil, errors.New("the file holds no rows")
	}
	return rows, nil
}

// rowsParser is a place in the data.
type rowsParser struct {
	data []byte
	at   int
}

// peek returns the next byte that is not white space, 0 at the end.
func (p *rowsParser) peek() byte {
	for ; p.at < len(p.data); p.at++ {
		switch c := p.data[p.at]; c {
		case ' ', '\t', '\r', '\n':
		case 0:
			return 1 // not the end, and nothing that may stand here
		default:
			return c
		}
	}
	return 0
}

// list reads a list, whose elements element reads.
func (p *rowsParser) list(element func() error) error {
	if p.peek() != '[' {
		return errors.New("a [ is missing: rows are a list of lists of token ids")
	}
	p.at++
	if p.peek() == ']' {
		p.at++
		return nil
	}
	for {
		if err := element(); err != nil {
			return err
		}
		switch p.peek() {
		case ',':
			p.at++
		case ']':
			p.at++
			return nil
		default:
			return errors.New("a , or ] is missing")
		}
	}
}

// integer reads a token id.
func (p *rowsParser) integer() (int, error) {
	p.peek()
	rest := p.data[p.at:]
	n := 0
	for n < len(rest) && bytes.IndexByte([]byte(" \t\r\n,[]"), rest[n]) < 0 {
		n++
	}
	id, err := strconv.ParseInt(string(rest[:n]), 10, 32)
	digits := bytes.TrimPrefix(rest[:n], []byte("-"))
	if err != nil || digits[0] == '+' || digits[0] == '0' && len(digits) > 1 {
		return 0, fmt.Errorf("%.20q is not a token id", rest[:n])
	}
	if id < 0 {
		return 0, fmt.Errorf("the token id %d is negative", id)
	}
	p.at += n
	return int(id), nil
}

// cutRows does to parsed rows what readRows says.
func cutRows(rows [][]int, seqlen, most, least int) ([][]int, error) {
	if seqlen < 0 {
		return nil, fmt.Errorf("rows cannot be cut to %d tokens", seqlen)
	}
	if most > 0 {
		rows = rows[:min(most, len(rows))]
	}
	for i, row := range rows {
		if seqlen > 0 {
			row = row[:min(seqlen, len(row))]
		}
		if len(row) < least {
			return nil, fmt.Errorf("row %d has %d tokens, which is fewer than %d", i+1, len(row), least)
		}
		if i > 0 && len(row) != len(rows[0]) {
			return nil, fmt.Errorf("row %d has %d tokens, but row 1 has %d", i+1, len(row), len(rows[0]))
		}
		rows[i] = row
	}
	return rows, nil
}
