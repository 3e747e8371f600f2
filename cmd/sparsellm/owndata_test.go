package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOwnData calibrates with chats, fields, short documents and folders, and
// wants the result to say what was used.
func TestOwnData(t *testing.T) {
	const template = "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}"
	dated := strings.Replace(template, "{%", "{{ strftime_now('%Y') }}{%", 1)
	sum := func(s string) string {
		h := sha256.Sum256([]byte(s))
		return hex.EncodeToString(h[:])
	}
	story := strings.Repeat("Once upon a time there was a model. ", 8)
	dir := t.TempDir()
	at := func(name, content string) string { return write(t, filepath.Join(dir, name), content) }
	chats, short := "", ""
	for i := range 20 {
		chats += fmt.Sprintf(`{"messages": [{"role": "user", "content": "%d?"}, {"role": "assistant", "content": %q}]}`+"\n", i, story)
		short += fmt.Sprintf(`{"instruction": "Say %d.", "input": "", "output": "It is %d."}`+"\n", i, i)
	}
	texts := filepath.Join(dir, "texts")
	if err := os.Mkdir(texts, 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(texts, "a.md"), story)
	write(t, filepath.Join(texts, "b.txt"), story+story)
	plain, chat := micro("opt-micro"), copyModel(t, "opt-micro")
	write(t, filepath.Join(chat, "chat_template.jinja"), template)
	today := copyModel(t, "opt-micro")
	write(t, filepath.Join(today, "chat_template.jinja"), dated)
	broken := copyModel(t, "opt-micro")
	write(t, filepath.Join(broken, "chat_template.jinja"), "{{ a")
	chatFile, shortFile := at("chats.jsonl", chats), at("short.jsonl", short)
	bodies := at("bodies.json", fmt.Sprintf(`[{"id": 1, "meta": {"body": %q}}, {"id": 2, "meta": {"body": %[1]q}}]`, story))

	type used struct {
		Field    string `json:"field"`
		Template string `json:"chat_template"`
		Pack     bool   `json:"pack"`
		Samples  int    `json:"nsamples"`
	}
	for _, c := range []struct {
		model, calib string
		more         []string
		want         used
		says         string
	}{
		{chat, chatFile, nil, used{"messages", sum(template), false, 4}, "calibrating with messages of each row of " + chatFile + ", written by the model's chat template"},
		{today, chatFile, nil, used{"messages", sum(dated), false, 4}, "the chat template writes today's date: SOURCE_DATE_EPOCH sets another"},
		{chat, shortFile, []string{"--pack"}, used{"instruction,input,output", sum(template), true, 4}, "calibrating with instruction, input, output of each row"},
		{plain, shortFile, []string{"--pack", "--nsamples", "9999"}, used{"instruction,input,output", "", true, 0}, "windows of 32 tokens, fewer than --nsamples asks for"},
		{plain, bodies, []string{"--field", "meta.body"}, used{"meta.body", "", false, 4}, ""},
		{broken, bodies, []string{"--field", "meta.body"}, used{"meta.body", "", false, 4}, ""},
		{plain, texts, nil, used{"", "", false, 4}, ""},
	} {
		out := filepath.Join(t.TempDir(), "out")
		args := append([]string{"prune", "--model", c.model, "--out", out, "--calib", c.calib, "--method", "magnitude", "--nsamples", "4", "--seqlen", "32", "--json", "-"}, c.more...)
		o := sparse(args...)
		if o.code != exitOK {
			t.Errorf("%v: %s", args, o.err)
			continue
		}
		var r struct {
			Settings used `json:"settings"`
		}
		if err := json.Unmarshal([]byte(o.out), &r); err != nil {
			t.Fatal(err)
		}
		if c.want.Samples == 0 {
			c.want.Samples = r.Settings.Samples
		}
		if r.Settings != c.want || !strings.Contains(strings.Join(strings.Fields(o.err), " "), c.says) || c.says == "" && strings.Contains(o.err, "calibrating with") {
			t.Errorf("%v: %+v, want %+v; it says %q, want %q", args, r.Settings, c.want, o.err, c.says)
		}
	}

	for _, c := range []struct {
		model, calib string
		more         []string
		want         string
	}{
		{plain, chatFile, nil, ": it is a chat, and the model has no chat template to write it by: name a field with a text with --field, or the folder of a tokenizer with a template with --tokenizer"},
		{broken, chatFile, nil, "the chat template of " + broken + " cannot be read: line 1: a tag is not closed"},
		{plain, shortFile, nil, "which a sample needs: --pack packs short ones into windows"},
		{plain, bodies, nil, `bodies.json, line 1: the field "text" is missing; there are "id", "meta": none is known to hold a text: name one with --field`},
		{plain, filepath.Join(micro("opt-micro"), "calib.rows.json"), []string{"--pack"}, "calib.rows.json has no documents to pack into windows"},
	} {
		o := sparse(append([]string{"prune", "--model", c.model, "--out", filepath.Join(t.TempDir(), "out"), "--calib", c.calib, "--nsamples", "4", "--seqlen", "128"}, c.more...)...)
		if o.code != exitFailed || !strings.Contains(o.err, c.want) {
			t.Errorf("%s: %d, %q, want %q", c.calib, o.code, o.err, c.want)
		}
	}
	if text := must(t, "eval", "--model", plain, "--data", bodies, "--field", "meta.body", "--seqlen", "32", "--json", "-"); !strings.Contains(text, `"field": "meta.body"`) {
		t.Error(text)
	}
}
