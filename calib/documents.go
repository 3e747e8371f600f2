package calib

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"sparsellm/internal/scratchfile"
)

// documents gives access to the documents of a file in any order. Only their
// places are in memory; a compressed file is unpacked to a scratch file.
type documents struct {
	name  string
	file  io.ReaderAt
	close func() error
	index []document
}

// openDocuments opens and indexes a file of documents.
func openDocuments(s source) (*documents, error) {
	d := &documents{name: s.path, close: func() error { return nil }}
	err := d.open(s)
	if err == nil && len(d.index) == 0 {
		err = fmt.Errorf("%s holds no documents", s.path)
	}
	if err != nil {
		d.close()
		return nil, fmt.Errorf("calib: %w", err)
	}
	return d, nil
}

func (d *documents) open(s source) error {
	in, err := openInput(d.name)
	if err != nil {
		return err
	}
	d.file, d.close = in.file, in.Close
	if !in.gzip {
		return eachDocument(in, s, func(doc document, _ []byte) error {
			d.index = append(d.index, doc)
			return nil
		})
	}
	defer in.Close()
	scratch, err := scratchfile.Create(os.TempDir(), "sparsellm-documents-*.jsonl")
	if err != nil {
		return err
	}
	d.file, d.close = scratch, scratch.Close
	w := bufio.NewWriterSize(scratch, 1<<20)
	var at int64
	err = eachDocument(in, s, func(doc document, json []byte) error {
		doc.offset = at
		at += int64(len(json))
		d.index = append(d.index, doc)
		_, err := w.Write(json)
		return unpackError(s.path, err)
	})
	return errors.Join(err, unpackError(s.path, w.Flush()))
}

// unpackError says what an error of the scratch file keeps from being done.
func unpackError(path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("unpacking %s to %s: %w", path, os.TempDir(), err)
}

// eachDocument calls use with every document of the file that s names.
func eachDocument(in *input, s source, use func(doc document, json []byte) error) error {
	if s.form == linesForm {
		return eachLine(in.Reader, in.start, s.path, use)
	}
	return eachValue(in.Reader, in.start, s.form == listForm, s.path, use)
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

// sampleDocuments draws samples as upstream draws them from C4: a random
// document until one has more than SeqLen tokens, then a window of it.
func sampleDocuments(s source, tok Encoder, o Options, r python) ([][]int, error) {
	d, err := openDocuments(s)
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
			return nil, fmt.Errorf("calib: %s, line %d: %w", s.path, d.index[i].line, err)
		}
		if len(ids) > o.SeqLen {
			samples = append(samples, window(ids, o.SeqLen, r))
			continue
		}
		short[i] = true
		if left--; left == 0 {
			return nil, fmt.Errorf("calib: none of the %d documents of %s has more than %d tokens, which a sample needs",
				len(short), s.path, o.SeqLen)
		}
	}
	return samples, nil
}

// joinDocuments returns the texts of a file's documents joined by spaces; of
// the first documents that the source is limited to.
func joinDocuments(s source) (string, error) {
	in, err := openInput(s.path)
	if err != nil {
		return "", fmt.Errorf("calib: %w", err)
	}
	defer in.Close()
	var all strings.Builder
	n := 0
	enough := errors.New("enough")
	err = eachDocument(in, s, func(doc document, json []byte) error {
		text, err := parseDocument(json)
		if err == nil && all.Len()+len(text) > mostText {
			err = fmt.Errorf("the documents have more than %d GiB of text", mostText>>30)
		}
		if err != nil {
			return fmt.Errorf("%s, line %d: %w", s.path, doc.line, err)
		}
		if n > 0 {
			all.WriteByte(' ')
		}
		all.WriteString(text)
		if n++; n == s.most {
			return enough
		}
		return nil
	})
	if err == nil && n == 0 {
		err = fmt.Errorf("%s holds no documents", s.path)
	}
	if err != nil && !errors.Is(err, enough) {
		return "", fmt.Errorf("calib: %w", err)
	}
	return all.String(), nil
}
