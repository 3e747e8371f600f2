package decoder

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"sparsellm/internal/pyjson"
)

// Config reads the fields of a config.json. The first bad field sets the
// error that Err returns; what is read after it is of no account.
//
// A null is as bad as text where a number or text is read, as it is to
// transformers: where it stands for something, the caller asks Has first.
type Config struct {
	name   string // for errors: "config.json", or "config.json: rope_scaling"
	fields map[string]json.RawMessage
	asked  map[string]bool // fields that have been asked for
	err    *error
}

// ParseConfig reads the text of a config.json, which must be a JSON object.
func ParseConfig(text []byte) (*Config, error) {
	c := &Config{name: "config.json", asked: map[string]bool{}, err: new(error)}
	text, err := pyjson.Standard(text)
	if err != nil {
		return nil, fmt.Errorf("config.json %w", err)
	}
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

// There says whether a field is there, if only as null.
func (c *Config) There(key string) bool {
	c.asked[key] = true
	_, ok := c.fields[key]
	return ok
}

// Has says whether a field is there and not null.
func (c *Config) Has(key string) bool { return c.There(key) && !c.null(key) }

func (c *Config) null(key string) bool { return bytes.Equal(c.fields[key], []byte("null")) }

// Keys returns the names of the fields, in order.
func (c *Config) Keys() []string { return slices.Sorted(maps.Keys(c.fields)) }

// Int returns an integer field of lo..hi, or def where there is none.
func (c *Config) Int(key string, def, lo, hi int) int {
	if !c.There(key) {
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
	if !c.There(key) {
		return def
	}
	var x float64
	if err := json.Unmarshal(c.fields[key], &x); err != nil || c.null(key) {
		c.Fail("%s is %s, not a number", key, c.show(key))
		return def
	}
	if x < lo || x > math.MaxFloat32 {
		c.Fail("%s is %g, not within %g and %g", key, x, lo, math.MaxFloat32)
		return def
	}
	return x
}

// Positive returns a number above 0 that must be there.
func (c *Config) Positive(key string) float64 {
	if !c.There(key) {
		c.Fail("%s is missing", key)
	}
	x := c.Float(key, 1, -math.MaxFloat32)
	if x < math.SmallestNonzeroFloat32 {
		c.Fail("%s is %g, not above 0", key, x)
		return 1
	}
	return x
}

// Positives returns a list of n numbers above 0 that must be there.
func (c *Config) Positives(key string, n int) []float64 {
	if !c.Has(key) {
		c.Fail("%s is missing", key)
		return make([]float64, n)
	}
	var list []*float64
	if err := json.Unmarshal(c.fields[key], &list); err != nil {
		c.Fail("%s is %s, not a list of numbers", key, c.show(key))
		return make([]float64, n)
	}
	if len(list) != n {
		c.Fail("%s has %d numbers where %d should be", key, len(list), n)
		return make([]float64, n)
	}
	numbers := make([]float64, n)
	for i, x := range list {
		if x == nil || *x < math.SmallestNonzeroFloat32 || *x > math.MaxFloat32 {
			c.Fail("%s has at place %d no number above 0", key, i)
			continue
		}
		numbers[i] = *x
	}
	return numbers
}

// Bool returns a boolean field, or def where there is none; null is false, as
// it is in Python.
func (c *Config) Bool(key string, def bool) bool {
	if !c.There(key) {
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
	if !c.There(key) {
		return def
	}
	var s string
	if err := json.Unmarshal(c.fields[key], &s); err != nil || c.null(key) {
		c.Fail("%s is %s, not a string", key, c.show(key))
	}
	return s
}

// Strings returns a field that is a list of strings; nil where there is none.
func (c *Config) Strings(key string) []string { return listOf[string](c, key, "strings") }

// Ints returns a field that is a list of whole numbers; nil where there is none.
func (c *Config) Ints(key string) []int { return listOf[int](c, key, "whole numbers") }

func listOf[E any](c *Config, key, what string) []E {
	if !c.Has(key) {
		return nil
	}
	list := []E{}
	if err := json.Unmarshal(c.fields[key], &list); err != nil {
		c.Fail("%s is %s, not a list of %s", key, c.show(key), what)
		return nil
	}
	return list
}

// Asked says whether a field has been asked for.
func (c *Config) Asked(key string) bool { return c.asked[key] }

// None returns an object of no fields, whose errors become c's.
func (c *Config) None() *Config {
	return &Config{name: c.name, asked: map[string]bool{}, err: c.err}
}

// Object returns a field that is an object, whose errors become c's; nil
// where there is none.
func (c *Config) Object(key string) *Config {
	if !c.Has(key) {
		return nil
	}
	o := &Config{name: c.name + ": " + key, asked: map[string]bool{}, err: c.err}
	if err := json.Unmarshal(c.fields[key], &o.fields); err != nil {
		c.Fail("%s is %s, not an object", key, c.show(key))
		return nil
	}
	return o
}

// IsObject says whether a field is an object.
func (c *Config) IsObject(key string) bool { return bytes.HasPrefix(c.fields[key], []byte("{")) }

// show returns a field's text on one line, cut to what an error can hold.
func (c *Config) show(key string) string {
	const most = 40
	text := c.fields[key]
	var flat bytes.Buffer
	if json.Compact(&flat, text) == nil {
		text = flat.Bytes()
	}
	s := []rune(pyjson.Show(text))
	if len(s) > most {
		return string(s[:most]) + "…"
	}
	return string(s)
}
