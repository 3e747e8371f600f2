package tokenizer

import (
	"encoding/json"
	"fmt"
)

// template is what a post-processor puts before and after the ids of a text.
type template struct{ before, after []int }

// readPostProcessor returns the template of a tokenizer.json.
func readPostProcessor(raw json.RawMessage) (t template, err error) {
	const kind = "post-processor"
	err = eachComponent(kind, "processors", raw, func(typ string, raw json.RawMessage) error {
		one, err := readProcessor(typ, raw)
		switch {
		case err != nil || one.empty():
			return err
		case !t.empty():
			return notImplemented(kind, "Sequence that adds special tokens twice")
		}
		t = one
		return nil
	})
	return t, err
}

func readProcessor(typ string, raw json.RawMessage) (none template, err error) {
	const kind = "post-processor"
	switch typ {
	case "ByteLevel":
		return none, nil // moves offsets, not ids
	case "TemplateProcessing":
		return readTemplate(raw)
	case "BertProcessing", "RobertaProcessing": // the second also moves offsets
		var c struct {
			Sep, Cls       specialID
			TrimOffsets    bool `json:"trim_offsets"`
			AddPrefixSpace bool `json:"add_prefix_space"`
		}
		if err := readComponent(kind, typ, raw, &c); err != nil {
			return none, err
		}
		return template{[]int{c.Cls.id}, []int{c.Sep.id}}, nil
	}
	return none, notImplemented(kind, typ)
}

func (t template) empty() bool { return len(t.before)+len(t.after) == 0 }

// specialID is a special token written as ["</s>", 2].
type specialID struct{ id int }

// UnmarshalJSON reads the pair.
func (s *specialID) UnmarshalJSON(b []byte) error {
	var token string
	var id uint32
	pair := []any{&token, &id}
	if err := json.Unmarshal(b, &pair); err != nil {
		return err
	}
	if len(pair) != 2 {
		return fmt.Errorf("a special token is a string and an id")
	}
	s.id = int(id)
	return nil
}

// readTemplate reads a TemplateProcessing; of it, what is put around a single
// text.
func readTemplate(raw json.RawMessage) (template, error) {
	const kind, typ = "post-processor", "TemplateProcessing"
	type named struct {
		ID     string `json:"id"`
		TypeID int    `json:"type_id"`
	}
	var c struct {
		Single []struct {
			Sequence     *named
			SpecialToken *named
		}
		Pair          json.RawMessage
		SpecialTokens map[string]struct {
			ID     string   `json:"id"`
			IDs    []uint32 `json:"ids"`
			Tokens []string `json:"tokens"`
		} `json:"special_tokens"`
	}
	if err := readComponent(kind, typ, raw, &c); err != nil {
		return template{}, err
	}
	var t template
	side, texts := &t.before, 0
	for _, p := range c.Single {
		switch {
		case p.Sequence != nil && p.Sequence.ID == "A" && p.SpecialToken == nil:
			side = &t.after
			texts++
		case p.SpecialToken != nil && p.Sequence == nil:
			special, ok := c.SpecialTokens[p.SpecialToken.ID]
			if !ok {
				return template{}, fmt.Errorf("tokenizer: %s %s names the special token %q without defining it",
					kind, typ, p.SpecialToken.ID)
			}
			for _, id := range special.IDs {
				*side = append(*side, int(id))
			}
		default:
			return template{}, notImplemented(kind, "TemplateProcessing with a piece other than a special token and $A")
		}
	}
	if texts != 1 {
		return template{}, notImplemented(kind, fmt.Sprintf("TemplateProcessing with the text %d times", texts))
	}
	return t, nil
}
