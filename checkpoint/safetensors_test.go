package checkpoint

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// safetensors puts a file together from a header and its data, with the
// header's length as it is.
func safetensors(header, data string) string {
	return string(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))) + header + data
}

// folder makes a model folder of the given files.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// openHostile opens what must be refused, and holds the memory that takes to
// what the folder's files justify.
func openHostile(t *testing.T, path string) error {
	t.Helper()
	var size int64
	dir := path
	if strings.HasSuffix(path, ".gguf") {
		dir = filepath.Dir(path)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		st, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		size += st.Size()
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c, err := Open(path)
	runtime.ReadMemStats(&after)
	if err == nil {
		err = c.Close()
	}
	// Of a header of JSON, decoding keeps a few dozen bytes for each of a token.
	if took := int64(after.TotalAlloc - before.TotalAlloc); took > 1<<20+64*size {
		t.Errorf("%d bytes allocated for files of %d", took, size)
	}
	return err
}

func TestHostileSafetensors(t *testing.T) {
	const entry = `"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`
	eight := "12345678"
	long := func(n uint64) string { return string(binary.LittleEndian.AppendUint64(nil, n)) + "{}" }
	for name, c := range map[string]struct{ file, want string }{
		"empty file":               {"", "only 0 bytes"},
		"no length":                {"1234567", "only 7 bytes"},
		"length beyond the file":   {long(3), "beyond the file's end"},
		"length of 2⁶⁴-1":          {long(1<<64 - 1), "beyond the file's end"},
		"length of 2⁶³":            {long(1 << 63), "beyond the file's end"},
		"a torch file":             {"PK\x03\x04aaaaaaaaaaaaaaaaa", "no safetensors file"},
		"empty header":             {safetensors("", ""), "ends in the middle"},
		"header is an array":       {safetensors("[]", ""), "where { should be"},
		"header is cut":            {safetensors("{"+entry, eight), "ends in the middle"},
		"header is no UTF-8":       {safetensors("{\"\xff\":1}", ""), "UTF-8"},
		"two objects":              {safetensors("{"+entry+"}{}", eight), "after its end"},
		"duplicate tensor":         {safetensors("{"+entry+","+entry+"}", eight), `"a" twice`},
		"duplicate, escaped":       {safetensors("{"+entry+","+strings.Replace(entry, `"a"`, `"\u0061"`, 1)+"}", eight), `"a" twice`},
		"duplicate field":          {safetensors(`{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, eight), `"dtype" twice`},
		"duplicate metadata":       {safetensors(`{"__metadata__":{"k":"","k":""},`+entry+"}", eight), `"k" twice`},
		"metadata of numbers":      {safetensors(`{"__metadata__":{"k":1},`+entry+"}", eight), "string should be"},
		"overlap":                  {safetensors("{"+entry+`,"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`, "123456789012"), "overlaps"},
		"the same place twice":     {safetensors("{"+entry+`,"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, eight), "overlaps"},
		"hole":                     {safetensors("{"+entry+`,"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}`, "1234567890123456"), "belong to none"},
		"hole at the start":        {safetensors(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, eight), "belong to none"},
		"rest at the end":          {safetensors("{"+entry+"}", "123456789"), "belong to no tensor"},
		"data cut short":           {safetensors("{"+entry+"}", "1234567"), "cut short"},
		"offsets beyond the file":  {safetensors(`{"a":{"dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,9223372036854775807]}}`, eight), "cut short"},
		"second offset overflows":  {safetensors("{"+entry+`,"b":{"dtype":"U8","shape":[9223372036854775799],"data_offsets":[8,9223372036854775807]}}`, eight), "cut short"},
		"offsets descend":          {safetensors(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}`, eight), "ascending"},
		"one offset":               {safetensors(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[8]}}`, eight), "two ascending"},
		"three offsets":            {safetensors(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}`, eight), "more than 2"},
		"negative offset":          {safetensors(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}`, eight), "-8"},
		"offset of 2⁶⁴":            {safetensors(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,18446744073709551616]}}`, eight), "18446744073709551616"},
		"fraction":                 {safetensors(`{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}`, eight), "2.0"},
		"wrong size for the dtype": {safetensors(`{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,8]}}`, eight), "not what F16"},
		"wrong size for the shape": {safetensors(`{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`, eight), "not what F32"},
		"unknown dtype":            {safetensors(`{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,8]}}`, eight), `"F4"`},
		"shape overflows":          {safetensors(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}`, eight), "impossible shape"},
		"shape overflows beyond 0": {safetensors(`{"a":{"dtype":"F32","shape":[0,4294967296,4294967296],"data_offsets":[0,0]}}`, ""), "impossible shape"},
		"size overflows":           {safetensors(`{"a":{"dtype":"F64","shape":[2305843009213693953],"data_offsets":[0,8]}}`, eight), "not what F64"},
		"many dimensions":          {safetensors(`{"a":{"dtype":"F32","shape":[1`+strings.Repeat(",1", 99)+`],"data_offsets":[0,4]}}`, "1234"), "more than 16"},
		"unknown field":            {safetensors(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}`, eight), `"x"`},
		"missing shape":            {safetensors(`{"a":{"dtype":"F32","data_offsets":[0,8]}}`, eight), "needs a dtype"},
		"shape is an object":       {safetensors(`{"a":{"dtype":"F32","shape":{},"data_offsets":[0,8]}}`, eight), "where [ should be"},
		"nested deep":              {safetensors(`{"a":`+strings.Repeat("[", 1<<20), ""), "where { should be"},
	} {
		t.Run(name, func(t *testing.T) {
			err := openHostile(t, folder(t, map[string]string{"config.json": "{}", "model.safetensors": c.file}))
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want one line with %q", err, c.want)
			}
		})
	}
}

func TestHeaderOf100MB(t *testing.T) {
	dir := folder(t, map[string]string{"config.json": "{}"})
	f, err := os.Create(filepath.Join(dir, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(200 << 20); err != nil { // sparse
		t.Skip(err)
	}
	if _, err := f.WriteString(safetensors("", "")[:0] + string(binary.LittleEndian.AppendUint64(nil, 100_000_001)) + "{"); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = Open(dir)
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "limit of 100000000") {
		t.Errorf("%v", err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes allocated for a header that is refused by its length", n)
	}
}

func TestOddSafetensors(t *testing.T) {
	// Scalars, empty tensors, unaligned data, foreign dtypes, spaces: all valid.
	header := ` {"s":{"dtype":"F32","shape":[],"data_offsets":[3,7]}, "u":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},` +
		`"e":{"dtype":"F16","shape":[0,5],"data_offsets":[3,3]},"__metadata__":{"b":"<1>","a":"2"}}  `
	dir := folder(t, map[string]string{"config.json": "{}", "model.safetensors": safetensors(header, "abc\x00\x00\x80\x3f")})
	c, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := fmt.Sprint(c.Names()); got != "[u e s]" {
		t.Errorf("names %s", got)
	}
	x := make([]float32, 1)
	if err := c.ReadFloat32("s", x); err != nil || x[0] != 1 {
		t.Errorf("scalar %v, %v", x, err)
	}
	if err := c.ReadFloat32("e", nil); err != nil {
		t.Error(err)
	}
	if err := c.ReadFloat32("u", make([]float32, 3)); err == nil || !strings.Contains(err.Error(), "dtype U8") {
		t.Errorf("U8: %v", err)
	}
	if err := c.ReadFloat32("s", nil); err == nil || !strings.Contains(err.Error(), "has 1 elements") {
		t.Errorf("wrong length: %v", err)
	}
	out := filepath.Join(t.TempDir(), "out")
	w, err := Create(c, out, Options{DType: BF16})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(out, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	want := safetensors(`{"__metadata__":{"b":"<1>","a":"2"},"u":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},`+
		`"e":{"dtype":"BF16","shape":[0,5],"data_offsets":[3,3]},"s":{"dtype":"BF16","shape":[],"data_offsets":[3,5]}}   `, "abc\x80\x3f")
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("the file (-want +got):\n%s", diff)
	}
}

func FuzzSafetensors(f *testing.F) {
	f.Add([]byte(safetensors(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, "12345678")))
	f.Add([]byte(safetensors(`{"__metadata__":{"format":"pt"},"b":{"dtype":"BF16","shape":[1,3],"data_offsets":[0,6]},"a":{"dtype":"U8","shape":[],"data_offsets":[6,7]}}`, "1234567")))
	f.Add([]byte(safetensors(`{"a":{"dtype":"F64","shape":[0,4294967296,2],"data_offsets":[0,0]}}`, "")))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := readSafetensors(inMemory("f", text))
		if err != nil {
			return
		}
		var total int64
		for _, x := range s.tensors {
			total += x.size
			if x.dtype.Numeric() {
				if err := read(x, make([]float32, x.elements())); err != nil && x.packing == nil {
					t.Fatal(err)
				}
			}
		}
		if s.header != nil && total+8+int64(len(s.header)) != int64(len(text)) {
			t.Fatalf("tensors of %d bytes and a header of %d in a file of %d", total, len(s.header), len(text))
		}
	})
}
