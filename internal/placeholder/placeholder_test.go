package placeholder

import (
	"strings"
	"testing"
)

func TestPlaceholders(t *testing.T) {
	pointer := "version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("a", 64) + "\nsize 269060552\n"
	for name, c := range map[string]struct {
		file           string
		markup, binary string // a part of what is said; empty for nothing
	}{
		"Git LFS":             {pointer, "git lfs pull", "git lfs pull"},
		"HTML":                {"<!DOCTYPE html>\n<html class=\"\">", "web page", "web page"},
		"HTML after a BOM":    {"\xef\xbb\xbf\r\n <HTML>", "web page", "web page"},
		"an answer of S3":     {`<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>`, "web page", "web page"},
		"long HTML":           {"<html>" + strings.Repeat("x", 5000), "web page", "web page"},
		"a refusal":           {"Invalid username or password.", "", `"Invalid username or password."`},
		"a refusal in JSON":   {"{\"error\":\n\"Entry not found\"}\n", "", `Entry not found`},
		"an empty file":       {"", "", ""}, // which its reader knows to be cut short
		"JSON":                {`{"weight_map": {}}` + strings.Repeat(" ", 300), "", ""},
		"a vocabulary":        {"[PAD]\n<s>\n", "", "nothing but"},
		"a word of HTML":      {"<htm", "", ""},
		"binary":              {"\x10\x00\x00\x00\x00\x00\x00\x00{}       {}", "", ""},
		"of no UTF-8":         {"\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8", "", ""},
		"a text of 257":       {strings.Repeat("x", 257), "", ""},
		"a text of 256":       {strings.Repeat("x", 256), "", "xxx"},
		"newlines":            {strings.Repeat("\n", 20), "", ""},
		"text of seven bytes": {"1234567", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			head := []byte(c.file)[:min(len(c.file), Head)]
			for what, x := range map[string]struct {
				err  error
				want string
			}{"markup": {Markup(head), c.markup}, "binary": {Binary(head, int64(len(c.file))), c.binary}} {
				if (x.err != nil) != (x.want != "") || x.err != nil && (!strings.Contains(x.err.Error(), x.want) || strings.Contains(x.err.Error(), "\n")) {
					t.Errorf("%s: %v, want %q", what, x.err, x.want)
				}
			}
		})
	}
}

func FuzzPlaceholder(f *testing.F) {
	f.Add([]byte("version https://git-lfs.github.com/spec/v1"), int64(130))
	f.Add([]byte(" <html>"), int64(7))
	f.Add([]byte("Entry not found"), int64(15))
	f.Fuzz(func(t *testing.T, head []byte, size int64) {
		for _, err := range []error{Markup(head), Binary(head, size)} {
			if err != nil && strings.ContainsAny(err.Error(), "\n\r\x00") {
				t.Fatalf("%q is no line", err)
			}
		}
	})
}
