package job

import (
	"fmt"

	"sparsellm/arch"
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
func (s *session) beginOfText() (*int, error) {
	if s.BOS == "no" || s.BOS == "" && !arch.NeedsBOS(s.Arch) {
		return nil, nil
	}
	w, err := s.words()
	if err != nil {
		return nil, err
	}
	id, text, err := s.bosOf(w)
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
func (s *session) bosOf(w words) (id *int, text string, err error) {
	if id, text, err = w.one(chat.BeginOfText); id != nil || err != nil {
		return id, text, err
	}
	if id = beginID(s.ckpt.Config()); id != nil {
		text = fmt.Sprintf("the token %d", *id)
	}
	return id, text, nil
}
