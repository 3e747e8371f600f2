package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"unicode/utf8"
)

// object walks a JSON text that is one object and calls field for each key,
// which must read that key's value and nothing else. encoding/json lets the
// last of two equal keys win, so that two readers of a file may see different
// tensors: here a key that comes twice, in any object, is an error.
func object(text []byte, field func(d *json.Decoder, key string) error) error {
	if !utf8.Valid(text) {
		return errors.New("is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return onlyObject(d, once(field))
}

// objectAt is object for the next value of d.
func objectAt(d *json.Decoder, field func(d *json.Decoder, key string) error) error {
	return eachField(d, once(field))
}

// once refuses a key that comes twice.
func once(field func(d *json.Decoder, key string) error) func(d *json.Decoder, key string) error {
	seen := map[string]bool{}
	return func(d *json.Decoder, key string) error {
		if seen[key] {
			return fmt.Errorf("has the key %q twice", key)
		}
		seen[key] = true
		return field(d, key)
	}
}

// onlyObject is eachField for the only value of d.
func onlyObject(d *json.Decoder, field func(d *json.Decoder, key string) error) error {
	if err := eachField(d, field); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("has something after its end")
	}
	return nil
}

// eachField calls field for each key of the object that is d's next value.
func eachField(d *json.Decoder, field func(d *json.Decoder, key string) error) error {
	if err := delim(d, '{'); err != nil {
		return err
	}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return syntax(err)
		}
		key, ok := t.(string)
		if !ok {
			return fmt.Errorf("has %v for a key", t)
		}
		if err := field(d, key); err != nil {
			return err
		}
	}
	return delim(d, '}')
}

func delim(d *json.Decoder, want json.Delim) error {
	t, err := d.Token()
	if err != nil {
		return syntax(err)
	}
	if t != want {
		return fmt.Errorf("has %v where %v should be", t, want)
	}
	return nil
}

func syntax(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.New("ends in the middle")
	}
	return fmt.Errorf("is not JSON: %w", err)
}

// rawAt reads any value. Two equal keys in it go unnoticed.
func rawAt(d *json.Decoder, v *json.RawMessage) error {
	if err := d.Decode(v); err != nil {
		return syntax(err)
	}
	return nil
}

func stringAt(d *json.Decoder) (string, error) {
	t, err := d.Token()
	if err != nil {
		return "", syntax(err)
	}
	s, ok := t.(string)
	if !ok {
		return "", fmt.Errorf("has %v where a string should be", t)
	}
	return s, nil
}

// integersAt reads an array of at most limit integers from 0 to the largest
// int64.
func integersAt(d *json.Decoder, limit int) ([]int64, error) {
	if err := delim(d, '['); err != nil {
		return nil, err
	}
	var v []int64
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, syntax(err)
		}
		n, ok := t.(json.Number)
		if !ok {
			return nil, fmt.Errorf("has %v where a number should be", t)
		}
		i, err := strconv.ParseInt(n.String(), 10, 64)
		if err != nil || i < 0 {
			return nil, fmt.Errorf("has %s where an integer from 0 to %d should be", n, int64(math.MaxInt64))
		}
		if len(v) == limit {
			return nil, fmt.Errorf("has more than %d numbers in an array", limit)
		}
		v = append(v, i)
	}
	return v, delim(d, ']')
}
