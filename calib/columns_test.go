package calib

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
)

// plainChat writes a chat as its messages, and what it was given of tools.
type plainChat struct{}

func (plainChat) Render(messages, tools []byte) (string, bool, error) {
	if strings.Contains(string(messages), "refuse") {
		return "", false, errors.New("the chat template refuses it")
	}
	return string(messages) + string(tools), true, nil
}

// TestColumns wants of each row the text of the fields that it has, or that are
// asked for.
func TestColumns(t *testing.T) {
	for _, c := range []struct {
		row, fields string
		chat        Chat
		want, used  string // the text, the fields
		isChat      bool
	}{
		{`{"id": 1, "text": "a"}`, "", nil, "a", "text", false},
		{`"a"`, "", nil, "a", "", false},
		{` "a"`, "b", nil, "a", "", false},
		{`{"text": "a", "messages": [{"role": "user", "content": "b"}]}`, "", plainChat{}, "a", "text", false},
		{`{"text": null, "content": "a"}`, "", nil, "a", "content", false},
		{`{"messages": [{"role": "user", "content": "b"}]}`, "", plainChat{}, `[{"role":"user","content":"b"}]`, "messages", true},
		{`{"messages": [{"role": "user", "content": "b"}], "tools": [{"a": 1}]}`, "", plainChat{}, `[{"role":"user","content":"b"}][{"a": 1}]`, "messages", true},
		{`{"conversations": [{"from": "human", "value": "b"}]}`, "", plainChat{}, `[{"from":"human","value":"b"}]`, "conversations", true},
		{`{"instruction": "a", "input": "b", "output": "c"}`, "", nil, "a\n\nb\n\nc", "instruction,input,output", false},
		{`{"instruction": "a", "input": "", "output": "c"}`, "", nil, "a\n\nc", "instruction,input,output", false},
		{`{"instruction": "a", "input": null, "response": "c"}`, "", nil, "a\n\nc", "instruction,input,response", false},
		{`{"instruction": "a", "output": "c"}`, "", plainChat{}, `[{"content":"a","role":"user"},{"content":"c","role":"assistant"}]`, "instruction,input,output", true},
		{`{"instruction": "a", "context": "", "response": "c"}`, "", nil, "a\n\nc", "instruction,context,response", false},
		{`{"prompt": "a", "completion": "b"}`, "", nil, "a\n\nb", "prompt,completion", false},
		{`{"prompt": "a", "chosen": "b", "rejected": "c"}`, "", nil, "a\n\nb", "prompt,chosen", false},
		{`{"prompt": [{"role": "user", "content": "a"}], "completion": [{"role": "assistant", "content": "b"}]}`, "", plainChat{}, `[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]`, "prompt,completion", true},
		{`{"question": "a", "answer": "b"}`, "", nil, "a\n\nb", "question,answer", false},
		{`{"input": "a", "output": "b"}`, "", nil, "a\n\nb", "input,output", false},
		{`{"a": "x", "b": "y"}`, "b", nil, "y", "b", false},
		{`{"a": "x", "b": "y"}`, "b,a", plainChat{}, "y\n\nx", "b,a", false},
		{`{"a": {"b": {"c": "x"}}, "a.b": "y"}`, "a.b.c", nil, "x", "a.b.c", false},
		{`{"a": {"b": "x"}, "a.b": "y"}`, "a.b", nil, "y", "a.b", false},
		{`{"a": null, "b": "y"}`, "a,b", nil, "y", "a,b", false},
		{`{"text": "a", "chat": [{"role": "user"}]}`, "chat", plainChat{}, `[{"role":"user"}]`, "chat", true},
	} {
		var found Found
		r := Reading{Chat: c.chat, Found: &found}
		if c.fields != "" {
			r.Fields = strings.Split(c.fields, ",")
		}
		p := documentParser{Reading: r}
		got, err := p.parse([]byte(c.row))
		if err != nil || got != (piece{c.want, c.isChat}) || strings.Join(found.Fields, ",") != c.used || found.Chat != c.isChat || found.Dated != c.isChat {
			t.Errorf("%s, %q: %q, %+v, %v", c.row, c.fields, got.text, found, err)
		}
	}
}

