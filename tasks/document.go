package tasks

// Document is what is asked of a row.
type Document struct {
	// Contexts is one context for all choices, or one for each.
	Contexts []string
	// Choices are what may follow, without the space between. Where there is but
	// one, and no Gold, it is what has to follow.
	Choices []string
	Gold    int // index of the right choice; −1 without one
	Generated
}

// Generated is what an answer that the model writes is held against.
type Generated struct {
	Prompt     string
	References []string // any of which is right; none where nothing is generated
}

// context is that of choice k.
func (d *Document) context(k int) string {
	if len(d.Contexts) == 1 {
		return d.Contexts[0]
	}
	return d.Contexts[k]
}

// separators between a context and what follows, and after an example.
const (
	betweenAnswer   = " "
	betweenExamples = "\n\n"
)

// example is a document with its right answer, to be put before others.
func (d *Document) example() string {
	if len(d.References) > 0 {
		return d.Prompt + betweenAnswer + d.References[0] + betweenExamples
	}
	right := max(d.Gold, 0)
	return d.context(right) + betweenAnswer + d.Choices[right] + betweenExamples
}

// Shots puts so many examples before each document: the first ones. from may be
// the documents themselves; a document is then none of its own examples. It
// returns how many examples each has: fewer where there are not enough.
func Shots(documents, from []Document, n int, same bool) ([]Document, int) {
	shots := n
	if same {
		shots = min(shots, len(from)-1)
	} else {
		shots = min(shots, len(from))
	}
	if shots <= 0 {
		return documents, 0
	}
	all := make([]Document, len(documents))
	for i, d := range documents {
		prefix, taken := "", 0
		for j := 0; taken < shots; j++ {
			if same && j == i {
				continue
			}
			prefix += from[j].example()
			taken++
		}
		contexts := make([]string, len(d.Contexts))
		for k, c := range d.Contexts {
			contexts[k] = prefix + c
		}
		d.Contexts = contexts
		d.Prompt = prefix + d.Prompt
		all[i] = d
	}
	return all, shots
}
