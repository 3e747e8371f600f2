package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"sparsellm/job"
)

func tokenizeCommand(con *console) *cobra.Command {
	var dir string
	var lines, special bool
	cmd := &cobra.Command{
		Use:   "tokenize --tokenizer DIR [--jsonl] [--special]",
		Short: "Turn text on standard input into token ids",
		Long: `Tokenize prints the token ids of a text as a JSON array. Standard input is one
text, byte for byte but for a byte order mark at its start; with --jsonl each of
its lines is a text, as a JSON string, and is answered by a line.`,
		Example: `  echo '"Once upon a time"' | sparsellm tokenize --tokenizer opt-125m --jsonl`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if dir == "" {
				return usagef("--tokenizer is missing: give the folder of the tokenizer, or a GGUF file")
			}
			tok, err := job.OpenTokenizer(dir)
			if err != nil {
				return err
			}
			encode := func(text string) ([]byte, error) {
				ids, err := tok.Encode(text, special)
				if err != nil {
					return nil, err
				}
				if ids == nil {
					ids = []int{}
				}
				return json.Marshal(ids)
			}
			if lines {
				return eachLine(con.in, con.out, func(line []byte) ([]byte, error) {
					line = bytes.TrimPrefix(line, []byte(byteOrderMark))
					text, err := jsonString(line)
					if err != nil {
						return nil, err
					}
					return encode(text)
				})
			}
			text, err := io.ReadAll(con.in)
			if err != nil {
				return fmt.Errorf("reading standard input: %w", err)
			}
			if enc := wide(text); enc != "" {
				return fmt.Errorf("standard input is %s: make UTF-8 of it with `iconv -f %s -t UTF-8`", enc, enc)
			}
			answer, err := encode(strings.TrimPrefix(string(text), byteOrderMark))
			if err != nil {
				return fmt.Errorf("standard input: %w", err)
			}
			_, err = fmt.Fprintf(con.out, "%s\n", answer)
			return err
		},
	}
	cmd.Flags().StringVar(&dir, "tokenizer", "", "`folder` of the tokenizer, or a GGUF file")
	cmd.Flags().BoolVar(&lines, "jsonl", false, "read a JSON string per line")
	cmd.Flags().BoolVar(&special, "special", false, "add the special tokens that the tokenizer puts around a text")
	completions(cmd, map[string]cobra.CompletionFunc{"tokenizer": cobraFolders})
	return cmd
}

// byteOrderMark is U+FEFF, which Windows puts at the start of a file and which
// is no part of the text.
const byteOrderMark = "\ufeff"

// wide returns the encoding that the byte order mark of a text names, "" if it
// is that of UTF-8 or there is none.
func wide(text []byte) string {
	switch {
	case bytes.HasPrefix(text, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(text, []byte("\x00\x00\xfe\xff")):
		return "UTF-32"
	case bytes.HasPrefix(text, []byte("\xff\xfe")), bytes.HasPrefix(text, []byte("\xfe\xff")):
		return "UTF-16"
	}
	return ""
}

// eachLine answers every line of r with one on w, at once where more is yet to
// come, so that a program can ask and wait.
func eachLine(r io.Reader, w io.Writer, answer func(line []byte) ([]byte, error)) error {
	in, out := bufio.NewReader(r), bufio.NewWriter(w)
	defer out.Flush() // what is answered before an error is good
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("reading standard input: %w", err)
		}
		last := err != nil
		if last && len(line) == 0 {
			return out.Flush()
		}
		text, err := answer(bytes.TrimRight(line, "\r\n"))
		if err != nil {
			return fmt.Errorf("standard input, line %d: %w", n, err)
		}
		out.Write(text)
		out.WriteByte('\n')
		if last || in.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				return err
			}
		}
		if last {
			return nil
		}
	}
}

func jsonString(line []byte) (string, error) {
	var s *string
	if enc := wide(line); enc != "" {
		return "", fmt.Errorf("it is %s: make UTF-8 of it with `iconv -f %s -t UTF-8`", enc, enc)
	}
	if !utf8.Valid(line) {
		return "", errors.New("it is not UTF-8")
	}
	if err := json.Unmarshal(line, &s); err != nil || s == nil {
		return "", errors.New("it is not a JSON string")
	}
	return *s, nil
}
