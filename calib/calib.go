package calib

import (
	"fmt"
	"strings"
)

// Encoder turns text into token ids; special adds the special tokens that the
// tokenizer puts around a text, as transformers does by default.
type Encoder interface {
	Encode(text string, special bool) ([]int, error)
}

// Options says which calibration samples are wanted.
type Options struct {
	Samples int   // how many
	SeqLen  int   // tokens of each; at most, of rows of token ids, where 0 means whole rows
	Seed    int64 // of Python's random module
	// Pack has documents follow one another in samples, the token End between
	// them, so that short ones can be used.
	Pack bool
	End  int
	Reading
}

// HasRows says whether path, which is a file or the name of a data set, holds
// rows of token ids, for which no tokenizer is needed.
func HasRows(path string) (bool, error) {
	if _, ok := dataSets[path]; ok {
		return false, nil
	}
	s, err := find(path, train, "")
	return s.form == rowsForm, err
}

// Calibration returns the calibration samples of path, which is a file or the
// name of a data set; tok may be nil for rows of token ids. All samples have
// the same length. Of rows of token ids there may be fewer than Samples: the
// first rows in order, as many as the file has; of documents that are packed, as
// many as they fill.
func Calibration(path string, tok Encoder, o Options) ([][]int, error) {
	if o.Samples < 1 {
		return nil, fmt.Errorf("calib: %d calibration samples were asked for; at least 1 is needed", o.Samples)
	}
	s, err := find(path, train, o.DataDir)
	if err != nil {
		return nil, err
	}
	o.Reading = o.of(path)
	if o.Pack && !s.form.documents() {
		return nil, fmt.Errorf("calib: %s has no documents to pack into windows", s.path)
	}
	if s.form == rowsForm {
		return readRows(s.path, o.SeqLen, o.Samples, 1)
	}
	if err := checkText(s, tok, o.SeqLen); err != nil {
		return nil, err
	}
	r := newPython(o.Seed)
	if s.form.documents() {
		return sampleDocuments(s, tok, o, r)
	}
	ids, err := s.tokens(tok, o.Reading)
	if err != nil {
		return nil, err
	}
	samples := make([][]int, o.Samples)
	for i := range samples {
		var ok bool
		if samples[i], ok = o.draw(ids, o.SeqLen, r); !ok {
			return nil, fmt.Errorf("calib: %s has %d tokens, which is too few to draw samples of %d from", s.path, len(ids), o.SeqLen)
		}
	}
	return samples, nil
}

// Evaluation returns the windows of seqlen tokens that perplexity is measured
// on, at most maxWindows of them if that is not 0. Of rows of token ids each
// row is a window, cut to seqlen if that is not 0; tok may then be nil. path
// and r are as in Calibration.
func Evaluation(path string, tok Encoder, seqlen, maxWindows int, r Reading) ([][]int, error) {
	if maxWindows < 0 {
		return nil, fmt.Errorf("calib: %d windows were asked for", maxWindows)
	}
	return windows(path, test, tok, seqlen, maxWindows, r)
}

// Training returns all the windows of seqlen tokens of the text to learn from
// that do not overlap, in order; else as Evaluation.
func Training(path string, tok Encoder, seqlen int, r Reading) ([][]int, error) {
	return windows(path, train, tok, seqlen, 0, r)
}

func windows(path string, p part, tok Encoder, seqlen, maxWindows int, r Reading) ([][]int, error) {
	s, err := find(path, p, r.DataDir)
	if err != nil {
		return nil, err
	}
	if s.form == rowsForm {
		return readRows(s.path, seqlen, maxWindows, 2)
	}
	if err := checkText(s, tok, seqlen); err != nil {
		return nil, err
	}
	ids, err := s.tokens(tok, r.of(path))
	if err != nil {
		return nil, err
	}
	n := len(ids) // windows at most
	if s.windows > 0 {
		n = min(n, s.windows)
	}
	if maxWindows > 0 {
		n = min(n, maxWindows)
	}
	var windows [][]int
	for rest := ids; len(windows) < n; {
		var window []int
		var ok bool
		if window, rest, ok = r.cut(rest, seqlen); !ok {
			break
		}
		windows = append(windows, window)
	}
	if len(windows) == 0 {
		return nil, fmt.Errorf("calib: %s has %d tokens, which is less than one window of %d", s.path, len(ids), seqlen)
	}
	return windows, nil
}

// checkText refuses to cut text without a tokenizer or into windows without a
// next token to predict.
func checkText(s source, tok Encoder, seqlen int) error {
	switch {
	case tok == nil:
		return fmt.Errorf("calib: %s is text, but the model has no tokenizer: only rows of token ids can be used", s.path)
	case seqlen < 2:
		return fmt.Errorf("calib: windows of %d tokens of %s cannot be used: they need at least 2", seqlen, s.path)
	}
	return nil
}

// of is how a file or data set is read: those with a name have a "text" each.
func (r Reading) of(path string) Reading {
	if _, ok := dataSets[path]; ok {
		r.Fields = nil
	}
	if r.Found == nil {
		r.Found = new(Found)
	}
	*r.Found = Found{}
	return r
}

// tokens returns the token ids of a source of text.
func (s source) tokens(tok Encoder, r Reading) (ids []int, err error) {
	text, chats, err := s.text(r)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(text) == "" && len(chats) == 0 {
		return nil, fmt.Errorf("calib: %s holds no text", s.path)
	}
	if len(chats) == 0 {
		ids, err = tok.Encode(text, true)
	}
	for _, chat := range chats {
		var more []int
		if more, err = tok.Encode(chat, false); err != nil {
			break
		}
		ids = append(ids, more...)
	}
	if err != nil {
		return nil, fmt.Errorf("calib: %s: %w", s.path, err)
	}
	return ids, nil
}

// text returns the text of a source: of documents, all of them joined by
// spaces, or, of chats, each.
func (s source) text(r Reading) (text string, chats []string, err error) {
	if s.form.documents() {
		return joinDocuments(s, r)
	}
	text, err = readText(s.path)
	if err != nil {
		return "", nil, fmt.Errorf("calib: %w", err)
	}
	if s.rows == nil {
		return text, nil, nil
	}
	return strings.Join(s.rows(text), s.separator), nil, nil
}
