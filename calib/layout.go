package calib

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// form is how a file holds its tokens.
type form int

const (
	textForm    form = iota
	linesForm        // a document a line, as JSON
	listForm         // a JSON list of documents
	valuesForm       // documents as JSON with white space between, such as jq writes
	rowsForm         // a JSON list of rows of token ids
	parquetForm      // documents as rows of parquet
	folderForm       // documents as the texts of a folder's files
)

// documents says whether the file is one of documents.
func (f form) documents() bool { return f != textForm && f != rowsForm }

// indexed says whether documents can be read where they lie in the file, if that
// is not packed.
func (f form) indexed() bool { return f == linesForm || f == listForm || f == valuesForm }

// jsonForm returns how a file of JSON holds what it holds. Names do not say it:
// *.json is a list to some programs, lines to others.
func jsonForm(path string) (form, error) {
	in, err := openInput(path)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	first, err := nextByte(in.Reader)
	if err != nil {
		return linesForm, readError(err)
	}
	switch first {
	default:
		if packer := namedPacked(path); !in.packed && packer != "" && first != '"' {
			return 0, fmt.Errorf("%s is no %s file, nor JSON", path, packer)
		}
	case '[':
		second, err := nextByte(in.Reader)
		if err != nil {
			return listForm, readError(err)
		}
		if second == '[' || second == '-' || second >= '0' && second <= '9' {
			return rowsForm, nil // or a mistake, which the reader of rows can name
		}
		return listForm, nil
	case '{':
		if err := in.UnreadByte(); err != nil {
			return 0, err
		}
		// An object that its first line does not end is not one of lines.
		whole := true
		enough := errors.New("enough")
		err := eachLine(in.Reader, 0, path, func(_ document, line []byte) error {
			whole = json.Valid(line)
			return enough
		})
		if err != nil && err != enough {
			return 0, err
		}
		if !whole {
			return valuesForm, nil
		}
	}
	return linesForm, nil
}

// nextByte takes the next byte that is not white space, 0 at the end.
func nextByte(r *bufio.Reader) (byte, error) {
	for {
		switch c, err := r.ReadByte(); {
		case err == io.EOF:
			return 0, nil
		case err != nil:
			return 0, err
		case bytes.IndexByte([]byte(" \t\r\n"), c) < 0:
			return c, nil
		}
	}
}
