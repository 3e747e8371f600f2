package pyjson_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"sparsellm/internal/pyjson"
)

func TestStandard(t *testing.T) {
	text := "\xef\xbb\xbf" + `{"a": NaN, "b": [Infinity, -Infinity, -1], "NaN": "Infinity \"NaN", "c": "\\", "d":NaN}`
	out, err := pyjson.Standard([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(out) != len(text) {
		t.Errorf("%d bytes became %d", len(text), len(out))
	}
	var v map[string]json.RawMessage
	if err := json.Unmarshal(out, &v); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"a": "NaN", "d": "NaN", "NaN": `"Infinity \"NaN"`, "c": `"\\"`} {
		if got := pyjson.Show(v[key]); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
	var list []json.RawMessage
	if err := json.Unmarshal(v["b"], &list); err != nil || len(list) != 3 {
		t.Fatalf("%s: %v", v["b"], err)
	}
	for i, want := range []string{"Infinity", "-Infinity", "-1"} {
		if got := pyjson.Show(list[i]); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for _, text := range []string{"\xff\xfe{\x00}\x00", "\xfe\xff\x00{\x00}"} {
		if _, err := pyjson.Standard([]byte(text)); err == nil {
			t.Errorf("%q is not refused", text)
		}
	}
}

// FuzzStandard: what is JSON stays as it is, and the length always does.
func FuzzStandard(f *testing.F) {
	for _, s := range []string{`{"a": NaN}`, `[-Infinity,Infinity]`, `"NaN\"`, "\xef\xbb\xbf{}", `"\\"NaN`, "-Infinit", ""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		out, err := pyjson.Standard(text)
		if err != nil {
			return
		}
		if len(out) != len(text) {
			t.Fatalf("%q became %q", text, out)
		}
		if json.Valid(text) && !bytes.Equal(out, text) {
			t.Fatalf("%q was JSON and became %q", text, out)
		}
	})
}