// TestColumnErrors wants each row that cannot be used to be refused by the place
// and the name of what is wrong.
func TestColumnErrors(t *testing.T) {
	long := `{"messages": [{"role": "user", "content": "` + strings.Repeat("1 ", 50) + `"}]}` + "\n"
	for _, c := range []struct {
		rows, fields string
		chat         Chat
		is           error
		want         string
	}{
		{`{"a": 1, "b": "x"}`, "", nil, ErrFields, `a.jsonl, line 1: the field "text" is missing; there are "a", "b": none is known to hold a text`},
		{`{"messages": "x"}` + "\n", "", nil, nil, `a.jsonl`},
		{`{"messages": []}`, "", nil, ErrFields, `"messages"`},
		{`{"messages": [{"role": "user"}]}`, "", nil, ErrNoChat, "a.jsonl, line 1: it is a chat, and the model has no chat template"},
		{`{"messages": [{"role": "user", "content": "refuse"}]}`, "", plainChat{}, nil, "a.jsonl, line 1: the chat template refuses it"},
		{long + `{"text": "a"}`, "", plainChat{}, nil, `a.jsonl, line 2: the field "messages" is missing; there are "text"`},
		{long + `{"messages": null}`, "", plainChat{}, nil, `a.jsonl, line 2: the field "messages" is null`},
		{long + `{"messages": [1]}`, "", plainChat{}, nil, `a.jsonl, line 2: the field "messages" is an array, not a string`},
		{long + `[2]`, "", plainChat{}, nil, "a.jsonl, line 2: it is a JSON array, not an object with fields"},
		{long + `null`, "", plainChat{}, nil, "a.jsonl, line 2: it is a JSON null"},
		{long + `{"messages": `, "", plainChat{}, nil, "a.jsonl, line 2: not a JSON object with fields"},
		{`{"a": "x"}`, "b", nil, nil, `a.jsonl, line 1: the field "b" is missing; there are "a"`},
		{`{"a": "x"}`, "a.b", nil, nil, `the field "a.b" is missing`},
		{`{"a": {"b": 7}}`, "a.b", nil, nil, `the field "a.b" is a number, not a string`},
		{`{"a": null}`, "a", nil, nil, `the field "a" is null`},
		{`{"a": "x", "b": [{"role": "user"}]}`, "a,b", plainChat{}, nil, "some of a, b are messages and some are text"},
		{`{"a": "x"}`, ",", nil, nil, `the field "" is missing`},
		{`{"prompt": "x", "completion": [{"role": "user"}]}`, "", plainChat{}, nil, "some of prompt, completion are messages and some are text"},
	} {
		path := put(t, "a.jsonl", c.rows)
		r := Reading{Chat: c.chat}
		if c.fields != "" {
			r.Fields = strings.Split(c.fields, ",")
		}
		_, err := Evaluation(path, letters{}, 4, 0, r)
		checkError(t, c.rows, err, c.want)
		if c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%s: %v is not %v", c.rows, err, c.is)
		}
		for seed := range int64(3) {
			// Another seed may find enough in the rows before.
			if _, err := Calibration(path, letters{}, Options{Samples: 40, SeqLen: 4, Seed: seed, Reading: r}); c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%s: %v is not %v", c.rows, err, c.is)
			} else if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %q", c.rows, err)
			}
		}
	}
	path := put(t, "a.jsonl", `{"text": "a", "other": [{"role": "user"}]}`+"\n"+`{"other": "b"}`)
	_, err := Evaluation(path, letters{}, 1<<10, 0, Reading{Fields: []string{"other"}, Chat: plainChat{}})
	checkError(t, "both kinds", err, "a.jsonl, line 2: some of the documents are chats and some are not")
}

// TestChats wants chats to be given no special tokens.
func TestChats(t *testing.T) {
	render := chatFunc(func(messages []byte) string {
		var m []struct{ Content string }
		if err := json.Unmarshal(messages, &m); err != nil {
			t.Fatal(err)
		}
		return m[0].Content
	})
	var b strings.Builder
	for i := range 5 {
		fmt.Fprintf(&b, `{"messages": [{"role": "user", "content": %q}]}`+"\n", spell(count(100*i, 9)))
	}
	path := put(t, "a.jsonl", b.String())
	got, err := Evaluation(path, numbers{}, 20, 0, Reading{Chat: render})
	want := [][]int{slices.Concat(count(0, 9), count(100, 9), count(200, 2)), slices.Concat(count(202, 7), count(300, 9), count(400, 4))}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	samples, err := Calibration(path, numbers{}, Options{Samples: 9, SeqLen: 8, Reading: Reading{Chat: render}})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range samples {
		if !slices.Equal(s, count(s[0], 8)) || s[0]%100 > 0 {
			t.Errorf("a sample is %v", s)
		}
	}
}

type chatFunc func(messages []byte) string

func (f chatFunc) Render(messages, _ []byte) (string, bool, error) { return f(messages), false, nil }

