package llamacpp

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Config is transformers' config.json as it is being made.
type Config struct {
	keys   []string
	values map[string]any
}

// Put sets a field; one that is new goes behind those that there are.
func (c *Config) Put(key string, value any) {
	if c.values == nil {
		c.values = map[string]any{}
	}
	if _, ok := c.values[key]; !ok {
		c.keys = append(c.keys, key)
	}
	c.values[key] = value
}

// PutNumber sets a field to a number, unless it is empty.
func (c *Config) PutNumber(key string, x json.Number) {
	if x != "" {
		c.Put(key, x)
	}
}

// Words puts the fields of the vocabulary, under the names that all
// architectures give them.
func (c *Config) Words(m *Meta) {
	c.Put("tie_word_embeddings", !m.HasTensor("output.weight"))
	switch dims := m.tensors["token_embd.weight"]; len(dims) {
	case 0:
		c.Put("vocab_size", 1) // who reads the tensors will miss it
	case 2:
		c.Put("vocab_size", dims[1])
	default:
		m.Fail("has an embedding that is no matrix")
	}
	for _, t := range []struct{ name, field string }{{"bos", "bos_token_id"}, {"eos", "eos_token_id"}, {"padding", "pad_token_id"}} {
		if id := m.token(t.name); id != nil {
			c.Put(t.field, *id)
		}
	}
}

// JSON returns the text.
func (c *Config) JSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, key := range c.keys {
		v, err := json.Marshal(c.values[key])
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%s", key, v)
	}
	b.WriteByte('}')
	var out bytes.Buffer
	err := json.Indent(&out, b.Bytes(), "", "  ")
	out.WriteByte('\n')
	return out.Bytes(), err
}
