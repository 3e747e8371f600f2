package tasks

import (
	"fmt"
	"slices"
	"strings"
)

// Set names a part of a data set of the Hugging Face hub.
type Set struct{ ID, Config, Split string }

// Task is a task by name: where its rows are, and what is made of them.
type Task struct {
	Name string
	Set  Set // of the rows that are evaluated
	// Train is the split that examples are of; empty where there is none.
	Train string
	read  func(r *row) Document
	// Normed says that accuracies by length are reported, and Word that there is
	// one right word and no choice.
	normed, word bool
	score        func(documents []Document, all []Answer) []Measure // of a user's own
}

// known are the tasks by name, as lm-evaluation-harness has them.
var known = []Task{
	{Name: "boolq", Set: Set{"aps/super_glue", "boolq", "validation"}, Train: "train", read: boolq},
	{Name: "rte", Set: Set{"nyu-mll/glue", "rte", "validation"}, Train: "train", read: rte},
	{Name: "hellaswag", Set: Set{"Rowan/hellaswag", "default", "validation"}, Train: "train", read: hellaswag, normed: true},
	{Name: "winogrande", Set: Set{"allenai/winogrande", "winogrande_xl", "validation"}, Train: "train", read: winogrande},
	{Name: "arc_easy", Set: Set{"allenai/ai2_arc", "ARC-Easy", "test"}, Train: "train", read: arc, normed: true},
	{Name: "arc_challenge", Set: Set{"allenai/ai2_arc", "ARC-Challenge", "test"}, Train: "train", read: arc, normed: true},
	{Name: "openbookqa", Set: Set{"allenai/openbookqa", "main", "test"}, Train: "train", read: openbookqa, normed: true},
	{Name: "piqa", Set: Set{"baber/piqa", "default", "validation"}, Train: "train", read: piqa, normed: true},
	{Name: "lambada_openai", Set: Set{"EleutherAI/lambada_openai", "default", "test"}, read: lambada, word: true},
}

// Names are those of the tasks that there are.
func Names() []string {
	var names []string
	for _, t := range known {
		names = append(names, t.Name)
	}
	return names
}

// Named returns a task by name.
func Named(name string) (*Task, error) {
	if i := slices.IndexFunc(known, func(t Task) bool { return t.Name == name }); i >= 0 {
		return &known[i], nil
	}
	return nil, fmt.Errorf("there is no task %q: those by name are %s, and a file of your own ends in .jsonl, .json or .parquet", name, strings.Join(Names(), ", "))
}

// Read makes a document of a row, a JSON object.
func (t *Task) Read(text []byte) (Document, error) {
	r, err := parseRow(text)
	if err != nil {
		return Document{}, err
	}
	d := t.read(r)
	if r.err != nil {
		return Document{}, r.err
	}
	return d, nil
}

func boolq(r *row) Document {
	return Document{
		Contexts: []string{r.text("passage") + "\nQuestion: " + r.text("question") + "?\nAnswer:"},
		Choices:  []string{"no", "yes"}, Gold: r.label("label", 2),
	}
}

func rte(r *row) Document {
	return Document{
		Contexts: []string{r.text("sentence1") + "\nQuestion: " + r.text("sentence2") + " True or False?\nAnswer:"},
		Choices:  []string{"True", "False"}, Gold: r.label("label", 2),
	}
}

func hellaswag(r *row) Document {
	d := Document{
		Contexts: []string{clean(r.text("activity_label") + ": " + r.text("ctx_a") + " " + capitalize(r.text("ctx_b")))},
		Choices:  r.texts("endings"),
	}
	for i, e := range d.Choices {
		d.Choices[i] = clean(e)
	}
	d.Gold = r.label("label", len(d.Choices))
	return d
}

// winogrande has a context for each option and the rest of the sentence as the
// continuation of each (partial evaluation: Trinh and Le, 2018).
func winogrande(r *row) Document {
	sentence := r.text("sentence")
	before, after, ok := strings.Cut(sentence, "_")
	if !ok && r.err == nil {
		r.fail("the sentence has no _ for its options: %.60q", sentence)
	}
	after = strip(after)
	d := Document{
		Contexts: []string{before + r.text("option1"), before + r.text("option2")},
		Choices:  []string{after, after},
	}
	switch answer := r.text("answer"); answer {
	case "1", "2":
		d.Gold = int(answer[0] - '1')
	case "":
		r.fail("the field \"answer\" is empty, as in splits whose answers are kept secret: another split is needed")
	default:
		r.fail("the field \"answer\" is %q, neither 1 nor 2", answer)
	}
	return d
}

func arc(r *row) Document {
	texts, gold := r.lettered(r.text("answerKey"))
	return Document{Contexts: []string{"Question: " + r.text("question") + "\nAnswer:"}, Choices: texts, Gold: gold}
}

func openbookqa(r *row) Document {
	texts, gold := r.lettered(strings.TrimLeftFunc(r.text("answerKey"), isSpace))
	return Document{Contexts: []string{r.text("question_stem")}, Choices: texts, Gold: gold}
}

func piqa(r *row) Document {
	return Document{
		Contexts: []string{"Question: " + r.text("goal") + "\nAnswer:"},
		Choices:  []string{r.text("sol1"), r.text("sol2")}, Gold: r.label("label", 2),
	}
}

// lambada asks for the last word (Paperno et al., 2016).
func lambada(r *row) Document {
	text := r.text("text")
	at := strings.LastIndexByte(text, ' ')
	return Document{Contexts: []string{text[:max(at, 0)]}, Choices: []string{text[at+1:]}, Gold: -1}
}
