package job

import (
	"encoding/json"
	"fmt"

	"sparsellm/arch"
	"sparsellm/calib"
	"sparsellm/calib/chat"
	"sparsellm/pipeline"
)

// checkBOS says whether Settings.BOS is one there is, and has auto be empty.
func (s *Settings) checkBOS() error {
	switch s.BOS {
	case "auto":
		s.BOS = ""
	case "", "yes", "no":
	default:
		return pipeline.Wrong("<bos> %s is none of auto, yes and no", s.BOS)
	}
	return nil
}

// beginOfText returns the token that windows of text begin with, nil for none: of
// models that need one also where nothing is said, since it is kept in the settings
// then that it was taken.
func (s *session) beginOfText(tok calib.Encoder) (*int, error) {
	if s.BOS == "no" || s.BOS == "" && !arch.NeedsBOS(s.Arch) {
		return nil, nil
	}
	w, err := s.words()
	if err != nil {
		return nil, err
	}
	id, text, err := s.bosOf(w, tok)
	switch {
	case err != nil:
		return nil, err
	case id != nil && s.BOS == "":
		s.BOS = "yes"
		s.hooks.remark("windows of text begin with %s, without which %s predicts badly; %s=no leaves it out", text, s.Arch, s.hooks.setting("bos"))
	case id == nil && s.BOS == "":
		s.hooks.remark("%s predicts badly without a token at the beginning of each window (BOS), and neither the tokenizer (bos_token) nor the model (bos_token_id) names one", s.Arch)
	case id == nil:
		return nil, fmt.Errorf("%s yes needs a token that begins a text, and neither the tokenizer (bos_token) nor the model (bos_token_id) names one", s.hooks.setting("bos"))
	}
	return id, nil
}

// bosOf returns the token that begins a text, and what it is called: by the
// tokenizer, or else by the model's config; nil if neither names one.
func (s *session) bosOf(w words, tok calib.Encoder) (id *int, text string, err error) {
	if text, err = w.token(chat.BeginOfText); err != nil {
		return nil, "", err
	}
	if text != "" {
		ids, err := tok.Encode(text, false)
		if err == nil && len(ids) != 1 {
			err = fmt.Errorf("the bos_token %q of the tokenizer is %d tokens, not one", text, len(ids))
		}
		if err != nil {
			return nil, "", err
		}
		return &ids[0], text, nil
	}
	var config struct {
		BOS *int `json:"bos_token_id"`
	}
	if json.Unmarshal(s.ckpt.Config(), &config) != nil || config.BOS == nil {
		return nil, "", nil
	}
	return config.BOS, fmt.Sprintf("the token %d", *config.BOS), nil
}
