package checkpoint

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/packed"
)

// packSlots are those of packFolder's matrices: one a tensor of its own, two in one
// tensor, one in × out, and two in one that is.
var packSlots = []model.Slot{
	{Tensor: "a"}, {Tensor: "b", Outputs: 5}, {Tensor: "b", First: 5, Outputs: 15},
	{Tensor: "c", Transposed: true}, {Tensor: "d", First: 16, Outputs: 4, Transposed: true}, {Tensor: "d", Outputs: 16, Transposed: true},
}

// packFolder is a folder whose tensors have matrices of 24, 20, 20 and 20 outputs
// and 132 inputs, a table, and a vector, of a dtype that holds their values.
func packFolder(t testing.TB, d DType) string {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, uint64(d)))
	var data []byte
	var header strings.Builder
	header.WriteString(`{"__metadata__":{"format":"pt"}`)
	for _, x := range []struct {
		name  string
		shape []int
	}{{"a", []int{24, 132}}, {"b", []int{20, 132}}, {"c", []int{132, 20}}, {"d", []int{132, 20}}, {"table", []int{40, 132}}, {"v", []int{7}}} {
		n := 1
		for _, k := range x.shape {
			n *= k
		}
		values := make([]float32, n)
		for i := range values {
			values[i] = float32(rng.NormFloat64())
			if x.name == "a" && i%4 >= 2 || x.name == "c" && rng.IntN(10) < 7 {
				values[i] = 0
			}
		}
		b := make([]byte, int64(n)*d.Size())
		encode(d, b, values)
		fmt.Fprintf(&header, `,%q:{"dtype":%q,"shape":%s,"data_offsets":[%d,%d]}`, x.name, d, jsonText(x.shape), len(data), len(data)+len(b))
		data = append(data, b...)
	}
	header.WriteString("}")
	return folder(t, map[string]string{"config.json": `{"model_type":"x"}`, "model.safetensors": safetensors(header.String(), string(data))})
}

