package main

import (
	"encoding/json"
	"fmt"
	"io"

	"sparsellm/internal/atomicfile"
)

const jsonUsage = "also write the result to this `file` (-: to standard output instead of the table)"

// writeJSON writes v to the file path in one step, or to standard output if
// path is "-".
func (c *console) writeJSON(path string, v any) error {
	if path == "-" {
		return encodeJSON(c.out, v)
	}
	if err := atomicfile.Write(path, func(w io.Writer) error { return encodeJSON(w, v) }); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return nil
}

// report writes the result v as JSON to the file path, if there is one, and
// else to standard output as print does.
func (c *console) report(path string, v any, print func(io.Writer) error) error {
	if path != "" {
		if err := c.writeJSON(path, v); err != nil || path == "-" {
			return err
		}
	}
	return print(c.out)
}

func encodeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
