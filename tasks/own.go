package tasks

// Writing says how the rows of a user's own task become questions.
type Writing struct {
	// Template makes the context of a row's fields: {question} is that of the
	// field question. Empty: the field context, source or prompt as it is.
	Template string `json:"template,omitempty"`
	// Stop are the texts before which an answer ends, MaxTokens how many tokens it
	// has at most.
	Stop      []string `json:"stop,omitempty"`
	MaxTokens int      `json:"max_tokens,omitempty"`
}

func Own(name string, w Writing) Task { return Task{Name: name} }
