package decoder

import (
	"encoding/json"
	"fmt"
)

// TextType returns the model_type of the language model within a larger one;
// empty where that has none.
func (c *Config) TextType() string {
	for _, key := range wrapped {
		if c.IsObject(key) {
			if o := c.Object(key); o != nil && o.Has("model_type") {
				return o.String("model_type", "")
			}
		}
	}
	return ""
}

// Text returns the config of the language model within a larger one, and what
// it is read from: the object at one of the keys that such models have, whose
// errors become c's, or c itself where there is none. Sizes that it leaves out
// are those of presets, as the files of larger models omit what their classes
// know. That all embeddings are tied is said by c first.
func (c *Config) Text(presets map[string]int) *Config {
	text := c
	for _, key := range wrapped {
		if c.IsObject(key) {
			text = c.Object(key)
			break
		}
	}
	if text == nil || text.fields == nil {
		return c
	}
	for key, size := range presets {
		if !text.Has(key) {
			text.fields[key] = fmt.Append(nil, size)
		}
	}
	if tied := "tie_word_embeddings"; c.Has(tied) {
		text.fields[tied] = c.fields[tied]
	}
	text.plainPositions()
	return text
}

// plainPositions takes from the rotary parameters what has the time, the height
// and the width of a picture turn different parts of a head: of text, the three
// are the same.
func (c *Config) plainPositions() {
	for _, key := range []string{"rope_parameters", "rope_scaling"} {
		if !c.IsObject(key) {
			continue
		}
		o := c.Object(key)
		if o == nil {
			return
		}
		delete(o.fields, "mrope_section")
		delete(o.fields, "mrope_interleaved")
		for _, kind := range []string{"rope_type", "type"} {
			if string(o.fields[kind]) == `"mrope"` {
				o.fields[kind] = json.RawMessage(`"default"`)
			}
		}
		text, err := json.Marshal(o.fields)
		if err != nil {
			c.Fail("%s is %s: %w", key, c.show(key), err)
			return
		}
		c.fields[key] = text
	}
}
