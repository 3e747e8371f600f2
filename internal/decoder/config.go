package decoder

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Config reads the fields of a config.json. The first bad field sets the
// error that Err returns; what is read after it is of no account.
type Config struct {
	name   string // for errors: "config.json", or "config.json: rope_scaling"
	fields map[string]json.RawMessage
	err    *error
}

// ParseConfig reads the text of a config.json, which must be a JSON object.
func ParseConfig(text []byte) (*Config, error) {
	c := &Config{name: "config.json", err: new(error)}
	if err := json.Unmarshal(text, &c.fields); err != nil {
		return nil, fmt.Errorf("config.json is not a JSON object: %w", err)
	}
	if c.fields == nil {
		return nil, fmt.Errorf("config.json is not a JSON object: it is null")
	}
	return c, nil
}

// Err returns what was wrong with the first bad field.
func (c *Config) Err() error { return *c.err }

// Fail sets the error, unless there is one.
func (c *Config) Fail(format string, args ...any) {
	if *c.err == nil {
		*c.err = fmt.Errorf("%s: %w", c.name, fmt.Errorf(format, args...))
	}
}

// Has says whether a field is there and not null.
func (c *Config) Has(key string) bool {
	v, ok := c.fields[key]
	return ok && !bytes.Equal(v, []byte("null"))
}

// Int returns an integer field of lo..hi, or def where there is none.
func (c *Config) Int(key string, def, lo, hi int) int {
	if !c.Has(key) {
		return def
	}
	n, err := strconv.Atoi(string(c.fields[key]))
	if err != nil {
		c.Fail("%s is %s, not a whole number", key, c.show(key))
		return def
	}
	if n < lo || n > hi {
		c.Fail("%s is %d, not within %d and %d", key, n, lo, hi)
		return def
	}
	return n
}

// Size returns an integer field that must be there, of 1..hi.
func (c *Config) Size(key string, hi int) int {
	if !c.Has(key) {
		c.Fail("%s is missing", key)
		return 1
	}
	return c.Int(key, 1, 1, hi)
}

// Float returns a number of lo or more, or def where there is none.
func (c *Config) Float(key string, def, lo float64) float64 {
	if !c.Has(key) {
		return def
	}
	var x float64
	if err := json.Unmarshal(c.fields[key], &x); err != nil {
		c.Fail("%s is %s, not a number", key, c.show(key))
		return def
	}
	if x < lo || x > math.MaxFloat32 {
		c.Fail("%s is %g, not within %g and %g", key, x, lo, math.MaxFloat32)
		return def
	}
	return x
}

// RequiredFloat is Float for a field that must be there.
func (c *Config) RequiredFloat(key string, lo float64) float64 {
	if !c.Has(key) {
		c.Fail("%s is missing", key)
	}
	return c.Float(key, lo, lo)
}

// Bool returns a boolean field, or def where there is none.
func (c *Config) Bool(key string, def bool) bool {
	if !c.Has(key) {
		return def
	}
	var b bool
	if err := json.Unmarshal(c.fields[key], &b); err != nil {
		c.Fail("%s is %s, neither true nor false", key, c.show(key))
	}
	return b
}

// String returns a string field, or def where there is none.
func (c *Config) String(key, def string) string {
	if !c.Has(key) {
		return def
	}
	var s string
	if err := json.Unmarshal(c.fields[key], &s); err != nil {
		c.Fail("%s is %s, not a string", key, c.show(key))
	}
	return s
}

// Object returns a field that is an object, whose errors become c's; nil
// where there is none.
func (c *Config) Object(key string) *Config {
	if !c.Has(key) {
		return nil
	}
	o := &Config{name: c.name + ": " + key, err: c.err}
	if err := json.Unmarshal(c.fields[key], &o.fields); err != nil {
		c.Fail("%s is %s, not an object", key, c.show(key))
		return nil
	}
	return o
}

// show returns a field's text, cut to what an error can hold.
func (c *Config) show(key string) string {
	const most = 40
	s := []rune(string(c.fields[key]))
	if len(s) > most {
		return string(s[:most]) + "…"
	}
	return string(s)
}
