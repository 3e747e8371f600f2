package calib

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// numbers is an Encoder of texts that are numbers with spaces between.
type numbers struct{}

func (numbers) Encode(text string, special bool) ([]int, error) {
	var ids []int
	if special {
		ids = append(ids, -1)
	}
	for _, f := range strings.Fields(text) {
		var id int
		if _, err := fmt.Sscan(f, &id); err != nil {
			return nil, fmt.Errorf("no number: %q", f)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// letters is an Encoder that gives each byte as its own id, and no specials.
type letters struct{}

func (letters) Encode(text string, _ bool) ([]int, error) {
	ids := make([]int, len(text))
	for i := range ids {
		ids[i] = int(text[i])
	}
	return ids, nil
}

// count returns the numbers from first on, n of them.
func count(first, n int) []int {
	ids := make([]int, n)
	for i := range ids {
		ids[i] = first + i
	}
	return ids
}

// spell is the text of which numbers makes ids.
func spell(ids []int) string { return strings.Trim(fmt.Sprint(ids), "[]") }

// put writes a file into a temporary folder and returns its path.
func put(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if strings.HasSuffix(name, ".gz") {
		z := gzip.NewWriter(f)
		_, err = z.Write([]byte(content))
		err = errors.Join(err, z.Close())
	} else {
		_, err = f.WriteString(content)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestWindows compares with random.seed(seed) and random.randint(0, n−seqlen−1)
// of python3, n being 1000 tokens with the special one.
func TestWindows(t *testing.T) {
	path := put(t, "text.txt", spell(count(0, 999)))
	for seed, want := range map[int64][]int{
		0:    {864, 394, 776, 911, 430, 41, 265, 523},
		1234: {796, 451, 119, 7, 92, 932, 826, 596},
	} {
		got, err := Calibration(path, numbers{}, Options{Samples: 8, SeqLen: 64, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		for i, start := range want {
			// Token 0 is the special one, −1.
			if diff := cmp.Diff(count(start-1, 64), got[i]); diff != "" {
				t.Errorf("seed %d: sample %d (-want +got):\n%s", seed, i, diff)
			}
		}
	}
}

// documentsFile holds 50 documents, document i of (7919·i mod 97) numbers from
// 1000·i on; with the special token, one more.
func documentsFile() string {
	var b strings.Builder
	for i := range 50 {
		line, _ := json.Marshal(map[string]any{"text": spell(count(1000*i, i*7919%97)), "url": "x"})
		b.Write(append(line, "\n\n"[:1+i%2]...))
	}
	return b.String()
}

// TestDocuments compares with upstream's get_c4 in python3.
func TestDocuments(t *testing.T) {
	for _, name := range []string{"docs.jsonl", "docs.json.gz"} {
		path := put(t, name, documentsFile())
		for seed, want := range map[int64][][2]int{
			0: {{48, 3}, {31, 12}, {37, 1}, {48, 0}, {39, 25}, {34, 11}},
			3: {{37, 1}, {23, 7}, {37, 0}, {14, 12}, {45, 7}, {34, 8}},
		} {
			got, err := Calibration(path, numbers{}, Options{Samples: 6, SeqLen: 60, Seed: seed})
			if err != nil {
				t.Fatal(err)
			}
			for i, w := range want {
				ids := append([]int{-1}, count(1000*w[0], 96)...)
				if !slices.Equal(got[i], ids[w[1]:w[1]+60]) {
					t.Errorf("%s, seed %d: sample %d is %v, want document %d from %d", name, seed, i, got[i], w[0], w[1])
				}
			}
		}
	}
}

func TestRows(t *testing.T) {
	path := put(t, "a.rows.json", "[[1,2,3,4],\n [5,6,7,8], [9,10,11,12]]\n")
	for _, c := range []struct {
		samples, seqlen int
		want            [][]int
	}{
		{2, 0, [][]int{{1, 2, 3, 4}, {5, 6, 7, 8}}},
		{3, 2, [][]int{{1, 2}, {5, 6}, {9, 10}}},
		{64, 2048, [][]int{{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}}},
	} {
		got, err := Calibration(path, nil, Options{Samples: c.samples, SeqLen: c.seqlen})
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%d samples of %d: %v (-want +got):\n%s", c.samples, c.seqlen, err, diff)
		}
		got, err = Evaluation(path, nil, c.seqlen, c.samples, Reading{})
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%d windows of %d: %v (-want +got):\n%s", c.samples, c.seqlen, err, diff)
		}
	}
	if got, err := Evaluation(path, nil, 0, 0, Reading{}); len(got) != 3 || err != nil {
		t.Errorf("all windows: %v, %v", got, err)
	}
}

func TestEvaluation(t *testing.T) {
	text := put(t, "a.txt", spell(count(0, 10)))
	docs := put(t, "a.jsonl", `{"text":"0 1 2"}`+"\n"+`{"text":"3 4"}`+"\n\n"+`{"text":"5 6 7 8 9"}`)
	for _, path := range []string{text, docs} {
		for _, c := range []struct {
			seqlen, most int
			want         [][]int
		}{
			{4, 0, [][]int{{-1, 0, 1, 2}, {3, 4, 5, 6}}},
			{4, 1, [][]int{{-1, 0, 1, 2}}},
			{11, 9, [][]int{{-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}},
		} {
			got, err := Evaluation(path, numbers{}, c.seqlen, c.most, Reading{})
			if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
				t.Errorf("%s, %d windows of %d: %v (-want +got):\n%s", path, c.most, c.seqlen, err, diff)
			}
		}
	}
}

// TestDataSets compares the text that is made of each data set's file with
// what upstream joins in python3 of the same lines.
func TestDataSets(t *testing.T) {
	const wiki = " \n = Title = \n \n First line . \r\n\u2003\n Last"
	const ptb = " no it was n't black monday \n but while <unk> \n\n last\x1f"
	docs := strings.Repeat(`{"text":"ab"}`+"\n", 1200)
	for _, c := range []struct {
		set, file, content string
		part               part
		want               string
	}{
		{"wikitext2", "wiki.train.raw", wiki, train, "  = Title = \n   First line . \n   Last"},
		{"wikitext2", "wikitext-2-raw/wiki.test.raw", wiki, test,
			"\n\n = Title = \n\n\n\n\n First line . \n\n\n\n\n Last"},
		{"wikitext2", "wt2.test.txt", "a\n", test, "a\n"},
		{"ptb", "ptb.train.txt", ptb, train, "no it was n't black monday but while <unk>  last"},
		{"ptb", "ptb.test.txt", ptb, test, "no it was n't black monday but while <unk>  last"},
		{"c4", "en/c4-validation.00000-of-00008.json.gz", docs, test, strings.Repeat("ab ", 1099) + "ab"},
	} {
		dir := strings.TrimSuffix(put(t, c.file, c.content), filepath.FromSlash(c.file))
		s, err := find(c.set, c.part, dir)
		if err != nil {
			t.Fatal(err)
		}
		if got, _, err := s.text(Reading{}); got != c.want || err != nil {
			t.Errorf("%s of %s: %.200q, %v, want %.200q", c.file, c.set, got, err, c.want)
		}
	}

	// C4 ends after 256 windows, and calibration draws its documents.
	dir := filepath.Dir(put(t, "c4-validation.jsonl", docs))
	if got, err := Evaluation("c4", letters{}, 8, 0, Reading{DataDir: dir}); len(got) != 256 || err != nil {
		t.Errorf("c4 gives %d windows, %v, want 256", len(got), err)
	}
	dir = filepath.Dir(put(t, "c4-train.00000-of-01024.json.gz", documentsFile()))
	got, err := Calibration("c4", numbers{}, Options{Samples: 1, SeqLen: 60, Reading: Reading{DataDir: dir}})
	if want := count(48002, 60); err != nil || !slices.Equal(got[0], want) {
		t.Errorf("c4 samples %v, %v, want %v", got, err, want)
	}
}

// TestErrors wants each bad input to end in one sentence that names it.
func TestErrors(t *testing.T) {
	full := Options{Samples: 2, SeqLen: 4}
	for _, c := range []struct {
		name, content string
		tok           Encoder
		o             Options
		want          string
	}{
		{"a.txt", "", numbers{}, full, "a.txt holds no text"},
		{"a.txt", " \n", numbers{}, full, "a.txt holds no text"},
		{"a.txt", "1 2 3", numbers{}, full, "a.txt has 4 tokens, which is too few to draw samples of 4 from"},
		{"a.txt", "x", numbers{}, full, `a.txt: no number: "x"`},
		{"a.txt", "1 2 3 4", nil, full, "a.txt is text, but the model has no tokenizer"},
		{"a.txt", "1 2 3 4", numbers{}, Options{Samples: 2, SeqLen: 1}, "windows of 1 tokens"},
		{"a.txt", "1 2 3 4", numbers{}, Options{SeqLen: 2}, "0 calibration samples"},
		{"a.csv", "1", numbers{}, full, "a.csv is a table: pandas' read_csv"},
		{"a.jsonl", "\n\n", numbers{}, full, "a.jsonl holds no documents"},
		{"a.jsonl", "{\"text\": \"1\"}\n\n{\"txt\": \"1\"}", numbers{}, full, `a.jsonl, line 3: the field "text" is missing`},
		{"a.jsonl", `{"text": 1}`, numbers{}, full, `a.jsonl, line 1: the field "text" is a number, not a string`},
		{"a.jsonl", `[[ "a"]]`, numbers{}, full, `a.jsonl: line 1, column 4: "\"a\"" is not a token id`},
		{"a.jsonl", `[["a"], []]`, numbers{}, full, `a.jsonl: line 1, column 3: "\"a\"" is not a token id`},
		{"a.jsonl", `[null, null]`, numbers{}, full, `a.jsonl, line 1: it is a JSON null`},
		{"a.jsonl", "{\"text\":\"1\"}\n[2]", numbers{}, full, "a.jsonl, line 2: it is a JSON array, not an object"},
		{"a.jsonl", `{"text": "1"`, numbers{}, full, "a.jsonl, line 1: the file ends within the document that begins on line 1"},
		{"a.jsonl", "{\"text\": \"1 2 3 4\"}\n{\"text\": \"1\"", numbers{}, Options{Samples: 20, SeqLen: 4}, "a.jsonl, line 2: not a JSON object with a text"},
		{"a.jsonl", "{\"text\": \"\xff\"}", numbers{}, full, "a.jsonl, line 1: the line is not UTF-8"},
		{"a.jsonl", `{"text": "x"}`, numbers{}, full, "a.jsonl, line 1: no number"},
		{"a.jsonl", `{"text": "1 2 3"}`, numbers{}, full, "none of the 1 documents of"},
		{"a.rows.json", "", nil, full, "a.rows.json: line 1, column 1: a [ is missing"},
		{"a.rows.json", "[]", nil, full, "a.rows.json: the file holds no rows"},
		{"a.rows.json", "[[1,2],\n[3,-4]]", nil, full, "line 2, column 4: the token id -4 is negative"},
		{"a.rows.json", "[[1,2],[3,4.5]]", nil, full, `line 1, column 11: "4.5" is not a token id`},
		{"a.rows.json", "[[1,2],[3,null]]", nil, full, `"null" is not a token id`},
		{"a.rows.json", "[[1,2],[3,99999999999]]", nil, full, `"99999999999" is not a token id`},
		{"a.rows.json", "[[1,2],[3,4]", nil, full, "line 1, column 13: a , or ] is missing"},
		{"a.rows.json", "[[1,2],[3,4]] x", nil, full, "line 1, column 15: text after the last ]"},
		{"a.rows.json", "[[1,2],[3]]", nil, full, "row 2 has 1 tokens, but row 1 has 2"},
		{"a.rows.json", "[[]]", nil, full, "row 1 has 0 tokens, which is fewer than 1"},
		{"a.rows.json", "[[1]]", nil, Options{Samples: 1, SeqLen: -1}, "rows cannot be cut to -1 tokens"},
		{"a.rows.json", `{"a":1}`, nil, full, "a [ is missing"},
	} {
		_, err := Calibration(put(t, c.name, c.content), c.tok, c.o)
		checkError(t, c.name+" "+c.content, err, c.want)
	}
	for _, c := range []struct {
		path, dir, want string
	}{
		{"/nonexistent/a.txt", "", "there is no file /nonexistent/a.txt"},
		{"wikitext2", "", "the data set wikitext2 needs a data folder that holds wiki.train.raw"},
		{"c4", "/nonexistent", "the data set c4 is not in the data folder /nonexistent: put c4-train.00000-of-01024.json.gz"},
	} {
		_, err := Calibration(c.path, numbers{}, Options{Samples: 1, SeqLen: 4, Reading: Reading{DataDir: c.dir}})
		checkError(t, c.path, err, c.want)
	}
	path := put(t, "a.txt", "1 2 3")
	_, err := Evaluation(path, numbers{}, 5, 0, Reading{})
	checkError(t, "evaluation", err, "a.txt has 4 tokens, which is less than one window of 5")
	_, err = Evaluation(path, numbers{}, 4, -1, Reading{})
	checkError(t, "evaluation", err, "-1 windows were asked for")
	_, err = Evaluation(put(t, "a.rows.json", "[[1]]"), nil, 4, 0, Reading{})
	checkError(t, "evaluation", err, "row 1 has 1 tokens, which is fewer than 2")

	for _, name := range []string{"a.json.gz", "b.json.gz"} {
		path := put(t, name, `{"text": "1 2 3"}`)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if name == "a.json.gz" {
			data = data[:len(data)-9] // cut short
		} else {
			data[0]++ // not gzip
		}
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		_, err = Calibration(path, numbers{}, full)
		checkError(t, name, err, name)
		_, err = Evaluation(path, numbers{}, 2, 0, Reading{})
		checkError(t, name, err, name)
	}
}

// checkError wants an error of this package of one line that contains want.
func checkError(t *testing.T, name string, err error, want string) {
	t.Helper()
	if err == nil {
		t.Errorf("%q: no error, want %q", name, want)
		return
	}
	if s := err.Error(); !strings.HasPrefix(s, "calib: ") || strings.Count(s, "calib: ") > 1 ||
		!strings.Contains(s, want) || strings.Contains(s, "\n") {
		t.Errorf("%q: the error is %q, want %q in it", name, s, want)
	}
}

// watcher is an Encoder that looks for files that are left where files are
// unpacked, while one is open.
type watcher struct {
	numbers
	t *testing.T
}

func (w watcher) Encode(text string, special bool) ([]int, error) {
	if runtime.GOOS != "windows" {
		noTemporary(w.t, "while in use")
	}
	return w.numbers.Encode(text, special)
}

// noTemporary wants no name in the folder for temporary files.
func noTemporary(t *testing.T, when string) {
	t.Helper()
	left, err := os.ReadDir(os.TempDir())
	if err != nil || len(left) > 0 {
		t.Errorf("%s, there are %v, %v", when, left, err)
	}
}

// TestTemporary wants no temporary file left behind, and none that would be if
// the process were killed.
func TestTemporary(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	path := put(t, "a.json.gz", documentsFile())
	for _, seqlen := range []int{60, 1000} {
		_, _ = Calibration(path, watcher{t: t}, Options{Samples: 2, SeqLen: seqlen})
		noTemporary(t, "closed")
	}
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "gone"))
	_, err := Calibration(path, numbers{}, Options{Samples: 2, SeqLen: 60})
	checkError(t, "no folder for temporary files", err, "no such file")
}

// TestLongLines reads lines longer than the reader's buffer.
func TestLongLines(t *testing.T) {
	long := strings.Repeat("7 ", 1<<17)
	path := put(t, "a.jsonl", `{"text":"1"}`+"\n"+`{"text":"`+long+`"}`+"\n"+`{"text":"2"}`)
	got, err := Evaluation(path, numbers{}, 3+1<<17, 0, Reading{})
	if err != nil || len(got) != 1 || got[0][1] != 1 || got[0][2] != 7 || got[0][2+1<<17] != 2 {
		t.Errorf("%d windows, %v", len(got), err)
	}
	_, err = Evaluation(put(t, "a.jsonl", strings.Repeat("x", longestLine+1<<17)), numbers{}, 3, 0, Reading{})
	checkError(t, "a.jsonl", err, "a.jsonl, line 1: the line is longer than 64 MiB")
}
