package tokenizer

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// piece is a token, or what decoders have made of it.
type piece struct {
	text  string
	added bool // an added token, which is its own text
}

// decoder turns tokens back into text, step by step.
type decoder interface {
	decode(pieces []piece) []piece
}

// openDecoders returns the decoders of a tokenizer.json, nil if it has none or
// one that is not implemented: encoding needs none.
func openDecoders(raw json.RawMessage) ([]decoder, error) {
	all, err := readDecoders(raw)
	if errors.As(err, &unknown{}) {
		return nil, nil
	}
	return all, err
}

// readDecoders returns the decoders of a tokenizer.json, nil if it has none.
func readDecoders(raw json.RawMessage) (all []decoder, err error) {
	if !isNull(raw) {
		all = []decoder{}
	}
	err = eachComponent("decoder", "decoders", raw, func(typ string, raw json.RawMessage) error {
		d, err := readDecoder(typ, raw)
		all = append(all, d)
		return err
	})
	return all, err
}

func readDecoder(typ string, raw json.RawMessage) (decoder, error) {
	const kind = "decoder"
	switch typ {
	case "ByteLevel":
		return byteLevelDecoder{}, nil
	case "ByteFallback":
		return byteFallbackDecoder{}, readComponent(kind, typ, raw, &struct{}{})
	case "Fuse":
		return fuseDecoder{}, readComponent(kind, typ, raw, &struct{}{})
	case "Replace":
		c, err := readReplace(kind, raw)
		if err == nil && c.Pattern.Regex != nil {
			err = notImplemented(kind, "Replace with a regular expression")
		}
		if err != nil {
			return nil, err
		}
		return replace{*c.Pattern.String, c.Content}, nil
	case "Strip":
		var c struct {
			Content     string
			Start, Stop int
		}
		if err := readComponent(kind, typ, raw, &c); err != nil {
			return nil, err
		}
		if utf8.RuneCountInString(c.Content) != 1 || c.Stop != 0 || c.Start < 0 {
			return nil, notImplemented(kind, "Strip other than of one character at the start")
		}
		return stripDecoder{c.Content, c.Start}, nil
	case "Metaspace":
		return readMetaspace(raw)
	}
	return nil, notImplemented(kind, typ)
}

// byteLevelDecoder maps the byte-level alphabet back to bytes. A token with
// another character in it is its own text.
type byteLevelDecoder struct{}

func (byteLevelDecoder) decode(pieces []piece) []piece {
	var b strings.Builder
	for _, p := range pieces {
		if s, ok := toBytes(p.text); ok && !p.added {
			b.WriteString(s)
		} else {
			b.WriteString(p.text)
		}
	}
	return []piece{{text: b.String()}}
}

// byteFallbackDecoder makes runs of tokens such as <0xE2> the characters that
// their bytes spell, or a U+FFFD for each byte if they spell none.
type byteFallbackDecoder struct{}

func (byteFallbackDecoder) decode(pieces []piece) []piece {
	var out []piece
	var run []byte
	flush := func() {
		if utf8.Valid(run) {
			if len(run) > 0 {
				out = append(out, piece{text: string(run)})
			}
		} else {
			for range run {
				out = append(out, piece{text: string(utf8.RuneError)})
			}
		}
		run = run[:0]
	}
	for _, p := range pieces {
		if s := p.text; len(s) == 6 && strings.HasPrefix(s, "<0x") && s[5] == '>' {
			if b, err := strconv.ParseUint(s[3:5], 16, 8); err == nil {
				run = append(run, byte(b))
				continue
			}
		}
		flush()
		out = append(out, p)
	}
	flush()
	return out
}

// fuseDecoder joins all pieces into one.
type fuseDecoder struct{}

func (fuseDecoder) decode(pieces []piece) []piece {
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.text)
	}
	return []piece{{text: b.String()}}
}

func (r replace) decode(pieces []piece) []piece {
	for i := range pieces {
		pieces[i].text = strings.ReplaceAll(pieces[i].text, r.old, r.new)
	}
	return pieces
}

// stripDecoder takes up to most of a character off the start of each piece.
type stripDecoder struct {
	char string
	most int
}

func (d stripDecoder) decode(pieces []piece) []piece {
	for i := range pieces {
		for n := 0; n < d.most && strings.HasPrefix(pieces[i].text, d.char); n++ {
			pieces[i].text = pieces[i].text[len(d.char):]
		}
	}
	return pieces
}

func (m metaspace) decode(pieces []piece) []piece {
	for i := range pieces {
		with := " "
		if i == 0 && (m.always || m.first) {
			with = ""
		}
		pieces[i].text = strings.ReplaceAll(pieces[i].text, m.char, with)
	}
	return pieces
}
