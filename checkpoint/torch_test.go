package checkpoint

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// pickler writes the pickles that the tests want.
type pickler struct{ bytes.Buffer }

func (p *pickler) text(s string) {
	p.WriteByte('X')
	p.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(s))))
	p.WriteString(s)
}

func (p *pickler) global(s string) { p.WriteString("c" + strings.Replace(s, " ", "\n", 1) + "\n") }

func (p *pickler) ints(v ...int64) {
	p.WriteByte('(')
	for _, x := range v {
		p.WriteString("\x8a\x08")
		p.Write(binary.LittleEndian.AppendUint64(nil, uint64(x)))
	}
	p.WriteByte('t')
}

// tensor writes a name and a tensor that is a view of a storage.
func (p *pickler) tensor(name, class, key string, elements, offset int64, shape, stride []int64) {
	p.text(name)
	p.global("torch._utils _rebuild_tensor_v2")
	p.WriteString("((")
	p.text("storage")
	p.global(class)
	p.text(key)
	p.text("cpu")
	p.WriteString("\x8a\x08")
	p.Write(binary.LittleEndian.AppendUint64(nil, uint64(elements)))
	p.WriteString("tQ\x8a\x08")
	p.Write(binary.LittleEndian.AppendUint64(nil, uint64(offset)))
	p.ints(shape...)
	p.ints(stride...)
	p.WriteString("\x89")
	p.global("collections OrderedDict")
	p.WriteString(")RtR")
}

