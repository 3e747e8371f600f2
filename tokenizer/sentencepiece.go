package tokenizer

import (
	"errors"
	"fmt"
	"math"
	"unicode/utf8"
)

// pieceKind says what a piece of a SentencePiece model is for.
type pieceKind int

const (
	normalPiece  pieceKind = 1
	unknownPiece pieceKind = 2
	controlPiece pieceKind = 3 // stands for no text
	userPiece    pieceKind = 4 // is one piece wherever it is in the text
	unusedPiece  pieceKind = 5
	bytePiece    pieceKind = 6 // a byte of a character that has no piece
)

// piece of a SentencePiece model; its place in the list is its id.
type spPiece struct {
	text  string
	score float32
	kind  pieceKind
}

// spModel is what a file of SentencePiece (Kudo and Richardson 2018) says, such
// as the tokenizer.model of LLaMA. Numbers of fields and defaults are those of
// its sentencepiece_model.proto.
type spModel struct {
	pieces       []spPiece
	unigram      bool // a unigram language model, else BPE
	byteFallback bool
	normalizer   spNormalizer

	ids         map[string]int32
	unknown     int32
	unknownText string // of transformers' unknown token
	bytes       [256]int32
	users       matcher // of the user's pieces
}

// longestPiece is the most bytes that a piece may have, far more than any real
// one: each way to cut it in two is looked up, and each length at every place.
const longestPiece = 512

// Types of models in a TrainerSpec.
const (
	unigramModel = 1
	bpeModel     = 2
)

// readSentencePiece reads a model.
func readSentencePiece(data []byte) (*spModel, error) {
	m := &spModel{unigram: true, unknownText: "<unk>", normalizer: spNormalizer{prefix: true, extra: true, escape: true}}
	err := eachField(data, func(f protoField) error {
		switch f.number {
		case 1:
			return m.readPiece(f.data)
		case 2:
			return m.readTrainer(f.data)
		case 3:
			return m.normalizer.read(f.data)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return m, m.index()
}

func (m *spModel) readPiece(data []byte) error {
	p := spPiece{kind: normalPiece}
	err := eachField(data, func(f protoField) error {
		switch f.number {
		case 1:
			p.text = string(f.data)
		case 2:
			p.score = f.float()
		case 3:
			p.kind = pieceKind(f.bits)
		}
		return nil
	})
	m.pieces = append(m.pieces, p)
	return err
}

func (m *spModel) readTrainer(data []byte) error {
	return eachField(data, func(f protoField) error {
		switch f.number {
		case 3:
			switch f.bits {
			case unigramModel:
				m.unigram = true
			case bpeModel:
				m.unigram = false
			default:
				return notImplemented("model", "of whole words or characters of SentencePiece")
			}
		case 24:
			if f.flag() {
				return notImplemented("model", "of SentencePiece with spaces after words")
			}
		case 45:
			m.unknownText = string(f.data)
		case 35:
			m.byteFallback = f.flag()
		}
		return nil
	})
}

// index checks the pieces and makes the tables of them.
func (m *spModel) index() error {
	if len(m.pieces) == 0 {
		return errors.New("it holds no pieces of SentencePiece")
	}
	if len(m.pieces) > math.MaxInt32/4 {
		return errors.New("it holds too many pieces")
	}
	m.ids = make(map[string]int32, len(m.pieces))
	m.unknown = -1
	for b := range m.bytes {
		m.bytes[b] = -1
	}
	for i, p := range m.pieces {
		if _, ok := m.ids[p.text]; ok || p.text == "" || !utf8.ValidString(p.text) {
			return fmt.Errorf("piece %d, %.40q, is empty, there twice or not UTF-8", i, p.text)
		}
		if p.score != p.score || math.IsInf(float64(p.score), 0) {
			return fmt.Errorf("the score of piece %.40q is not finite", p.text)
		}
		if len(p.text) > longestPiece {
			return fmt.Errorf("the piece %.40q is longer than %d bytes", p.text, longestPiece)
		}
		m.ids[p.text] = int32(i)
		switch p.kind {
		case normalPiece, controlPiece, unusedPiece:
		case userPiece:
			m.users.add(p.text, i)
		case unknownPiece:
			if m.unknown >= 0 {
				return errors.New("it has two unknown pieces")
			}
			m.unknown = int32(i)
		case bytePiece:
			var b byte
			if n, err := fmt.Sscanf(p.text, "<0x%02X>", &b); n != 1 || err != nil || fmt.Sprintf("<0x%02X>", b) != p.text {
				return fmt.Errorf("the piece %.40q is no byte", p.text)
			}
			m.bytes[b] = int32(i)
		default:
			return fmt.Errorf("the piece %.40q is of the kind %d, which is not known", p.text, p.kind)
		}
	}
	if m.unknown < 0 {
		return errors.New("it has no unknown piece")
	}
	for b, id := range m.bytes {
		if m.byteFallback && id < 0 {
			return fmt.Errorf("it has no piece for the byte 0x%02X", b)
		}
	}
	m.normalizer.users = &m.users
	return nil
}

// pieceOf returns the id of a text that may become a piece.
func (m *spModel) pieceOf(text string) (int32, bool) {
	id, ok := m.ids[text]
	if ok {
		switch m.pieces[id].kind {
		case normalPiece, userPiece, unusedPiece:
			return id, true
		}
	}
	return 0, false
}

// appendUnknown appends what a character without a piece becomes; last says
// whether dst ends with an unknown piece, which takes it in.
func (m *spModel) appendUnknown(dst []int32, char string, last bool) []int32 {
	switch {
	case m.byteFallback:
		for i := range len(char) {
			dst = append(dst, m.bytes[char[i]])
		}
	case !last:
		dst = append(dst, m.unknown)
	}
	return dst
}

// id returns the id of a piece.
func (m *spModel) id(token string) (int, bool) {
	id, ok := m.ids[token]
	return int(id), ok
}

// token returns the piece of an id.
func (m *spModel) token(id int) (string, bool) {
	if id < 0 || id >= len(m.pieces) {
		return "", false
	}
	return m.pieces[id].text, true
}

func (m *spModel) count() int { return len(m.pieces) }
