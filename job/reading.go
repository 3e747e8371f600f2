package job

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"sparsellm/calib"
	"sparsellm/calib/chat"
)

// noChat is a chat template that cannot be read: that is an error where a chat
// is to be written alone.
type noChat struct{ err error }

func (n noChat) Render(_, _ []byte) (string, bool, error) { return "", false, n.err }

// reading says how text is read, with the data sets of a folder; tok is nil for
// what is none.
func (s *session) reading(dataDir string, tok calib.Encoder, found *calib.Found) (calib.Reading, error) {
	r := calib.Reading{DataDir: dataDir, Fields: s.fields, Found: found}
	if tok == nil {
		return r, nil
	}
	w, err := s.words() // which tok is of
	if err != nil {
		return r, err
	}
	if r.Begin, err = s.beginOfText(); err != nil {
		return r, err
	}
	template, err := w.template()
	switch {
	case err == nil:
		r.Chat = template
	case !errors.Is(err, chat.ErrNone):
		r.Chat = noChat{err}
	}
	return r, nil
}

// endOfText returns the token that ends a text: by the tokenizer, or else by the
// model's config.
func (s *session) endOfText() (int, error) {
	w, err := s.words()
	if err != nil {
		return 0, err
	}
	id, _, err := w.one(chat.EndOfText)
	if err != nil {
		return 0, err
	}
	if id != nil {
		return *id, nil
	}
	if ids := endIDs(s.ckpt.Config()); len(ids) > 0 {
		return ids[0], nil
	}
	return 0, fmt.Errorf("%s needs a token that ends a text, and neither the tokenizer (eos_token) nor the model (eos_token_id) names one", s.hooks.setting("pack"))
}

// beginID returns the token that begins a text by a config's bos_token_id, nil if
// it names none.
func beginID(config []byte) *int {
	var c struct {
		BOS *int `json:"bos_token_id"`
	}
	if json.Unmarshal(config, &c) != nil {
		return nil
	}
	return c.BOS
}

// endIDs returns the tokens that end a text by a config's eos_token_id, which is
// one or a list.
func endIDs(config []byte) []int {
	var c struct {
		EOS json.RawMessage `json:"eos_token_id"`
	}
	var id int
	var list []int
	switch {
	case json.Unmarshal(config, &c) != nil || c.EOS == nil || string(c.EOS) == "null":
		return nil
	case json.Unmarshal(c.EOS, &id) == nil:
		return []int{id}
	case json.Unmarshal(c.EOS, &list) == nil:
		return list
	}
	return nil
}

// advise adds to an error of reading data which setting helps.
func (s *session) advise(err error) error {
	switch {
	case errors.Is(err, calib.ErrFields):
		return fmt.Errorf("%w: name one with %s", err, s.hooks.setting("field"))
	case errors.Is(err, calib.ErrNoChat):
		return fmt.Errorf("%w: name a field with a text with %s, or the folder of a tokenizer with a template with %s",
			err, s.hooks.setting("field"), s.hooks.setting("tokenizer"))
	case errors.Is(err, calib.ErrShort):
		return fmt.Errorf("%w: %s packs short ones into windows", err, s.hooks.setting("pack"))
	}
	return err
}

// tell says what of the calibration data was used, and keeps it in the settings.
func (s *session) tell(found calib.Found, r calib.Reading) {
	if len(found.Fields) == 0 || len(s.fields) == 0 && found.Fields[0] == "text" {
		return
	}
	s.Field = strings.Join(found.Fields, ",")
	how := ""
	if t, ok := r.Chat.(*chat.Template); ok && found.Chat {
		s.Template = t.Hash()
		how = ", written by the model's chat template"
	}
	if len(s.fields) == 0 {
		s.hooks.remark("calibrating with %s of each row of %s%s", strings.Join(found.Fields, ", "), s.Calib, how)
	}
	if found.Dated {
		s.hooks.remark("the chat template writes today's date: SOURCE_DATE_EPOCH sets another, for a run that is to be the same on another day")
	}
}
