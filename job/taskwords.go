package job

import (
	"encoding/json"
	"fmt"

	"sparsellm/calib/chat"
	"sparsellm/tasks"
)

// taskEncoding says how texts of tasks become token ids.
func (s *session) taskEncoding() (e tasks.Encoding, err error) {
	tok, err := s.openTokenizer()
	if err != nil {
		return e, fmt.Errorf("cannot turn the tasks into token ids: %w", err)
	}
	e.Encoder, e.Special = tok, s.BOS != "no"
	w, err := s.words()
	if err != nil {
		return e, err
	}
	for _, name := range []string{chat.BeginOfText, chat.EndOfText} {
		text, ids, err := w.special(name)
		if err != nil {
			return e, err
		}
		if len(ids) == 1 {
			e.Prefix, e.PrefixText = ids[0], text
			return e, nil
		}
	}
	// Where the tokenizer names none, the model may.
	if id := beginID(s.ckpt.Config()); id != nil {
		e.Prefix = *id
	} else if ids := endIDs(s.ckpt.Config()); len(ids) > 0 {
		e.Prefix = ids[0]
	}
	e.PrefixText = tok.Decode([]int{e.Prefix})
	return e, nil
}

// defaultLength is how many tokens a model reads that names no limit.
const defaultLength = 2048

// taskLength is the longest sequence by the config, as lm-evaluation-harness
// reads it.
func (s *session) taskLength() int {
	var config map[string]json.RawMessage
	if json.Unmarshal(s.ckpt.Config(), &config) == nil {
		for _, name := range []string{"n_positions", "max_position_embeddings", "n_ctx"} {
			var n int
			if json.Unmarshal(config[name], &n) == nil && n > 0 {
				return n
			}
		}
		if len(config["text_config"]) > 0 {
			return s.cfg.MaxPositions
		}
	}
	return defaultLength
}