// torchFile is a zip file of data.pkl, with the pickle around items, and the
// other members.
func torchFile(t testing.TB, items string, members ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	members = append([]string{"m/data.pkl", "\x80\x02}(" + items + "u."}, members...)
	for i := 0; i < len(members); i += 2 {
		method := zip.Store
		name, packed := strings.CutPrefix(members[i], "deflated ")
		if packed {
			method = zip.Deflate
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(members[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTorchAsPyTorchReadsIt(t *testing.T) {
	file, err := os.ReadFile("testdata/torch.bin")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("testdata/torch.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]struct {
		Shape  []int
		Values []float64
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	in, err := Open(folder(t, map[string]string{"config.json": "{}", "pytorch_model.bin": string(file)}))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	dir := filepath.Join(t.TempDir(), "out")
	w, err := Create(in, dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	out, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	for _, c := range []*Checkpoint{in, out} {
		if len(c.Names()) != len(want) {
			t.Errorf("%d tensors, want %d", len(c.Names()), len(want))
		}
		for name, x := range want {
			if shape, ok := c.Shape(name); !ok || !slices.Equal(shape, x.Shape) {
				t.Errorf("%s: shape %v, want %v", name, shape, x.Shape)
				continue
			}
			if d, _ := c.DType(name); !d.Numeric() {
				continue
			}
			got := make([]float64, len(x.Values))
			if err := c.ReadFloat64(name, got); err != nil {
				t.Error(err)
			} else if !slices.Equal(got, x.Values) {
				t.Errorf("%s: %v, want %v", name, got, x.Values)
			}
		}
	}
	if d, _ := in.DType("parameter"); d != BF16 {
		t.Errorf("parameter is %v", d)
	}
	b, err := os.ReadFile(filepath.Join(dir, "model.safetensors"))
	if err != nil || !bytes.Contains(b, []byte(`{"__metadata__":{"format":"pt"}`)) {
		t.Errorf("no format in the metadata, %v", err)
	}
}

func TestTorchVariants(t *testing.T) {
	root := "../../shared/models"
	if _, err := os.Stat(root); err != nil {
		t.Skipf("%s is not beside this repository", root)
	}
	want, err := Open("../testdata/opt-micro")
	if err != nil {
		t.Fatal(err)
	}
	defer want.Close()
	for _, variant := range []string{"opt-micro-torch-bin", "opt-micro-torch-bin-sharded"} {
		in, err := Open(filepath.Join(root, "variants", variant))
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		dir := filepath.Join(t.TempDir(), "out")
		w, err := Create(in, dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		out, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		if len(out.Names()) != len(in.Names()) {
			t.Errorf("%d tensors, then %d", len(in.Names()), len(out.Names()))
		}
		var largest int64
		for _, s := range in.shards {
			largest = max(largest, s.file.size)
		}
		for _, s := range out.shards {
			if len(in.shards) > 1 && s.file.size > largest {
				t.Errorf("%s has %d bytes, the input's largest %d", s.file.path, s.file.size, largest)
			}
		}
		for _, name := range want.Names() {
			shape, _ := want.Shape(name)
			n := 1
			for _, d := range shape {
				n *= d
			}
			x, y, z := make([]float32, n), make([]float32, n), make([]float32, n)
			for _, err := range []error{want.ReadFloat32(name, x), in.ReadFloat32(name, y), out.ReadFloat32(name, z)} {
				if err != nil {
					t.Fatal(err)
				}
			}
			round(F16, x)
			if !slices.Equal(x, y) || !slices.Equal(x, z) {
				t.Errorf("%s: %s has other values", variant, name)
			}
		}
	}
}

func TestHostileTorch(t *testing.T) {
	item := func(class string, elements, offset int64, shape, stride []int64) string {
		var p pickler
		p.tensor("a", class, "0", elements, offset, shape, stride)
		return p.String()
	}
	one := func(v ...int64) []int64 { return v }
	const half = "torch HalfStorage"
	good := item(half, 2, 0, one(2), one(1))
	if _, err := readTorch(inMemory("f", []byte(torchFile(t, good, "m/data/0", "1234")))); err != nil {
		t.Fatalf("the good one: %v", err)
	}
	global := func(s string) string {
		var p pickler
		p.text("a")
		p.global(s)
		p.WriteString("(tR")
		return p.String()
	}
	text := func(n uint32) string { return "X" + string(binary.LittleEndian.AppendUint32(nil, n)) }
	for name, c := range map[string]struct {
		items   string
		members []string
		want    string
	}{
		"os.system":             {global("os system"), nil, `"os.system", which is refused`},
		"posix.system":          {global("posix system"), nil, "refused"},
		"builtins.eval":         {global("builtins eval"), nil, "refused"},
		"getattr":               {global("__builtin__ getattr"), nil, "refused"},
		"a whole module":        {global("transformers.models.llama.modeling_llama LlamaForCausalLM"), nil, "save its state_dict, or the model with save_pretrained"},
		"a quantised tensor":    {global("torchao.dtypes.affine_quantized_tensor AffineQuantizedTensor"), nil, "its weights are quantised"},
		"a tensor of float8":    {global("torch._utils _rebuild_tensor_v3"), nil, "convert it to bfloat16"},
		"PyTorch's quantised":   {global("torch._utils _rebuild_qtensor"), nil, "its weights are quantised"},
		"a trainer's":           {text(5) + "epochK\x01" + text(10) + "state_dict}", nil, `with a dictionary under "state_dict"`},
		"torch's own functions": {global("torch load"), nil, "refused"},
		"a nearby global":       {global("torch HalfStorage.__init__"), nil, "refused"},
		"a storage is called":   {global(half), nil, "wrong parts"},
		"a long global":         {"c" + strings.Repeat("x", 1000) + "\n\n", nil, "no name"},
		"a global without end":  {"cos", nil, "no name"},
		"INST":                  {"(ios\nsystem\n", nil, "opcode 0x69"},
		"OBJ":                   {"o", nil, "opcode 0x6f"},
		"NEWOBJ":                {"\x81", nil, "opcode 0x81"},
		"STACK_GLOBAL":          {"\x93", nil, "opcode 0x93"},
		"EXT1":                  {"\x82\x01", nil, "opcode 0x82"},
		"0xff":                  {"\xff", nil, "opcode 0xff"},
		"protocol 4":            {"\x80\x04", nil, "protocol 4"},
		"text of 4 GiB":         {text(1<<32 - 1), nil, "cut short"},
		"text of 2 GiB":         {text(1<<31 - 1), nil, "cut short"},
		"text is no UTF-8":      {text(1) + "\xff", nil, "UTF-8"},
		"long of 255 bytes":     {"\x8a\xff" + strings.Repeat("x", 255), nil, "64 bits"},
		"recall of nothing":     {"h\x07", nil, "did not store"},
		"REDUCE of nothing":     {"R", nil, "stack is empty"},
		"BUILD of a number":     {"K\x01K\x01b", nil, "no dictionary"},
		"TUPLE3 across a mark":  {"K\x01(K\x01\x87", nil, "stack is empty"},
		"no mark":               {"tttt", nil, "mark is missing"},
		"SETITEMS of a text":    {text(0) + "(K\x01K\x01u", nil, "no dictionary"},
		"odd items":             {"K\x01", nil, "no dictionary"},
		"a number as a name":    {"K\x01" + good[6:], nil, "no named tensor"},
		"a number as a tensor":  {text(1) + "aK\x01", nil, "no named tensor"},
		"persistent number":     {"K\x01Q", nil, "no storage"},
		"persistent module":     {"((" + text(6) + "modulettQ", nil, "no storage"},
		"tensor of numbers":     {"ctorch._utils\n_rebuild_tensor_v2\n(K\x01K\x01K\x01K\x01K\x01K\x01tR", nil, "wrong parts"},
		"duplicate":             {good + good, []string{"m/data/0", "1234"}, "twice"},
		"missing storage":       {good, nil, "missing"},
		"storage outside":       {strings.Replace(good, text(1)+"0", text(4)+"../0", 1), []string{"m/data/0", "1234", "m/0", "1234"}, "missing"},
		"storage is short":      {good, []string{"m/data/0", "123"}, "which has 3 bytes"},
		"storage is long":       {good, []string{"m/data/0", "12345"}, "which has 5 bytes"},
		"elements overflow":     {item("torch DoubleStorage", 1<<61+1, 0, one(2), one(1)), []string{"m/data/0", "12345678"}, "which has 8 bytes"},
		"negative elements":     {item(half, -2, 0, one(2), one(1)), nil, "damaged storage"},
		"beyond the storage":    {item(half, 2, 1, one(2), one(1)), []string{"m/data/0", "1234"}, "beyond its storage"},
		"beyond by its stride":  {item(half, 2, 0, one(2), one(2)), []string{"m/data/0", "1234"}, "beyond its storage"},
		"negative offset":       {item(half, 2, -1, one(2), one(1)), []string{"m/data/0", "1234"}, "damaged stride"},
		"negative stride":       {item(half, 2, 1, one(2), one(-1)), []string{"m/data/0", "1234"}, "damaged stride"},
		"negative dimension":    {item(half, 2, 0, one(-2), one(1)), []string{"m/data/0", "1234"}, "impossible shape"},
		"stride overflows":      {item(half, 2, 0, one(3), one(1<<62)), []string{"m/data/0", "1234"}, "damaged stride"},
		"shape overflows":       {item(half, 2, 0, one(1<<32, 1<<32), one(0, 0)), []string{"m/data/0", "1234"}, "impossible shape"},
		"a huge view of little": {item(half, 2, 0, one(1<<40), one(0)), []string{"m/data/0", "1234"}, "more elements than its storage"},
		"fewer strides":         {item(half, 2, 0, one(1, 2), one(1)), []string{"m/data/0", "1234"}, "damaged stride"},
		"many dimensions":       {item(half, 2, 0, make([]int64, 99), make([]int64, 99)), []string{"m/data/0", "1234"}, "wrong parts"},
		"compressed":            {good, []string{"deflated m/data/0", "1234"}, "compressed"},
		"member twice":          {good, []string{"m/data/0", "1234", "m/data/0", "5678"}, "there twice"},
		"two pickles":           {good, []string{"m/data/0", "1234", "n/data.pkl", "."}, "more than one data.pkl"},
		"big endian":            {good, []string{"m/data/0", "1234", "m/byteorder", "big"}, "big-endian"},
		"TorchScript":           {good, []string{"m/data/0", "1234", "m/constants.pkl", ""}, "TorchScript"},
		"a long pickle":         {strings.Repeat("N", maxPickle+1), nil, "more than the names"},
	} {
		t.Run(name, func(t *testing.T) {
			file := torchFile(t, c.items, c.members...)
			err := openHostile(t, folder(t, map[string]string{"config.json": "{}", "pytorch_model.bin": file}))
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want one line with %q", err, c.want)
			}
		})
	}
	for name, c := range map[string]struct{ file, want string }{
		"empty":       {"", "no PyTorch file"},
		"legacy":      {string(legacyMagic) + "\x2e\x80\x02", "before 1.6"},
		"cut":         {torchFile(t, good, "m/data/0", "1234")[:300], "no PyTorch file"},
		"root":        {strings.Replace(torchFile(t, "", "m/data/0", "1234"), "}(u.", "K\x07N.", 1), "no dictionary"},
		"safetensors": {safetensors("{}", ""), "no PyTorch file"},
	} {
		err := openHostile(t, folder(t, map[string]string{"config.json": "{}", "pytorch_model.bin": c.file}))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func FuzzPickle(f *testing.F) {
	file, err := os.ReadFile("testdata/torch.bin")
	if err != nil {
		f.Fatal(err)
	}
	s := &shard{file: inMemory("f", file)}
	members, prefix, err := s.zipMembers()
	if err != nil {
		f.Fatal(err)
	}
	m := members[prefix+"data.pkl"]
	f.Add(file[m.off : m.off+m.size])
	var p pickler
	p.WriteString("\x80\x02}(")
	p.tensor("a", "torch HalfStorage", "0", 2, 0, []int64{1, 2}, []int64{2, 1})
	p.WriteString("u.")
	f.Add(p.Bytes())
	// A tensor that a pickle makes must lie in its storage, whatever it says.
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := unpickle(text)
		if err != nil {
			return
		}
		d, ok := v.(*dict)
		if !ok {
			return
		}
		for _, e := range d.entries {
			x, ok := e.value.(*torchTensor)
			if !ok {
				continue
			}
			size := x.storage.elements
			if size > 1<<10 {
				continue
			}
			size *= x.storage.dtype.Size()
			tensor, err := x.locate(inMemory("f", make([]byte, size)), map[string]span{"data/" + x.storage.key: {0, size}}, "")
			if err != nil {
				continue
			}
			n := int64(0)
			err = tensor.pieces(func(at int64, b []byte) error {
				if at != n {
					t.Fatalf("a piece at byte %d after %d of them", at, n)
				}
				n += int64(len(b))
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if n != int64(tensor.elements())*tensor.dtype.Size() {
				t.Fatalf("%d bytes for shape %v of %v", n, tensor.shape, tensor.dtype)
			}
		}
	})
}

func FuzzTorch(f *testing.F) {
	file, err := os.ReadFile("testdata/torch.bin")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	f.Add([]byte(torchFile(f, "", "m/data/0", "1234")))
	f.Fuzz(func(t *testing.T, file []byte) {
		s, err := readTorch(inMemory("f", file))
		if err != nil {
			return
		}
		for _, x := range s.tensors {
			if err := x.pieces(func(int64, []byte) error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
	})
}
