package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	taskFile    = regexp.MustCompile("(?s)```json (\\S+)\n(.*?)```")
	taskCommand = regexp.MustCompile("(?s)```sh\nsparsellm (eval --model MODEL [^`]*)```\n\nIt reports ([^`]*?)\\.\n")
)

// TestOwnTasks runs the examples of docs/tasks.md, and looks for the measures that
// it names.
func TestOwnTasks(t *testing.T) {
	page := string(read(t, filepath.Join("..", "..", "docs", "tasks.md")))
	model, err := filepath.Abs(micro("llama-micro"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for _, m := range taskFile.FindAllStringSubmatch(page, -1) {
		write(t, m[1], m[2])
	}
	commands := taskCommand.FindAllStringSubmatch(page, -1)
	if len(commands) != 3 {
		t.Fatalf("%d commands", len(commands))
	}
	for _, m := range commands {
		args := strings.Fields(strings.ReplaceAll(strings.ReplaceAll(m[1], "\\\n", " "), "MODEL", model))
		for i, a := range args {
			args[i] = strings.Trim(a, `"`)
		}
		var out struct{ Tasks []map[string]any }
		if err := json.Unmarshal([]byte(must(t, append(args, "--json", "-", "--quiet", "--against", model)...)), &out); err != nil {
			t.Fatal(err)
		}
		result := out.Tasks[0]
		named := 0
		for _, word := range regexp.MustCompile(`\w+`).FindAllString(m[2], -1) {
			if _, ok := result[word]; ok && word != "tokens" {
				named++
			}
		}
		if want := len(result["differences"].([]any)); named < want-1 || result["n"] != 2.0 || len(result["docs"].([]any)) != 2 {
			t.Errorf("%s: of %d measures %d are named: %v", m[1], want, named, result)
		}
		for _, d := range result["differences"].([]any) {
			if by := d.(map[string]any)["by"]; by != 0.0 {
				t.Errorf("a model differs from itself by %v", by)
			}
		}
	}
}

// TestTaskMistakes gives rows and flags that are wrong.
func TestTaskMistakes(t *testing.T) {
	model := micro("llama-micro")
	dir := t.TempDir()
	for _, c := range []struct{ name, row, want string }{
		{"boolq", `{"question": "a", "passage": "b", "label": -1}`, `the field "label" is -1, as in splits whose answers are kept secret`},
		{"boolq", `{"question": "a", "label": 1}`, `the field "passage" is missing; there are label, question`},
		{"boolq", `{"question": "a", "passage": null, "label": 1}`, `the field "passage" is null`},
		{"boolq", `{"question": 5, "passage": "x", "label": 1}`, `the field "question" is 5, not a text`},
		{"boolq", `{"question": "a", "passage": "b", "label": 2}`, `the field "label" is 2, and there are 2 choices`},
		{"boolq", `[1, 2]`, `has no rows`},
		{"hellaswag", `{"activity_label": "a", "ctx_a": "b", "ctx_b": "c", "endings": ["d", null], "label": "1"}`, `has a null in its list`},
		{"hellaswag", `{"activity_label": "a", "ctx_a": "b", "ctx_b": "c", "endings": ["d", "e"], "label": ""}`, `kept secret`},
		{"winogrande", `{"sentence": "a", "option1": "b", "option2": "c", "answer": "1"}`, `has no _`},
		{"winogrande", `{"sentence": "a _ b", "option1": "b", "option2": "c", "answer": ""}`, `kept secret`},
		{"winogrande", `{"sentence": "a _ b", "option1": "b", "option2": "c", "answer": "3"}`, `neither 1 nor 2`},
		{"arc_easy", `{"question": "a", "choices": {"text": ["b"], "label": ["A", "B"]}, "answerKey": "A"}`, `has 1 texts and 2 labels`},
		{"arc_easy", `{"question": "a", "choices": {"text": ["b"], "label": ["A"]}, "answerKey": "C"}`, `"C" is none of the labels A`},
		{"rte", `{"sentence1": "` + strings.Repeat("x ", 10) + `"`, `the file ends within the document`},
	} {
		path := write(t, filepath.Join(dir, c.name+".jsonl"), c.row+"\r\n")
		o := sparse("eval", "--model", model, "--tasks", c.name, "--task-data", dir, "--quiet")
		if o.code != exitFailed || !strings.Contains(o.err, c.want) || !strings.Contains(o.err, c.name) || strings.Count(o.err, "\n") != 1 {
			t.Errorf("%s: %s", c.row, o.err)
		}
		os.Remove(path)
	}
	// Rows below a folder of the task's name, and examples beside them.
	const row = `{"sentence1": "a", "sentence2": "b", "label": 1}` + "\n"
	if err := os.MkdirAll(filepath.Join(dir, "rows", "rte"), 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "rows", "rte", "validation-00000-of-00001.jsonl"), row+row+row)
	write(t, filepath.Join(dir, "rows", "rte", "train.jsonl"), row)
	o := sparse("eval", "--model", model, "--tasks", "rte", "--task-data", filepath.Join(dir, "rows"), "--shots", "2")
	if o.code != exitOK || !strings.Contains(o.err, "there are 1 examples only, of the 2 that --shots asks for") || !strings.Contains(o.out, "rte           3") {
		t.Errorf("%s%s", o.err, o.out)
	}
	own := func(row string) string { return write(t, filepath.Join(dir, "own.jsonl"), row+"\n") }
	for _, c := range []struct {
		row  string
		args []string
		want string
	}{
		{`{"question": "a"}`, nil, "it has neither choices (and answer) nor target nor references"},
		{`{"context": "a", "choices": ["b"], "answer": 0}`, nil, "it takes two to choose"},
		{`{"context": "a", "choices": ["b", "c"]}`, nil, `the field "answer" is missing`},
		{`{"context": "a", "choices": ["b", "c"], "answer": "d"}`, nil, `is "d", not a number`},
		{`{"source": "a", "target": " "}`, nil, `the field "target" is empty`},
		{`{"prompt": "a", "references": []}`, nil, `the field "references" is empty`},
		{`{"target": "a"}`, []string{"--template", "{what} is"}, `the field "what" is missing`},
		{`{"target": "a", "x": [1]}`, []string{"--template", "{x}"}, `the field "x" is [1], not a text or a number`},
	} {
		o := sparse(append([]string{"eval", "--model", model, "--quiet", "--tasks", own(c.row)}, c.args...)...)
		if o.code != exitFailed || !strings.Contains(o.err, "line 1: ") || !strings.Contains(o.err, c.want) {
			t.Errorf("%s: %s", c.row, o.err)
		}
	}
	good := own(`{"source": "a", "target": "b"}`)
	for _, c := range []struct {
		args []string
		want string
		code int
	}{
		{[]string{"--tasks", "mmlu"}, `there is no task "mmlu": those by name are boolq, `, exitUsage},
		{[]string{"--tasks", "rte,rte"}, "--tasks has rte twice", exitUsage},
		{[]string{"--tasks", "rte", "--task-data", dir}, "has no rows of rte: put them there as rte.jsonl", exitFailed},
		{[]string{"--tasks", "rte", "--task-data", dir + "/none"}, "there is no folder", exitFailed},
		{[]string{"--tasks", "none.jsonl"}, "there is no file none.jsonl", exitFailed},
		{[]string{"--tasks", good, "--bos", "maybe"}, "--bos maybe is none of auto, yes and no", exitUsage},
		{[]string{"--tasks", good, "--shots", "-1"}, "--shots -1 is negative", exitUsage},
		{[]string{"--data", good, "--shots", "1"}, "--shots goes with --tasks only", exitUsage},
		{[]string{"--tasks", good, "--against-states", dir + "/s"}, "--against-states goes with --against", exitUsage},
		{[]string{"--tasks", good, "--against", dir}, "--against: ", exitFailed},
	} {
		o := sparse(append([]string{"eval", "--model", model, "--quiet"}, c.args...)...)
		if o.code != c.code || !strings.Contains(o.err, c.want) {
			t.Errorf("%v: %d, %s", c.args, o.code, o.err)
		}
	}
}