// packTest packs folder in, and returns the one that makes.
func packTest(t testing.TB, in string, values, head packed.Values) string {
	t.Helper()
	src, err := Open(in)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	out := filepath.Join(t.TempDir(), "packed")
	w, err := Create(src, out, Options{Pack: &Packing{Values: values, Head: head, Matrices: packSlots, Tables: []string{"table", "none"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestPackUnpack packs tensors of 16 bits in 16 bits, and unpacks the very file.
func TestPackUnpack(t *testing.T) {
	for _, d := range []DType{F16, BF16} {
		in := packFolder(t, d)
		src, err := Open(packTest(t, in, packed.F16, packed.F16))
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		if kind, ok := src.PackedAs("c"); !ok || kind.Kind != "mask" || kind.Values != strings.ToLower(d.String()) {
			t.Errorf("a matrix of which 70%% are zero is packed as %v", kind)
		}
		out := filepath.Join(t.TempDir(), "out")
		w, err := Create(src, out, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		want, err := Open(in)
		if err != nil {
			t.Fatal(err)
		}
		defer want.Close()
		got, err := Open(out)
		if err != nil {
			t.Fatal(err)
		}
		defer got.Close()
		for _, name := range want.Names() {
			if x, _ := got.DType(name); x != d {
				t.Errorf("%s is of %v, not %v", name, x, d)
			}
			a, b := want.byName[name], got.byName[name]
			if same, err := sameBytes(a, b); err != nil || !same || !slices.Equal(a.shape, b.shape) {
				t.Errorf("%v: %s does not come back: %v", d, name, err)
			}
		}
		if want.shards[0].metadata[0] != got.shards[0].metadata[0] {
			t.Errorf("metadata %v", got.shards[0].metadata)
		}
	}
}

// TestPackedReads compares all ways to read what is packed, with the rounding that
// a sink announces.
func TestPackedReads(t *testing.T) {
	in := packFolder(t, F32)
	for _, v := range []packed.Values{packed.F16, packed.Q8, packed.Q4} {
		src, err := Open(in)
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		dir := packTest(t, in, v, v)
		c, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if !c.Packed() || src.Packed() {
			t.Error("Packed is wrong")
		}
		if a, _ := c.PackedAs("a"); v != packed.F16 && a.Kind != "2:4" {
			t.Errorf("a matrix that follows 2:4 is %v", a)
		}
		w, err := Create(src, filepath.Join(t.TempDir(), "out"), Options{Pack: &Packing{Values: v, Head: v, Matrices: packSlots}})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Abort()
		for _, at := range packSlots {
			t.Run(fmt.Sprint(v, at), func(t *testing.T) {
				x := src.byName[at.Tensor]
				all := make([]float32, x.elements())
				if err := read(x, all); err != nil {
					t.Fatal(err)
				}
				want := cut(linalg.MatrixOf(x.shape[0], x.shape[1], all), at)
				SinkOf[float32](w).Round(at, want)
				got, ok, err := c.Weight(at, want.Rows, want.Cols)
				if err != nil || !ok {
					t.Fatalf("no weight: %v", err)
				}
				row := make([]float32, want.Cols)
				for i := range want.Rows {
					got.(model.RowWeight[float32]).Unpack(i, row)
					if !slices.Equal(row, want.Row(i)) {
						t.Fatalf("row %d as it is run: %v, want %v", i, row, want.Row(i))
					}
				}
				read := make([]float64, x.elements())
				if err := c.ReadFloat64(at.Tensor, read); err != nil {
					t.Fatal(err)
				}
				for i := range want.Rows {
					for j, v := range want.Row(i) {
						k := (at.First+i)*x.shape[1] + j
						if at.Transposed {
							k = j*x.shape[1] + at.First + i
						}
						if read[k] != float64(v) {
							t.Fatalf("element %d, %d is read as %v, want %v", i, j, read[k], v)
						}
					}
				}
				again := want.Clone()
				SinkOf[float32](w).Round(at, again)
				if !slices.Equal(again.Data, want.Data) {
					t.Error("rounding what is rounded changes it")
				}
			})
		}
		rows := make([]float32, 2*132)
		if err := c.ReadRowsFloat32("table", []int{39, 3}, rows); err != nil {
			t.Fatal(err)
		}
		whole := make([]float32, 40*132)
		if err := c.ReadFloat32("table", whole); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(rows, slices.Concat(whole[39*132:], whole[3*132:4*132])) {
			t.Error("rows of a table differ from what it is")
		}
		if _, ok, err := c.Weight(model.Whole("v"), 1, 7); ok || err != nil {
			t.Errorf("a vector is no packed weight: %v %v", ok, err)
		}
		if same, err := c.Equal("a", "a"); err != nil || !same {
			t.Errorf("a tensor does not equal itself: %v", err)
		}
	}
}

// TestPackResume suspends a run that packs and goes on with it: the file is the
// same as if it had not stopped, and what is stored comes back as it was.
func TestPackResume(t *testing.T) {
	in := packFolder(t, BF16)
	src, err := Open(in)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	opt := Options{Resume: true, Record: []byte("{}"), Pack: &Packing{Values: packed.Q8, Head: packed.Q8, Matrices: packSlots, Tables: []string{"table"}}}
	var files []string
	for _, stop := range []bool{false, true} {
		dir := filepath.Join(t.TempDir(), "out")
		w, err := Create(src, dir, opt)
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(3, 3))
		stored := linalg.NewMatrix[float32](15, 132)
		for i := range stored.Data {
			stored.Data[i] = float32(rng.NormFloat64())
		}
		if err := SinkOf[float32](w).Store(packSlots[2], stored); err != nil {
			t.Fatal(err)
		}
		if stop {
			if err := w.Suspend(); err != nil {
				t.Fatal(err)
			}
			if w, err = Create(src, dir, opt); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, packedName))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, string(text))
		c, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		x, _, err := c.Weight(packSlots[2], 15, 132)
		if err != nil {
			t.Fatal(err)
		}
		row := make([]float32, 132)
		for i := range stored.Rows {
			if x.(model.RowWeight[float32]).Unpack(i, row); !slices.Equal(row, stored.Row(i)) {
				t.Fatalf("row %d: %v, stored was %v", i, row, stored.Row(i))
			}
		}
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 3 {
			t.Errorf("the folder has %v", entries)
		}
		if _, err := Create(src, dir, opt); err == nil || !strings.Contains(err.Error(), "complete") {
			t.Errorf("resuming what is complete: %v", err)
		}
	}
	if files[0] != files[1] {
		t.Error("the run that was stopped wrote another file")
	}
}

// TestPackOver writes a packed model over a dense one and the reverse: of each only
// the last is left.
func TestPackOver(t *testing.T) {
	in := packFolder(t, F16)
	src, err := Open(in)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	dir := filepath.Join(t.TempDir(), "out")
	for _, p := range []*Packing{nil, {Values: packed.Q8, Head: packed.Q8, Matrices: packSlots}, nil} {
		w, err := Create(src, dir, Options{Pack: p, Force: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		c, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if c.Packed() != (p != nil) {
			t.Errorf("after packing %v the folder is packed: %v", p, c.Packed())
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
			t.Errorf("the folder has %v", entries)
		}
		c.Close()
	}
}

// TestCannotPack refuses what cannot be packed.
func TestCannotPack(t *testing.T) {
	src, err := Open(packFolder(t, F32))
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	for want, p := range map[string]*Packing{
		"no such tensor: e":         {Matrices: []model.Slot{{Tensor: "e"}}},
		"outputs from 5 on":         {Matrices: []model.Slot{{Tensor: "b", Outputs: 5}}},
		"outputs from 0 on":         {Matrices: []model.Slot{{Tensor: "b", First: 5, Outputs: 15}}},
		"outputs from 21 on are no": {Matrices: []model.Slot{{Tensor: "b", Outputs: 21}}},
		"[7] is no matrix":          {Matrices: []model.Slot{{Tensor: "v"}}},
	} {
		if _, err := Create(src, filepath.Join(t.TempDir(), "out"), Options{Pack: p}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	w, err := Create(src, filepath.Join(t.TempDir(), "out"), Options{Pack: &Packing{Values: packed.F16, Matrices: packSlots[:1]}})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	large := linalg.NewMatrix[float32](24, 132)
	large.Data[5] = 1e6
	if err := SinkOf[float32](w).Store(packSlots[0], large); err == nil {
		err = w.Commit()
		if err == nil || !strings.Contains(err.Error(), "too great for f16") {
			t.Errorf("1e6 in float16: %v", err)
		}
	}
}

// repack returns a packed file with its metadata and parts changed.
func repackText(t testing.TB, text []byte, change func(header map[string]json.RawMessage, meta map[string]string, entries []map[string]any)) string {
	t.Helper()
	n := int(text[0]) | int(text[1])<<8 | int(text[2])<<16
	var header map[string]json.RawMessage
	var meta map[string]string
	var entries []map[string]any
	for _, err := range []error{
		json.Unmarshal(text[8:8+n], &header),
		json.Unmarshal(header["__metadata__"], &meta),
		json.Unmarshal([]byte(meta["matrices"]), &entries),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	change(header, meta, entries)
	if list, err := json.Marshal(entries); err != nil {
		t.Fatal(err)
	} else if meta["matrices"] != "{" {
		meta["matrices"] = string(list)
	}
	header["__metadata__"], _ = json.Marshal(meta)
	changed, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	return safetensors(string(changed), string(text[8+n:]))
}

func TestHostilePacked(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(packTest(t, packFolder(t, F16), packed.Q8, packed.Q4), packedName))
	if err != nil {
		t.Fatal(err)
	}
	entry := func(entries []map[string]any, name string) map[string]any {
		return entries[slices.IndexFunc(entries, func(e map[string]any) bool { return e["name"] == name })]
	}
	set := func(name, key string, value any) func(map[string]json.RawMessage, map[string]string, []map[string]any) {
		return func(_ map[string]json.RawMessage, _ map[string]string, entries []map[string]any) {
			entry(entries, name)[key] = value
		}
	}
	for want, change := range map[string]func(map[string]json.RawMessage, map[string]string, []map[string]any){
		"of version \"2\"": func(_ map[string]json.RawMessage, m map[string]string, _ []map[string]any) {
			m["sparsellm.packed"] = "2"
		},
		"cannot be read":             func(_ map[string]json.RawMessage, m map[string]string, _ []map[string]any) { m["matrices"] = "{" },
		"lacks its part .scales":     set("a", "name", "x"),
		"cannot be of 0":             set("a", "rows", 0),
		"cannot be of 24 × -1":       set("a", "cols", -1),
		"cannot be of 1099511627776": set("a", "rows", 1<<40),
		"has a part .scales of":      set("a", "rows", 1000),
		"begins at output -1":        set("a", "first", -1),
		"one begins at 4":            set("a", "first", 4),
		"cannot be packed as 3:4":    set("a", "kind", "3:4"),
		"unknown kind \"2/4\"":       set("a", "kind", "2/4"),
		"unknown kind \"-2:0\"":      set("a", "kind", "-2:0"),
		"\"q9\" is no kind":          set("a", "values", "q9"),
		"lacks its part .offsets":    set("a", "kind", "mask"),
		"dtype \"U8\"":               set("a", "dtype", "U8"),
		"unknown field":              set("a", "more", 1),
		"does not lie behind those":  set("d[0:16]", "tensor", "a"),
		"does not go with those":     set("b[5:20]", "dtype", "F32"),
		"not U8":                     set("a", "values", "q4"),
		"lacks its part .offsets ": func(_ map[string]json.RawMessage, _ map[string]string, entries []map[string]any) {
			e := entry(entries, "c")
			e["name"] = "a"
		},
	} {
		want = strings.TrimSpace(want)
		changed := repackText(t, text, change)
		err := openHostile(t, folder(t, map[string]string{"config.json": `{}`, packedName: changed}))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// TestHostileMask reads a file whose mask marks other weights than there are
// values.
func TestHostileMask(t *testing.T) {
	dir := packTest(t, packFolder(t, F16), packed.Q8, packed.Q4)
	path := filepath.Join(dir, packedName)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	x := c.byName["c"]
	m := x.packing.matrices[0]
	at := x.off + m.off + m.parts[offsetsPart] + m.parts[scalesPart]
	c.Close()
	text[at] ^= 1
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
	if c, err = Open(dir); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, _, err := c.Weight(packSlots[3], 20, 132); err == nil || !strings.Contains(err.Error(), "tensor c") {
		t.Errorf("running it: %v", err)
	}
	if err := c.ReadFloat32("c", make([]float32, 20*132)); err == nil || !strings.Contains(err.Error(), "mask marks") && !strings.Contains(err.Error(), "as the mask has it") {
		t.Errorf("reading it: %v", err)
	}
}

func FuzzPacked(f *testing.F) {
	in := packFolder(f, F16)
	for _, v := range []packed.Values{packed.F16, packed.Q8, packed.Q4} {
		text, err := os.ReadFile(filepath.Join(packTest(f, in, v, v), packedName))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := readSafetensors(inMemory("f", text))
		if err != nil {
			return
		}
		c := &Checkpoint{shards: []*shard{s}}
		if c.index(nil) != nil {
			return
		}
		for _, x := range s.tensors {
			if !x.dtype.Numeric() || x.elements() > 64*len(text) {
				continue
			}
			err := read(x, make([]float32, x.elements()))
			if x.packing == nil {
				continue
			}
			for _, m := range x.packing.matrices {
				at := model.Slot{Tensor: x.name, First: m.first, Outputs: m.rows, Transposed: x.packing.transposed}
				w, ok, werr := c.Weight(at, m.rows, m.cols)
				if err == nil && (werr != nil || !ok) {
					t.Fatalf("%v can be read and not run: %v", at, werr)
				}
				if ok {
					_, ok = w.(model.RowWeight[float32])
				}
				if werr == nil && !ok {
					t.Fatal("a packed weight has no rows")
				}
			}
		}
	})
}