// TestPack compares the order with random.seed(3); l = list(range(10));
// random.shuffle(l) of python3, and wants the end of a text between documents.
func TestPack(t *testing.T) {
	order := []int{1, 5, 6, 0, 9, 4, 7, 2, 8, 3}
	var b strings.Builder
	var stream []int
	for i := range 10 {
		fmt.Fprintf(&b, "%q\n", spell(count(100*i, i)))
	}
	for _, i := range order {
		stream = append(append(append(stream, -1), count(100*i, i)...), 7777)
	}
	path := put(t, "a.jsonl", b.String())
	for _, c := range []struct{ samples, seqlen, want int }{{3, 8, 3}, {99, 8, len(stream) / 8}, {2, 4, 2}, {1, len(stream), 1}} {
		var found Found
		o := Options{Samples: c.samples, SeqLen: c.seqlen, Seed: 3, Pack: true, End: 7777, Reading: Reading{Found: &found}}
		got, err := Calibration(path, numbers{}, o)
		if err != nil || len(got) != c.want {
			t.Fatalf("%d samples of %d: %d, %v", c.samples, c.seqlen, len(got), err)
		}
		for i, s := range got {
			if !slices.Equal(s, stream[i*c.seqlen:(i+1)*c.seqlen]) {
				t.Errorf("sample %d of %d is %v, want %v", i, c.seqlen, s, stream[i*c.seqlen:(i+1)*c.seqlen])
			}
		}
	}
	o := Options{Samples: 1, SeqLen: len(stream) + 1, Pack: true, End: 7777}
	_, err := Calibration(path, numbers{}, o)
	checkError(t, "too few", err, "a.jsonl have 65 tokens, too few for one sample of 66")
	for name, content := range map[string]string{"a.txt": "1 2 3", "a.rows.json": "[[1, 2]]"} {
		_, err = Calibration(put(t, name, content), numbers{}, o)
		checkError(t, name, err, name+" has no documents to pack")
	}
	if _, err = Calibration(path, numbers{}, Options{Samples: 1, SeqLen: 100}); !errors.Is(err, ErrShort) {
		t.Errorf("without it: %v", err)
	}
}

// TestFolder wants a folder's texts in the order of their names, and nothing
// else of it.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"b.txt": "3 4", "a.md": "1\r\n2", "c/b.TXT": "6", "c/a/x.txt": "5", "c.txt.gz": packed(t, "7"),
		"d.jsonl": "x", ".hidden.txt": "x", ".git/x.txt": "x", "readme": "x", "e.txt.zst": zstandard(t, "8"),
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Evaluation(dir, numbers{}, 9, 0, Reading{})
	if want := [][]int{{-1, 1, 2, 3, 4, 5, 6, 7, 8}}; err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	samples, err := Calibration(dir, numbers{}, Options{Samples: 5, SeqLen: 2})
	if err != nil || len(samples) != 5 {
		t.Errorf("%v, %v", samples, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte("\xff\xfea\x00"), 0o666); err != nil {
		t.Fatal(err)
	}
	_, err = Evaluation(dir, numbers{}, 4, 0, Reading{})
	checkError(t, "a file of another encoding", err, "a.txt is UTF-16")
}

// zstandard is content as Zstandard packs it.
func zstandard(t testing.TB, content string) string {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return string(w.EncodeAll([]byte(content), nil))
}

// TestParquet wants rows of parquet to be those of JSON, with their number in
// errors.
func TestParquet(t *testing.T) {
	const path = "../internal/parquetrows/testdata/rows.parquet"
	got, err := Evaluation(path, letters{}, 2, 0, Reading{Fields: []string{"large"}})
	if err != nil || len(got) != 2 || string(bytesOf(slices.Concat(got...))) != "x y " {
		t.Errorf("%v, %v", got, err)
	}
	for field, want := range map[string]string{"text": `rows.parquet, row 3: the field "text" is null`, "no": `rows.parquet, row 1: the field "no" is missing`, "messages": "rows.parquet, row 1: it is a chat"} {
		_, err := Evaluation(path, letters{}, 2, 0, Reading{Fields: []string{field}})
		checkError(t, field, err, want)
	}
	samples, err := Calibration(path, letters{}, Options{Samples: 9, SeqLen: 3, Reading: Reading{Fields: []string{"large", "words"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range samples {
		if text := string(bytesOf(s)); !slices.Contains([]string{"x\n\n", "y\n\n", "z\n\n"}, text) {
			t.Errorf("a sample is %q", text)
		}
	}
}
