package calib

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

// packed is content as gzip packs it.
func packed(t *testing.T, content string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// wide is text in UTF-16 or, of four bytes a character, UTF-32.
func wide(text string, order binary.AppendByteOrder, bytes int) string {
	var b []byte
	if bytes == 2 {
		for _, u := range utf16.Encode([]rune(text)) {
			b = order.AppendUint16(b, u)
		}
	} else {
		for _, r := range text {
			b = order.AppendUint32(b, uint32(r))
		}
	}
	return string(b)
}

// TestSameText wants each way that a program may write the same content to give
// the same samples and windows.
func TestSameText(t *testing.T) {
	lines := strings.ReplaceAll(documentsFile(), "\n\n", "\n")
	objects := strings.Split(strings.TrimSpace(lines), "\n")
	var pretty, texts strings.Builder
	for _, o := range objects {
		var d struct{ Text, URL string }
		if err := json.Unmarshal([]byte(o), &d); err != nil {
			t.Fatal(err)
		}
		whole, _ := json.MarshalIndent(d, "", "  ")
		pretty.WriteString(strings.Replace(string(whole), "Text", "text", 1))
		fmt.Fprintf(&texts, "%q\n", d.Text)
	}
	list := "[" + strings.Join(objects, ",") + "]"
	rows := "[[1,2,3,4,5],\n[5,6,7,8,9]]\n"
	text := spell(count(0, 30)) + "\n\n" + spell(count(30, 100)) + "\n"
	for of, forms := range map[string]map[string]string{
		text: {
			"bom.txt": "\ufeff" + text, "TEXT.TXT": text, "text.txt.gz": text, "gzip.txt": packed(t, text), "bom.txt.gz": "\ufeff" + text, "unpacked.txt.GZ": text,
		},
		lines: {
			"bom.jsonl": "\ufeff" + lines, "a.ndjson": lines, "a.json": lines, "bom.json": "\ufeff" + lines, "A.JSONL": lines,
			"crlf.jsonl": strings.ReplaceAll(lines, "\n", "\r\n"), "cr.jsonl": strings.ReplaceAll(lines, "\n", "\r"),
			"crlf bom.json": "\ufeff" + strings.ReplaceAll(lines, "\n", "\r\n"), "cr bom.json.gz": "\ufeff" + strings.ReplaceAll(lines, "\n", "\r"),
			"joined.jsonl": "\ufeff" + strings.Join(objects, "\n\ufeff"), "bom.json.gz": "\ufeff" + lines, "gzip.jsonl": packed(t, lines),
			"list.json": list, "list bom.json": " \ufeff"[1:] + " \r\n" + list + "\r\n", "list.jsonl": strings.ReplaceAll(list, ",{", "\n,\n{"), "list.json.gz": list,
			"pretty.json": pretty.String(), "pretty crlf.jsonl": strings.ReplaceAll(pretty.String(), "\n", "\r\n"), "pretty.json.gz": pretty.String(),
			"strings.jsonl": texts.String(), "strings.json": "[" + strings.ReplaceAll(strings.TrimSpace(texts.String()), "\n", ", ") + "]",
		},
		rows: {
			"bom.rows.json": "\ufeff" + rows, "a.json": rows, "a.jsonl": rows, "a.json.gz": rows, "a.rows.json.gz": rows,
			"crlf.rows.json": strings.ReplaceAll(rows, "\n", "\r\n"), "gzip.rows.json": packed(t, rows), "bom.json": "\ufeff" + rows,
		},
	} {
		plain := map[string]string{text: "plain.txt", lines: "plain.jsonl", rows: "plain.rows.json"}[of]
		forms[plain] = of
		o := Options{Samples: 4, SeqLen: 60}
		if of == rows {
			o.SeqLen = 3
		}
		var want [][]int
		for _, name := range append([]string{plain}, keys(forms)...) {
			path := put(t, name, forms[name])
			isRows, err := HasRows(path)
			if err != nil || isRows != (of == rows) {
				t.Errorf("HasRows(%q) = %v, %v", name, isRows, err)
			}
			samples, err := Calibration(path, numbers{}, o)
			windows, err2 := Evaluation(path, numbers{}, o.SeqLen, 0, Reading{})
			if err != nil || err2 != nil {
				t.Errorf("%s: %v, %v", name, err, err2)
			}
			if got := slices.Concat(samples, windows); name == plain {
				want = got
			} else if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s gives other samples and windows than %s (-%[2]s +%[1]s):\n%[3]s", name, plain, diff)
			}
		}
	}

	// Where line ends are tokens.
	for content, want := range map[string]string{"a\nb\n\nc": "a\nb\n\nc", "a\r\nb\r\n\r\nc": "a\nb\n\nc", "a\rb\r\rc": "a\nb\n\nc", "a\n\rb": "a\n\nb"} {
		windows, err := Evaluation(put(t, "a.txt", content), letters{}, len(want), 0, Reading{})
		if err != nil || string(bytesOf(windows[0])) != want {
			t.Errorf("%q is read as %v, %v, want %q", content, windows, err, want)
		}
	}
}

