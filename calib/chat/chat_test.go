package chat

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folder writes files into a folder of its own.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const tokens = `{"bos_token": "<s>", "eos_token": {"content": "</s>", "lstrip": false}, "unk_token": "<unk>", "pad_token": null}`

// row is one of testdata/conversations.json.
type row struct{ Messages, Tools json.RawMessage }

func readJSON(t testing.TB, path string, v any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestRenderings compares with transformers, template by template and chat by
// chat; testdata/make_renderings.py wrote them. The templates are in the manner
// of those of the models that they are named after.
func TestRenderings(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1720242243") // 2024-07-06
	var rows []row
	readJSON(t, "testdata/conversations.json", &rows)
	var all map[string][]struct{ Text, Error *string }
	readJSON(t, "testdata/renderings.json", &all)
	for name, wants := range all {
		source, err := os.ReadFile("testdata/templates/" + name + ".jinja")
		if err != nil {
			t.Fatal(err)
		}
		template, err := Open(folder(t, map[string]string{"tokenizer_config.json": tokens, "chat_template.jinja": string(source)}))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i, want := range wants {
			got, _, err := template.Render(rows[i].Messages, rows[i].Tools)
			switch {
			case want.Text != nil && (err != nil || got != *want.Text):
				t.Errorf("%s, chat %d:\n got %q, %v,\nwant %q", name, i, got, err, *want.Text)
			case want.Error != nil && (err == nil || !strings.Contains(err.Error(), *want.Error)):
				t.Errorf("%s, chat %d: %q, %v, want the error %q", name, i, got, err, *want.Error)
			}
		}
	}
}

// TestOpen wants the template that transformers finds.
func TestOpen(t *testing.T) {
	const chat = `[{"role": "user", "content": "a"}]`
	config := func(template string) string { return `{"eos_token": "E", "chat_template": ` + template + `}` }
	for _, c := range []struct {
		files       map[string]string
		plain, tool string
	}{
		{map[string]string{"tokenizer_config.json": config(`"x{{ eos_token }}"`)}, "xE", "xE"},
		{map[string]string{"tokenizer_config.json": config(`"x"`), "chat_template.jinja": "y"}, "y", "y"},
		{map[string]string{"tokenizer_config.json": config(`[{"name": "default", "template": "x"}, {"name": "tool_use", "template": "t{{ tools|length }}"}, {"name": "rag", "template": "{{"}]`)}, "x", "t1"},
		{map[string]string{"chat_template.jinja": "y", "additional_chat_templates/tool_use.jinja": "u"}, "y", "u"},
		{map[string]string{"tokenizer_config.json": config(`"{{ bos_token }}{{ pad_token }}."`), "special_tokens_map.json": tokens}, "<s>.", "<s>."},
	} {
		dir := folder(t, c.files)
		template, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		for tools, want := range map[string]string{"": c.plain, "[]": c.plain, "null": c.plain, `[{"a": 1}]`: c.tool, `"[{}]"`: c.tool, `""`: c.plain} {
			got, dated, err := template.Render([]byte(chat), []byte(tools)[:len(tools):len(tools)])
			if tools == "" {
				got, dated, err = template.Render([]byte(chat), nil)
			}
			if err != nil || got != want || dated {
				t.Errorf("%v with tools %q: %q, %v, want %q", c.files, tools, got, err, want)
			}
		}
	}
	for _, files := range []map[string]string{{}, {"tokenizer_config.json": "{}"}, {"tokenizer_config.json": config("null")}, {"tokenizer_config.json": config(`[]`)}} {
		if _, err := Open(folder(t, files)); !errors.Is(err, ErrNone) {
			t.Errorf("%v: %v", files, err)
		}
	}
	for _, c := range []struct {
		files map[string]string
		want  string
	}{
		{map[string]string{"tokenizer_config.json": "{"}, "tokenizer_config.json: unexpected end of JSON input"},
		{map[string]string{"tokenizer_config.json": config("7")}, "is neither a text nor a list of named ones"},
		{map[string]string{"tokenizer_config.json": config(`"{{ a"`)}, "cannot be read: line 1: a tag is not closed"},
		{map[string]string{"chat_template.jinja": "<!doctype html>"}, "is a web page"},
		{map[string]string{"chat_template.jinja": "x", "tokenizer_config.json": `{"bos_token": 7}`}, "bos_token is no token"},
		{map[string]string{"chat_template.jinja": "\n{% extends 'a' %}"}, "line 2: the statement 'extends' is not known here"},
	} {
		_, err := Open(folder(t, c.files))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: %v, want %q", c.files, err, c.want)
		}
	}
}

// TestShareGPT wants from and value to be a role and a content.
func TestShareGPT(t *testing.T) {
	template, err := Open(folder(t, map[string]string{"chat_template.jinja": "{% for m in messages %}{{ m.role }}:{{ m.content }};{% endfor %}"}))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ messages, want, err string }{
		{`[{"from": "system", "value": "s"}, {"from": "human", "value": "h", "weight": null}, {"value": "g", "from": "gpt"}]`, "system:s;user:h;assistant:g;", ""},
		{`[{"role": "user", "content": "u", "from": "x"}]`, "user:u;", ""},
		{`[{"from": "narrator", "value": "s"}]`, "", `message 1 is of "narrator", who is none of system, human, gpt and tool`},
		{`[{"role": "user", "content": "u"}, 7]`, "", "message 2 is not an object with a role and a content"},
		{`[{"content": "u"}]`, "", "message 1 has no role"},
		{`[]`, "", "the messages are not a list that holds any"},
		{`{"role": "user"}`, "", "the messages are not a list"},
		{`"x"`, "", "the messages are not a list"},
		{`[`, "", "the messages are no JSON"},
		{strings.Repeat("[", 9999), "", "levels of nesting"},
	} {
		got, _, err := template.Render([]byte(c.messages), nil)
		if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%.80s: %q, %v, want %q, %q", c.messages, got, err, c.want, c.err)
		}
	}
}

// TestDate wants to be told of a date, and a directive that is not known to be
// refused.
func TestDate(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1720242243")
	for format, want := range map[string]string{"%d %b %Y": "06 Jul 2024", "%B %A %j %y %p %I:%M:%S %% %": "July Saturday 188 24 AM 05:04:03 % %", "%c": ""} {
		template, err := Open(folder(t, map[string]string{"chat_template.jinja": "{{ strftime_now('" + format + "') }}"}))
		if err != nil {
			t.Fatal(err)
		}
		got, dated, err := template.Render([]byte(`[{"role": "user"}]`), nil)
		if got != want || !dated || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v, %v, want %q", format, got, dated, err, want)
		}
	}
}

func FuzzRender(f *testing.F) {
	var rows []row
	readJSON(f, "testdata/conversations.json", &rows)
	source, err := os.ReadFile("testdata/templates/mistral.jinja")
	if err != nil {
		f.Fatal(err)
	}
	template, err := Open(folder(f, map[string]string{"tokenizer_config.json": tokens, "chat_template.jinja": string(source)}))
	if err != nil {
		f.Fatal(err)
	}
	for _, r := range rows {
		f.Add([]byte(r.Messages), []byte(r.Tools))
	}
	f.Fuzz(func(t *testing.T, messages, tools []byte) {
		if _, _, err := template.Render(messages, tools); err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("the error is %q", err)
		}
	})
}
