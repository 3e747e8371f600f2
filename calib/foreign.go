package calib

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Formats that are no text, and how to make text of them.
const (
	viaPandas = "pandas' read_%s and to_json(…, orient=\"records\", lines=True) make a *.jsonl of it"
	viaDisk   = "load_from_disk and to_json of the Python package datasets make a *.jsonl of it"
	asText    = "save it as plain text (UTF-8)"
)

// foreign are formats that are refused: what a file of one begins with, how its
// name ends, what it is, and how to make text of it.
var foreign = []struct{ magic, names, is, way string }{
	{"PAR1", "", "a Parquet file", "name it *.parquet"},
	{"ARROW1\x00\x00", ".arrow", "an Arrow file", viaDisk},
	{"\xff\xff\xff\xff", "", "an Arrow stream", viaDisk},
	{"", ".feather", "a Feather file", fmt.Sprintf(viaPandas, "feather")},
	{"", ".csv .tsv", "a table", fmt.Sprintf(viaPandas, "csv")},
	{"", ".xlsx .xls", "an Excel workbook", fmt.Sprintf(viaPandas, "excel")},
	{"", ".docx .doc", "a Word document", asText},
	{"", ".odt", "an OpenDocument text", asText},
	{"{\\rtf", ".rtf", "an RTF document", asText},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "", "an old Office document", asText},
	{"%PDF-", ".pdf", "a PDF document", "`pdftotext` makes a *.txt of it"},
	{"", ".bz2", "packed by bzip2", "unpack it with `bunzip2`"},
	{"\xfd7zXZ\x00", ".xz", "packed by xz", "unpack it with `xz -d`"},
	{"\x04\x22\x4d\x18", ".lz4", "packed by LZ4", "unpack it with `lz4 -d`"},
	{"7z\xbc\xaf\x27\x1c", ".7z", "a 7-Zip archive", "unpack it with `7z x`"},
	{"Rar!\x1a\x07", "", "a RAR archive", "unpack it"},
	{"", ".zip", "a zip archive", "unpack it"},
	{"PK\x03\x04", "", "a zip archive, or an Office document, which is one", "unpack it, or save the document as plain text (UTF-8)"},
	{"", ".tar .tgz", "a tar archive", "unpack it with `tar xf`"},
	{"\x93NUMPY", ".npy", "a NumPy array", "write rows of token ids with json.dump(array.tolist(), …)"},
	{"\x89HDF\r\n\x1a\n", "", "an HDF5 file", "write its texts as *.jsonl"},
	{"SQLite format 3\x00", "", "an SQLite database", "write its texts as *.jsonl"},
	{"version https://git-lfs.github.com/spec/", "", "a git-lfs pointer, not the data", "`git lfs pull` gets them"},
}

// refuseName says what a file is whose name alone shows that it is not text.
func refuseName(path, ext string) error {
	for _, f := range foreign {
		if slices.Contains(strings.Fields(f.names), ext) {
			return fmt.Errorf("%s is %s: %s", path, f.is, f.way)
		}
	}
	return nil
}

// refuse says what a file that begins with head is, if it is not text in UTF-8.
func refuse(path string, head []byte) error {
	for _, f := range foreign {
		if f.magic != "" && bytes.HasPrefix(head, []byte(f.magic)) {
			return fmt.Errorf("%s is %s: %s", path, f.is, f.way)
		}
	}
	if len(head) > 10 && string(head[:3]) == "BZh" && string(head[4:10]) == "1AY&SY" {
		return fmt.Errorf("%s is packed by bzip2: unpack it with `bunzip2`", path)
	}
	if len(head) > 262 && string(head[257:262]) == "ustar" {
		return fmt.Errorf("%s is a tar archive: unpack it with `tar xf`", path)
	}
	if enc := wideEncoding(head); enc != "" {
		return fmt.Errorf("%s is %s: make UTF-8 of it with `iconv -f %s -t UTF-8`", path, strings.TrimSuffix(strings.TrimSuffix(enc, "LE"), "BE"), enc)
	}
	start := bytes.ToLower(bytes.TrimSpace(bytes.TrimPrefix(head, []byte(byteOrderMark))))
	if bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html")) {
		return fmt.Errorf("%s is a web page, which a server may have sent instead of the data (a file of the hub has /resolve/ in its address, not /blob/): get the file itself, or put markup that you mean as text into a *.jsonl", path)
	}
	return nil
}

// wideEncoding returns the encoding of two or four bytes a character that head
// is in, as iconv calls it, or "". Without a byte order mark, it is where the
// zero bytes of ASCII characters stand that tells.
func wideEncoding(head []byte) string {
	for _, w := range []struct{ mark, name string }{
		{"\xff\xfe\x00\x00", "UTF-32"}, {"\x00\x00\xfe\xff", "UTF-32"}, // before UTF-16, whose mark is part of the first
		{"\xff\xfe", "UTF-16"}, {"\xfe\xff", "UTF-16"},
	} {
		if bytes.HasPrefix(head, []byte(w.mark)) {
			return w.name
		}
	}
	var zeros [4]int
	units := len(head) / 4
	for i := range units * 4 {
		if head[i] == 0 {
			zeros[i%4]++
		}
	}
	even, odd := zeros[0]+zeros[2], zeros[1]+zeros[3]
	most := func(n int) bool { return 10*n >= 9*units }
	few := func(n int) bool { return 20*n <= units }
	switch {
	case units == 0:
	case zeros[3] == units && most(zeros[2]) && few(zeros[0]):
		return "UTF-32LE"
	case zeros[0] == units && most(zeros[1]) && few(zeros[3]):
		return "UTF-32BE"
	case odd > 1 && 5*odd >= units && few(even): // a tenth of the characters are ASCII
		return "UTF-16LE"
	case even > 1 && 5*even >= units && few(odd):
		return "UTF-16BE"
	}
	return ""
}
