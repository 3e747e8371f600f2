package calib

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"sparsellm/internal/parquetrows"
	"sparsellm/internal/scratchfile"
)

// documents gives access to the documents of a file in any order. Only their
// places are in memory; a compressed file is unpacked to a scratch file.
type documents struct {
	source source
	parser documentParser
	file   io.ReaderAt
	close  func() error
	index  []document
}

// openDocuments opens and indexes a file of documents.
func openDocuments(s source, r Reading) (*documents, error) {
	d := &documents{source: s, parser: documentParser{Reading: r}, close: func() error { return nil }}
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
	index := func(doc document, json []byte) error {
		if len(d.index) == 0 {
			if err := d.parser.see(json); err != nil {
				return fmt.Errorf("%s: %w", s.place(doc), err)
			}
		}
		d.index = append(d.index, doc)
		return nil
	}
	if s.form.indexed() {
		in, err := openInput(s.path)
		if err != nil {
			return err
		}
		if !in.packed {
			d.file, d.close = in.file, in.Close
			return s.eachIn(in, index)
		}
		in.Close()
	}
	scratch, err := scratchfile.Create(os.TempDir(), "sparsellm-documents-*.jsonl")
	if err != nil {
		return err
	}
	d.file, d.close = scratch, scratch.Close
	w := bufio.NewWriterSize(scratch, 1<<20)
	var at int64
	err = s.each(func(doc document, json []byte) error {
		doc.offset, doc.length = at, len(json)
		at += int64(len(json))
		if err := index(doc, json); err != nil {
			return err
		}
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

// each calls use with every document, as JSON.
func (s source) each(use func(doc document, json []byte) error) error {
	switch s.form {
	case folderForm:
		return s.eachText(use)
	case parquetForm:
		return s.eachRow(use)
	}
	in, err := openInput(s.path)
	if err != nil {
		return err
	}
	defer in.Close()
	return s.eachIn(in, use)
}

// eachIn is each for a file of JSON that is open.
func (s source) eachIn(in *input, use func(doc document, json []byte) error) error {
	if s.form == linesForm {
		return eachLine(in.Reader, in.start, s.path, use)
	}
	return eachValue(in.Reader, in.start, s.form == listForm, s.path, use)
}

// eachText is each for a folder: its texts are documents.
func (s source) eachText(use func(doc document, json []byte) error) error {
	for i, path := range s.files {
		text, err := readText(path)
		if err != nil {
			return err
		}
		quoted, err := json.Marshal(text)
		if err == nil {
			err = use(document{line: i + 1}, quoted)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// eachRow is each for parquet.
func (s source) eachRow(use func(doc document, json []byte) error) error {
	n := 0
	var used error
	err := parquetrows.Each(s.path, func(row []byte) error {
		n++
		used = use(document{line: n}, row)
		return used
	})
	if err != nil && used == nil {
		err = fmt.Errorf("%s: %w", s.path, err)
	}
	return err
}

// place says where a document is.
func (s source) place(doc document) string {
	switch s.form {
	case folderForm:
		return s.files[doc.line-1]
	case parquetForm:
		return fmt.Sprintf("%s, row %d", s.path, doc.line)
	}
	return fmt.Sprintf("%s, line %d", s.path, doc.line)
}

// piece returns the text of document i.
func (d *documents) piece(i int) (piece, error) {
	doc := d.index[i]
	line := make([]byte, doc.length)
	if _, err := d.file.ReadAt(line, doc.offset); err != nil {
		return piece{}, fmt.Errorf("calib: %s: %w", d.source.path, err)
	}
	p, err := d.parser.parse(line)
	if err != nil {
		return piece{}, fmt.Errorf("calib: %s: %w", d.source.place(doc), err)
	}
	return p, nil
}

// ids returns the token ids of document i, and whether it is a chat.
func (d *documents) ids(i int, tok Encoder) (ids []int, chat bool, err error) {
	p, err := d.piece(i)
	if err != nil {
		return nil, false, err
	}
	if ids, err = tok.Encode(p.text, !p.chat); err != nil {
		return nil, false, fmt.Errorf("calib: %s: %w", d.source.place(d.index[i]), err)
	}
	return ids, p.chat, nil
}

// ErrShort is that of documents none of which is long enough for a sample.
var ErrShort = errors.New("which a sample needs")

// sampleDocuments draws samples as upstream draws them from C4: a random
// document until one has more than SeqLen tokens, then a window of it.
func sampleDocuments(s source, tok Encoder, o Options, r python) ([][]int, error) {
	d, err := openDocuments(s, o.Reading)
	if err != nil {
		return nil, err
	}
	defer d.close()
	if o.Pack {
		return d.pack(tok, o, r)
	}
	short := make([]bool, len(d.index)) // documents known to be too short
	left := len(short)
	samples := make([][]int, 0, o.Samples)
	for len(samples) < o.Samples {
		i := r.below(len(d.index))
		if short[i] {
			continue
		}
		ids, _, err := d.ids(i, tok)
		if err != nil {
			return nil, err
		}
		if sample, ok := o.draw(ids, o.SeqLen, r); ok {
			samples = append(samples, sample)
			continue
		}
		short[i] = true
		if left--; left == 0 {
			return nil, fmt.Errorf("calib: none of the %d documents of %s has more than %d tokens, %w",
				len(short), s.path, o.room(o.SeqLen), ErrShort)
		}
	}
	return samples, nil
}

// joinDocuments returns the texts of documents joined by spaces, of the first
// that the source is limited to; of chats, each by itself.
func joinDocuments(s source, r Reading) (joined string, chats []string, err error) {
	parser := documentParser{Reading: r}
	var all strings.Builder
	n, size := 0, 0
	enough := errors.New("enough")
	err = s.each(func(doc document, json []byte) error {
		p, err := parser.parse(json)
		if size += len(p.text); err == nil && size > mostText {
			err = fmt.Errorf("the documents have more than %d GiB of text", mostText>>30)
		}
		if err == nil && n > 0 && p.chat != (len(chats) > 0) {
			err = errors.New("some of the documents are chats and some are not")
		}
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", s.place(doc), err)
		case p.chat:
			chats = append(chats, p.text)
		default:
			if n > 0 {
				all.WriteByte(' ')
			}
			all.WriteString(p.text)
		}
		if n++; n == s.most {
			return enough
		}
		return nil
	})
	if err == nil && n == 0 {
		err = fmt.Errorf("%s holds no documents", s.path)
	}
	if err != nil && !errors.Is(err, enough) {
		return "", nil, fmt.Errorf("calib: %w", err)
	}
	return all.String(), chats, nil
}
