package tasks

import (
	"errors"
	"fmt"
	"strings"

	"sparsellm/likelihood"
)

// Encoder turns text into token ids; special adds the special tokens that the
// tokenizer puts around a text.
type Encoder interface {
	Encode(text string, special bool) ([]int, error)
}

// Encoding says how texts become token ids.
type Encoding struct {
	Encoder
	Special bool // the tokenizer's special tokens come, too
	// Prefix is the token that stands before a text without a context: the
	// tokenizer's BOS, or else its EOS. A text that begins with PrefixText, its
	// text, brings it itself.
	Prefix     int
	PrefixText string
}

// text encodes a text that may begin with the prefix.
func (e Encoding) text(text string) ([]int, error) {
	marked := e.PrefixText != "" && strings.HasPrefix(text, e.PrefixText)
	return e.Encode(text, e.Special && !marked)
}

// pair encodes a context and what follows it.
func (e Encoding) pair(context, continuation string) (likelihood.Request, error) {
	none := likelihood.Request{}
	if stripped := strings.TrimRightFunc(context, isSpace); context != "" {
		context, continuation = stripped, context[len(stripped):]+continuation
		before, err := e.text(context)
		if err != nil {
			return none, err
		}
		if len(before) > 0 {
			whole, err := e.text(context + continuation)
			if err == nil && len(whole) <= len(before) {
				err = fmt.Errorf("%.40q adds no token to what comes before it", continuation)
			}
			if err != nil {
				return none, err
			}
			return likelihood.Request{Context: before, Continuation: whole[len(before):]}, nil
		}
	}
	after, err := e.Encode(continuation, false)
	if err != nil {
		return none, err
	}
	if len(after) > 0 && after[0] == e.Prefix {
		after = after[1:]
	}
	if len(after) == 0 {
		return none, errors.New("there is neither a context nor a word after it")
	}
	return likelihood.Request{Context: []int{e.Prefix}, Continuation: after}, nil
}

// Requests are those of a document, one for each choice.
func (e Encoding) Requests(d *Document) ([]likelihood.Request, error) {
	requests := make([]likelihood.Request, 0, len(d.Choices))
	for k, choice := range d.Choices {
		r, err := e.pair(d.context(k), betweenAnswer+choice)
		if err != nil {
			return nil, fmt.Errorf("choice %d: %w", k+1, err)
		}
		requests = append(requests, r)
	}
	return requests, nil
}
