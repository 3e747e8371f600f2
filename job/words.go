package job

import (
	"fmt"
	"os"
	"strings"
	"sync"

	"sparsellm/calib/chat"
	"sparsellm/checkpoint"
	"sparsellm/tokenizer"
)

// words is where a tokenizer and a chat template are: in a folder, or in a GGUF
// file, of which files are made that a folder would have.
type words struct {
	at    string
	files map[string][]byte // of a GGUF file
	tok   *tokenizer.Tokenizer
}

// OpenTokenizer reads the tokenizer of a folder or of a GGUF file.
func OpenTokenizer(path string) (*tokenizer.Tokenizer, error) {
	w, err := wordsAt(path)
	return w.tok, err
}

func wordsAt(path string) (words, error) {
	if st, err := os.Stat(path); !strings.HasSuffix(path, ".gguf") || err == nil && st.IsDir() {
		tok, err := tokenizer.Open(path)
		return words{at: path, tok: tok}, err
	}
	meta, err := checkpoint.ReadVocabulary(path)
	if err != nil {
		return words{at: path}, err
	}
	return wordsOf(path, meta)
}

// wordsOf makes a GGUF file's words of its metadata.
func wordsOf(path string, meta map[string]any) (w words, err error) {
	w.at = path
	if w.files, err = tokenizer.FilesOfGGUF(meta); err == nil {
		w.tok, err = tokenizer.OpenFiles(w.files)
	}
	if err != nil {
		return w, fmt.Errorf("%w (in %s)", err, path)
	}
	return w, nil
}

// forgetWords lets go of those that have been read: a tokenizer's tables are
// large. They are read once more if need be.
func (s *session) forgetWords() {
	s.own, s.words = sync.OnceValues(s.ownWords), sync.OnceValues(s.chosenWords)
}

// ownWords are those of the model.
func (s *session) ownWords() (words, error) {
	if !tokenizer.In(s.ckpt.Dir()) {
		meta, err := s.ckpt.Vocabulary()
		if meta != nil {
			return wordsOf(s.Model, meta)
		}
		if err != nil {
			return words{at: s.Model}, err
		}
	}
	return wordsAt(s.ckpt.Dir())
}

// chosenWords are those that texts are turned into token ids by.
func (s *session) chosenWords() (words, error) {
	if s.Tokenizer != "" {
		return wordsAt(s.Tokenizer)
	}
	return s.own()
}

// template returns the chat template that goes with the tokenizer.
func (w words) template() (*chat.Template, error) {
	if w.files != nil {
		return chat.OpenFiles(w.at, w.files)
	}
	return chat.Open(w.at)
}

// token returns the text of a token that the tokenizer names so (chat.EndOfText),
// "" if it names none.
func (w words) token(name string) (string, error) {
	if w.files != nil {
		return chat.TokenFiles(w.at, w.files, name)
	}
	return chat.Token(w.at, name)
}

// special is token with the ids that the text becomes, of which there should be
// one; none if the tokenizer names none.
func (w words) special(name string) (text string, ids []int, err error) {
	if text, err = w.token(name); err == nil && text != "" {
		ids, err = w.tok.Encode(text, false)
	}
	return text, ids, err
}

// one returns the id and the text of a token that the tokenizer names so, nil if
// it names none.
func (w words) one(name string) (id *int, text string, err error) {
	text, ids, err := w.special(name)
	if err == nil && text != "" && len(ids) != 1 {
		err = fmt.Errorf("the %s %q of the tokenizer is %d tokens, not one", name, text, len(ids))
	}
	if err != nil || text == "" {
		return nil, "", err
	}
	return &ids[0], text, nil
}

// madeWords are the files of a tokenizer that the output has and the folder of
// the model has not, since they are made of a GGUF file. Without them the output
// can still be evaluated, with another's.
func (s *session) madeWords() map[string][]byte {
	if tokenizer.In(s.ckpt.Dir()) {
		return nil
	}
	if meta, err := s.ckpt.Vocabulary(); meta == nil && err == nil {
		return nil
	}
	w, err := s.own()
	if err != nil {
		s.hooks.remark("%s will have no tokenizer: %v", s.Out, err)
		return nil
	}
	return w.files
}
