package calib

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// values cuts a stream of JSON into documents without keeping more than one:
// the elements of the list that it begins with, or, if list is not set, values
// with white space between. It looks at brackets, strings and commas; whether a
// document is JSON shows when it is parsed.
type values struct {
	list bool
	use  func(doc document, json []byte) error

	offset int64 // of the next byte
	line   int   // that it is on
	cr     bool  // the byte before was a \r, which has been counted as a line end

	value          []byte // so far
	doc            document
	depth          int // brackets that are open within the value
	quoted, escape bool
	state          valuesState
}

// valuesState is what may come next between values.
type valuesState int

const (
	wantList  valuesState = iota // the [
	wantFirst                    // a value or the ]
	wantValue                    // a value
	inValue                      // more of it
	wantComma                    // a comma or the ]
	wantEnd                      // nothing
)

// eachValue calls use with each document of r, as eachLine does.
func eachValue(r *bufio.Reader, start int64, list bool, name string, use func(doc document, json []byte) error) error {
	v := values{list: list, use: use, offset: start, line: 1, state: wantFirst}
	if list {
		v.state = wantList
	}
	for {
		_, err := r.Peek(1)
		if err == io.EOF {
			return v.placed(name, v.end())
		}
		if err != nil {
			return v.placed(name, readError(err))
		}
		part, _ := r.Peek(r.Buffered())
		for _, c := range part {
			if err := v.next(c); err != nil {
				return v.placed(name, err)
			}
			v.offset++
			if c == '\r' || c == '\n' && !v.cr {
				v.line++
			}
			v.cr = c == '\r'
		}
		if _, err := r.Discard(len(part)); err != nil {
			return v.placed(name, err)
		}
	}
}

// placed puts the place before an error, unless the error is use's, which names
// the place itself.
func (v *values) placed(name string, err error) error {
	var used usedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &used):
		return used.error
	}
	return fmt.Errorf("%s, line %d: %w", name, v.line, err)
}

// usedError is an error of values.use.
type usedError struct{ error }

// next takes a byte.
func (v *values) next(c byte) error {
	space := c == ' ' || c == '\t' || c == '\r' || c == '\n'
	if v.state == inValue {
		return v.inside(c, space)
	}
	switch {
	case space:
		return nil
	case v.state == wantEnd:
		return errors.New("text after the last ]")
	case v.state == wantList && c == '[':
		v.state = wantFirst
		return nil
	case v.state == wantComma && c == ',':
		v.state = wantValue
		return nil
	case v.list && c == ']' && (v.state == wantFirst || v.state == wantComma):
		v.state = wantEnd
		return nil
	case v.state == wantComma:
		return errors.New("a , or ] is missing after a document")
	case v.state == wantList || c == ',' || c == ']' || c == '}' || c == ':':
		return fmt.Errorf("a document is missing before %q", c)
	}
	v.state, v.depth, v.value = inValue, 0, v.value[:0]
	v.doc = document{offset: v.offset, line: v.line}
	return v.inside(c, false)
}

// inside takes a byte of a value.
func (v *values) inside(c byte, space bool) error {
	switch {
	case v.escape:
		v.escape = false
	case v.quoted && c == '\\':
		v.escape = true
	case v.quoted && (c == '\n' || c == '\r'):
		return errors.New("a string is not closed on its line")
	case v.quoted && c < ' ':
		return fmt.Errorf("a string holds the byte 0x%02X, which JSON writes as \\u%04x", c, c)
	case v.quoted:
		v.quoted = c != '"'
		if !v.quoted && v.depth == 0 {
			v.value = append(v.value, c)
			return v.done()
		}
	case c == '"':
		v.quoted = true
	case c == '{' || c == '[':
		v.depth++
	case v.depth == 0 && (space || c == ',' || c == ']' || c == '}'): // after a number or a word
		if err := v.done(); err != nil {
			return err
		}
		return v.next(c)
	case c == '}' || c == ']':
		if v.depth--; v.depth == 0 {
			v.value = append(v.value, c)
			return v.done()
		}
	}
	if len(v.value) == longestLine {
		return fmt.Errorf("the document is longer than %d MiB", longestLine>>20)
	}
	v.value = append(v.value, c)
	return nil
}

// done hands over the value.
func (v *values) done() error {
	v.state = wantFirst
	if v.list {
		v.state = wantComma
	}
	v.doc.length = len(v.value)
	if err := v.use(v.doc, v.value); err != nil {
		return usedError{err}
	}
	return nil
}

// end says whether the stream may end here.
func (v *values) end() error {
	if v.state == inValue && v.depth == 0 && !v.quoted { // a number or a word
		if err := v.done(); err != nil {
			return err
		}
	}
	switch {
	case v.state == inValue:
		return fmt.Errorf("the file ends within the document that begins on line %d", v.doc.line)
	case v.list && v.state != wantEnd:
		return errors.New("the ] after the last document is missing")
	}
	return nil
}
