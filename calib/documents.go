package calib

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// longestLine is the most bytes that a line of a *.jsonl may have: without a
// bound a small compressed file could ask for all memory.
const longestLine = 64 << 20

// document is where a document lies in a file of lines.
type document struct {
	offset int64
	length int
	line   int
}

// documents gives access to the documents of a file in any order. Only their
// places are in memory; a compressed file is unpacked to a temporary one.
type documents struct {
	name  string
	file  *os.File
	index []document
}

// openDocuments opens and indexes a file of documents.
func openDocuments(path string) (*documents, error) {
	d := &documents{name: path}
	if err := d.open(); err != nil {
		d.close()
		return nil, fmt.Errorf("calib: %w", err)
	}
	if len(d.index) == 0 {
		d.close()
		return nil, fmt.Errorf("calib: %s holds no documents", path)
	}
	return d, nil
}

func (d *documents) open() error {
	f, err := os.Open(d.name)
	if err != nil {
		return err
	}
	d.file = f
	if !strings.HasSuffix(d.name, ".gz") {
		return eachLine(f, d.name, func(doc document, _ []byte) error {
			d.index = append(d.index, doc)
			return nil
		})
	}
	defer f.Close()
	d.file = nil
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		return fmt.Errorf("%s is no gzip file: %w", d.name, err)
	}
	temp, err := os.CreateTemp("", "sparsellm-documents-*.jsonl")
	if err != nil {
		return err
	}
	d.file = temp
	w := bufio.NewWriterSize(temp, 1<<20)
	var at int64
	err = eachLine(z, d.name, func(doc document, line []byte) error {
		doc.offset = at
		at += int64(len(line))
		d.index = append(d.index, doc)
		_, err := w.Write(line)
		return err
	})
	return errors.Join(err, w.Flush())
}

// close closes the file, and removes it if it is a temporary one.
func (d *documents) close() {
	if d.file == nil {
		return
	}
	d.file.Close()
	if d.file.Name() != d.name {
		os.Remove(d.file.Name())
	}
}

// text returns the text of document i.
func (d *documents) text(i int) (string, error) {
	doc := d.index[i]
	line := make([]byte, doc.length)
	if _, err := d.file.ReadAt(line, doc.offset); err != nil {
		return "", fmt.Errorf("calib: %s: %w", d.name, err)
	}
	text, err := parseDocument(line)
	if err != nil {
		return "", fmt.Errorf("calib: %s, line %d: %w", d.name, doc.line, err)
	}
	return text, nil
}

// parseDocument returns the field "text" of a line.
func parseDocument(line []byte) (string, error) {
	if !utf8.Valid(line) {
		return "", errors.New("the line is not UTF-8")
	}
	var doc struct {
		Text *string `json:"text"`
	}
	var kind *json.UnmarshalTypeError
	switch err := json.Unmarshal(line, &doc); {
	case errors.As(err, &kind) && kind.Field == "text":
		return "", fmt.Errorf(`the field "text" is a %s, not a string`, kind.Value)
	case errors.As(err, &kind):
		return "", fmt.Errorf("it is a JSON %s, not an object", kind.Value)
	case err != nil:
		return "", fmt.Errorf("not a JSON object with a text: %w", err)
	}
	if doc.Text == nil {
		return "", errors.New(`the field "text" is missing`)
	}
	return *doc.Text, nil
}

// eachLine calls f with every line of r that is not blank, without its
// newline, which only lasts until f returns. name is for errors.
func eachLine(r io.Reader, name string, f func(doc document, line []byte) error) error {
	b := bufio.NewReaderSize(r, 1<<16)
	var long []byte
	var offset int64
	for n := 1; ; n++ {
		long = long[:0]
		part, err := b.ReadSlice('\n')
		for errors.Is(err, bufio.ErrBufferFull) {
			if len(long)+len(part) > longestLine {
				return fmt.Errorf("%s, line %d: the line is longer than %d MiB", name, n, longestLine>>20)
			}
			long = append(long, part...)
			part, err = b.ReadSlice('\n')
		}
		line := part
		if len(long) > 0 {
			long = append(long, part...)
			line = long
		}
		if err != nil && err != io.EOF {
			return fmt.Errorf("%s, line %d: %w", name, n, err)
		}
		size := int64(len(line))
		line = bytes.TrimSuffix(line, []byte("\n"))
		if len(bytes.TrimSpace(line)) > 0 {
			if err := f(document{offset, len(line), n}, line); err != nil {
				return err
			}
		}
		offset += size
		if err == io.EOF {
			return nil
		}
	}
}

// sampleDocuments draws samples as upstream draws them from C4: a random
// document until one has more than SeqLen tokens, then a window of it.
func sampleDocuments(path string, tok Encoder, o Options, r *python) ([][]int, error) {
	d, err := openDocuments(path)
	if err != nil {
		return nil, err
	}
	defer d.close()
	short := make([]bool, len(d.index)) // documents known to be too short
	left := len(short)
	samples := make([][]int, 0, o.Samples)
	for len(samples) < o.Samples {
		i := r.below(len(d.index))
		if short[i] {
			continue
		}
		text, err := d.text(i)
		if err != nil {
			return nil, err
		}
		ids, err := tok.Encode(text, true)
		if err != nil {
			return nil, fmt.Errorf("calib: %s, line %d: %w", path, d.index[i].line, err)
		}
		if len(ids) > o.SeqLen {
			samples = append(samples, window(ids, o.SeqLen, r))
			continue
		}
		short[i] = true
		if left--; left == 0 {
			return nil, fmt.Errorf("calib: none of the %d documents of %s has more than %d tokens, which a sample needs",
				len(short), path, o.SeqLen)
		}
	}
	return samples, nil
}

// joinDocuments returns the texts of a file's documents joined by spaces; of
// the first most documents if that is not 0.
func joinDocuments(path string, most int) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("calib: %w", err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(bufio.NewReader(f)); err != nil {
			return "", fmt.Errorf("calib: %s is no gzip file: %w", path, err)
		}
	}
	var all strings.Builder
	n := 0
	enough := errors.New("enough")
	err = eachLine(r, path, func(doc document, line []byte) error {
		text, err := parseDocument(line)
		if err != nil {
			return fmt.Errorf("%s, line %d: %w", path, doc.line, err)
		}
		if n > 0 {
			all.WriteByte(' ')
		}
		all.WriteString(text)
		if n++; n == most {
			return enough
		}
		return nil
	})
	if err != nil && !errors.Is(err, enough) {
		return "", fmt.Errorf("calib: %w", err)
	}
	return all.String(), nil
}