func keys(m map[string]string) (all []string) {
	for k := range m {
		all = append(all, k)
	}
	return all
}

func bytesOf(ids []int) (b []byte) {
	for _, id := range ids {
		b = append(b, byte(id))
	}
	return b
}

// TestForeign wants each file that is no text to be refused by the name of what
// it is, with the way out.
func TestForeign(t *testing.T) {
	const lines = `{"text": "1 2 3 4 5 6 7 8"}` + "\n"
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	if _, err := z.Create("[Content_Types].xml"); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	little, big := binary.LittleEndian, binary.BigEndian
	tar := make([]byte, 512)
	copy(tar[257:], "ustar")
	for _, c := range []struct{ name, content, want string }{
		{"a.txt", wide("\ufeff1 2 3 4", little, 2), "is UTF-16: make UTF-8 of it with `iconv -f UTF-16 -t UTF-8`"},
		{"a.jsonl", wide("\ufeff"+lines, big, 2), "`iconv -f UTF-16 -t UTF-8`"},
		{"a.json.gz", wide("\ufeff"+lines, little, 2), "`iconv -f UTF-16 -t UTF-8`"},
		{"a.rows.json", wide("\ufeff[[1,2,3,4]]", little, 2), "`iconv -f UTF-16 -t UTF-8`"},
		{"a.json", wide(lines, little, 2), "`iconv -f UTF-16LE -t UTF-8`"},
		{"a.txt", wide("日本語のテキスト、中文。 1 2 3\n", big, 2), "`iconv -f UTF-16BE -t UTF-8`"},
		{"a.txt", wide("\ufeff1 2", little, 4), "is UTF-32: make UTF-8 of it with `iconv -f UTF-32 -t UTF-8`"},
		{"a.txt", wide("\ufeff1 2", big, 4), "`iconv -f UTF-32 -t UTF-8`"},
		{"a.txt", wide("1 2 語", little, 4), "`iconv -f UTF-32LE -t UTF-8`"},
		{"a.jsonl", wide(lines, big, 4), "`iconv -f UTF-32BE -t UTF-8`"},
		{"a.txt", "1 2\r\n3\r4\x00 5", "a.txt, line 3: a zero byte"},
		{"a.txt", string(make([]byte, 100)), "a.txt, line 1: a zero byte"},
		{"a.txt", "1\n caf\xe9 2", "a.txt, line 2: the byte 0xE9 is not UTF-8: if the text is Latin-1, make UTF-8 of it with `iconv -f WINDOWS-1252 -t UTF-8`"},
		{"a.txt", "1 2 \xe2\x82", "a.txt, line 1: the byte 0xE2 is not UTF-8: the text is cut short within a character, or, if"},
		{"a.jsonl", "{\"text\": \"caf\xe9\"}", "a.jsonl, line 1: the line is not UTF-8: at its byte 14, the byte 0xE9"},
		{"a.jsonl", "{\"text\": \"a\x00\"}", "a.jsonl, line 1: a string holds the byte 0x00, which JSON writes as \\u0000"},
		{"a.jsonl", "PAR1\x15\x04\x15", "is a Parquet file: name it *.parquet"},
		{"a.parquet", "PAR1\x15", "a.parquet: it is no parquet file"},
		{"data.arrow", "ARROW1\x00\x00", "is an Arrow file: load_from_disk"},
		{"a.json", "ARROW1\x00\x00", "is an Arrow file: load_from_disk"},
		{"a.jsonl", "\x28\xb5\x2f\xfd\x00", "a.jsonl"},
		{"a.jsonl.zst", "x", "a.jsonl.zst is no Zstandard file, nor JSON"},
		{"a.jsonl", "BZh91AY&SY\x00", "is packed by bzip2: unpack it with `bunzip2`"},
		{"a.jsonl", "\xfd7zXZ\x00", "is packed by xz"},
		{"a.jsonl", string(tar), "is a tar archive"},
		{"a.tar.gz", string(tar), "is a tar archive"},
		{"a.jsonl.gz", packed(t, lines), "is packed by gzip twice"},
		{"a.txt", archive.String(), "is a zip archive, or an Office document, which is one"},
		{"a.xlsx", archive.String(), "is an Excel workbook"},
		{"a.docx", "x", "is a Word document: save it as plain text (UTF-8)"},
		{"a.pdf", "x", "is a PDF document: `pdftotext`"},
		{"a.txt", "%PDF-1.7\n", "is a PDF document: `pdftotext`"},
		{"a.jsonl", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "is a git-lfs pointer, not the data: `git lfs pull`"},
		{"a.jsonl", "\n <!DOCTYPE html>\n<html>", "is a web page"},
		{"a.txt", "\ufeff<HTML lang=en>", "is a web page"},
		{"a", "text", "is none of *.txt"},
		{"a", "\x1f\x8b", "a is no gzip file that can be read"},
		{"a.json", " \r\n ", "a.json holds no documents"},
		{"a.json", "[]", "a.json holds no documents"},
		{"a.json", "", "a.json holds no documents"},
		{"a.txt", "\ufeff\r\n \r\n", "a.txt holds no text"},
		{"a.json", "[1, 2]", "a [ is missing: rows are a list of lists of token ids"},
		{"a.json", `{"version": 1, "data": [{"text": "1"}]}`, "the field \"text\" is missing; there are \"version\", \"data\": `jq -c '.data[]'` makes a *.jsonl of the documents in one"},
		{"a.json", "{\"rows\": [\n\"1\"]}", "there are \"rows\": `jq -c '.rows[]'`"},
		{"a.jsonl", `{"id": 7, "page-content": "1 2", "url": "x"}`, "there are \"id\", \"page-content\", \"url\": none is known to hold a text"},
		{"a.jsonl", `{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"k":1}`, `"j", …`},
		{"a.jsonl", `{}`, `the field "text" is missing: the object is empty`},
		{"a.jsonl", `{"text": null}`, `the field "text" is null`},
		{"a.json", `{"text": {"0": "1", "1": "2"}}`, `the field "text" is an object, not a string`},
		{"a.jsonl", "[1, 2]\n[3, 4]\n", "a [ is missing"},
		{"a.json", `[{"text": "1"} {"text": "2"}]`, "a.json, line 1: a , or ] is missing after a document"},
		{"a.json", "[{\"text\": \"1\"},\r\n]", "a.json, line 2: a document is missing before ']'"},
		{"a.json", "[{\"text\": \"1\"}\n", "a.json, line 2: the ] after the last document is missing"},
		{"a.json", "[{\"text\": \"1\"}]\n\n[]", "a.json, line 3: text after the last ]"},
		{"a.json", "[{\"text\":\n\"1 \n2\"}]", "a.json, line 2: a string is not closed on its line"},
		{"a.json", strings.Repeat("[", 1<<16), "a.json: line 1, column 3: "},
		{"a.json", "[" + strings.Repeat(`{"a":`, 1<<16), "the file ends within the document that begins on line 1"},
		{"a.json", "[" + strings.Repeat("[", 1<<16) + strings.Repeat("]", 1<<16) + "]", "is not a token id"},
		{"a.json", "[{\"text\":" + strings.Repeat("[", 1<<16) + strings.Repeat("]", 1<<16) + "}]", "exceeded max depth"},
	} {
		path := put(t, c.name, c.content)
		_, err := Calibration(path, numbers{}, Options{Samples: 2, SeqLen: 4})
		checkError(t, c.name+" "+c.content[:min(80, len(c.content))], err, c.want)
		_, err = Evaluation(path, numbers{}, 4, 0, Reading{})
		checkError(t, c.name+" "+c.content[:min(80, len(c.content))], err, c.want)
	}
	_, err := Calibration(t.TempDir(), numbers{}, Options{Samples: 1, SeqLen: 4})
	checkError(t, "a folder", err, "is a folder: give one of its files")
	dir := filepath.Join(t.TempDir(), "data.jsonl")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	_, err = HasRows(dir)
	checkError(t, "a folder", err, "data.jsonl is a folder")
}
