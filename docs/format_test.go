package docs

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"sparsellm/arch"
	"sparsellm/checkpoint"
	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/packed"
)

// packModel packs a model of testdata in which of every three matrices one follows
// 2:4, one has a mask's zeros and one none, and returns the folder.
func packModel(t *testing.T, name string, values, head packed.Values, dtype checkpoint.DType) string {
	t.Helper()
	src, err := checkpoint.Open("../testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	p := &checkpoint.Packing{Values: values, Head: head}
	if p.Matrices, p.Tables, err = arch.Slots(src.Config(), src); err != nil {
		t.Fatal(err)
	}
	m, err := arch.Open[float32](src.Config(), src)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "packed")
	w, err := checkpoint.Create(src, dir, checkpoint.Options{Pack: p, DType: dtype})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	rng := rand.New(rand.NewPCG(18, 0))
	sink := checkpoint.SinkOf[float32](w)
	for i := range m.Config().Blocks {
		b, err := m.Block(i)
		if err != nil {
			t.Fatal(err)
		}
		for k, l := range b.Linears() {
			prunedLike(rng, k%3, l.Matrix())
			if err := sink.Store(l.Slot, l.Matrix()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// prunedLike zeroes weights: two of four, most at random, or none.
func prunedLike(rng *rand.Rand, kind int, w linalg.Matrix[float32]) {
	for i := range w.Rows {
		row := w.Row(i)
		for j := range row {
			switch {
			case kind == 0 && j%4 == 3:
				drop := rng.Perm(4)
				row[j-drop[0]], row[j-drop[1]] = 0, 0
			case kind == 1 && rng.IntN(10) < 7:
				row[j] = 0
			}
		}
	}
}

// packings are ways to pack that have all kinds and values.
var packings = []struct {
	values, head packed.Values
	dtype        checkpoint.DType
}{
	{packed.Q8, packed.Q4, 0}, {packed.Q4, packed.Q8, checkpoint.BF16},
	{packed.F16, packed.F16, checkpoint.F16}, {packed.F16, packed.Q8, checkpoint.BF16},
}

// TestFormat reads packed files as format.md has it, and by nothing else of the
// program, and compares with what the program reads.
func TestFormat(t *testing.T) {
	for _, name := range []string{"llama-micro", "today/gpt2", "today/phi3"} {
		for _, p := range packings {
			t.Run(fmt.Sprint(name, p), func(t *testing.T) {
				dir := packModel(t, name, p.values, p.head, p.dtype)
				f := readPlain(t, filepath.Join(dir, "model.packed.safetensors"))
				if f.Version != "1" {
					t.Fatalf("version %q", f.Version)
				}
				c, err := checkpoint.Open(dir)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				kinds := map[string]int{}
				for _, m := range f.Matrices {
					kinds[m.Kind+" "+m.Values]++
					got := f.read(t, m)
					w := m.in(t, c)
					want := make([]float32, m.Cols)
					for i := range m.Rows {
						w.Unpack(i, want)
						if !slices.Equal(got[i], want) {
							t.Fatalf("%s, row %d: %v, want %v", m.Name, i, got[i], want)
						}
					}
				}
				if len(kinds) < 2 {
					t.Errorf("only %v", kinds)
				}
			})
		}
	}
}

// TestFormatPython runs the reader of format.md.
func TestFormatPython(t *testing.T) {
	text, err := os.ReadFile("format.md")
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile("(?s)<!-- read -->\n```python\n(.*?)```").FindSubmatch(text)
	if code == nil {
		t.Fatal("format.md has no reader")
	}
	if out, err := exec.Command("python3", "-c", "import numpy").CombinedOutput(); err != nil {
		t.Skipf("there is no python3 with numpy: %v %s", err, out)
	}
	for _, name := range []string{"llama-micro", "today/gpt2", "today/phi3"} {
		for _, p := range packings {
			dir := packModel(t, name, p.values, p.head, p.dtype)
			cmd := exec.Command("python3", "-c", string(pythonFile)+string(code[1])+pythonMain, dir)
			cmd.Stderr = os.Stderr
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%s %v: %v", name, p, err)
			}
			c, err := checkpoint.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			for _, m := range readPlain(t, filepath.Join(dir, "model.packed.safetensors")).Matrices {
				w := m.in(t, c)
				row := make([]float32, m.Cols)
				for i := range m.Rows {
					w.Unpack(i, row)
					for j, v := range row {
						if got := math.Float32frombits(uint32(out[0]) | uint32(out[1])<<8 | uint32(out[2])<<16 | uint32(out[3])<<24); got != v {
							t.Fatalf("%s %v %s: %d, %d is %v in numpy, %v here", name, p, m.Name, i, j, got, v)
						}
						out = out[4:]
					}
				}
			}
			if len(out) > 0 {
				t.Errorf("%d bytes too many", len(out))
			}
		}
	}
}

const pythonFile = `
import json, sys
import numpy as np
with open(sys.argv[1] + "/model.packed.safetensors", "rb") as f:
    header = json.loads(f.read(int.from_bytes(f.read(8), "little")))
    data = f.read()
meta = header.pop("__metadata__")
numbers = {"F32": "f4", "F16": "f2", "BF16": "u2", "I8": "i1", "U8": "u1", "U32": "u4"}
tensors = {}
for name, t in header.items():
    a, b = t["data_offsets"]
    tensors[name] = np.frombuffer(data[a:b], numbers[t["dtype"]]).reshape(t["shape"])
`

const pythonMain = `
for m in json.loads(meta["matrices"]):
    w = read(tensors, m)
    sys.stdout.buffer.write(np.ascontiguousarray(w.T if m.get("transposed") else w, np.float32).tobytes())
`

// plainFile is a packed file as any reader of safetensors has it.
type plainFile struct {
	Version  string
	Matrices []plainMatrix
	parts    map[string][]byte
}

type plainMatrix struct {
	Name, Tensor, DType, Values, Kind string
	Rows, Cols, First                 int
	Transposed                        bool
}

// in returns the matrix as the program reads it.
func (m plainMatrix) in(t *testing.T, c *checkpoint.Checkpoint) model.RowWeight[float32] {
	t.Helper()
	at := model.Slot{Tensor: m.Tensor, First: m.First, Transposed: m.Transposed}
	if m.Name != m.Tensor {
		at.Outputs = m.Rows
	}
	w, ok, err := c.Weight(at, m.Rows, m.Cols)
	if err != nil || !ok {
		t.Fatalf("%s: %v %v", m.Name, ok, err)
	}
	return w.(model.RowWeight[float32])
}

func readPlain(t *testing.T, path string) *plainFile {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n := int(uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24)
	var header map[string]json.RawMessage
	if err := json.Unmarshal(b[8:8+n], &header); err != nil {
		t.Fatal(err)
	}
	f := &plainFile{parts: map[string][]byte{}}
	for name, text := range header {
		if name == "__metadata__" {
			var meta map[string]string
			if err := json.Unmarshal(text, &meta); err != nil {
				t.Fatal(err)
			}
			f.Version = meta["sparsellm.packed"]
			if err := json.Unmarshal([]byte(meta["matrices"]), &f.Matrices); err != nil {
				t.Fatal(err)
			}
			continue
		}
		var e struct {
			At [2]int `json:"data_offsets"`
		}
		if err := json.Unmarshal(text, &e); err != nil {
			t.Fatal(err)
		}
		f.parts[name] = b[8+n:][e.At[0]:e.At[1]]
	}
	return f
}

// read is format.md's reader.
func (f *plainFile) read(t *testing.T, m plainMatrix) [][]float32 {
	values, index, mask := f.parts[m.Name+".values"], f.parts[m.Name+".index"], f.parts[m.Name+".mask"]
	blocks, groups := (m.Cols+31)/32, (m.Cols+127)/128
	number := func(i int) float64 {
		half := func(at int) float64 { return float64(int(values[at]) | int(values[at+1])<<8) }
		switch m.Values {
		case "q8":
			return float64(int8(values[i]))
		case "f16":
			return halfOf(uint16(half(2 * i)))
		case "bf16":
			return float64(math.Float32frombits(uint32(half(2*i)) << 16))
		case "f32":
			return float64(math.Float32frombits(uint32(half(4*i)) | uint32(half(4*i+2))<<16))
		}
		nibble := values[i/128*64+i%64] // 64 low halves, then 64 high ones
		if i%128 >= 64 {
			nibble >>= 4
		}
		return float64(int(nibble&15) - 8)
	}
	scale := func(i, j int) float64 {
		if m.Values != "q8" && m.Values != "q4" {
			return 1
		}
		s := f.parts[m.Name+".scales"][2*((i/16*groups+j/128)*16+i%16):]
		return halfOf(uint16(s[0]) | uint16(s[1])<<8)
	}
	w := make([][]float32, m.Rows)
	next := 0
	for i := range w {
		w[i] = make([]float32, m.Cols)
		row := len(mask) / m.Rows
		for j := range w[i] {
			switch {
			case m.Kind == "mask" && mask[i*row+j/8]>>(j%8)&1 == 1:
				w[i][j] = float32(number(next) * scale(i, j))
				next++
			case m.Kind == "dense" && (m.Values == "q8" || m.Values == "q4"):
				w[i][j] = float32(number((i/16*blocks+j/32)*16*32+j%32/4*64+i%16*4+j%4) * scale(i, j))
			case m.Kind == "dense":
				w[i][j] = float32(number(i*m.Cols + j))
			}
		}
		for k := range blocks * 16 * boolInt(m.Kind == "2:4") { // the kept values of a row
			block, n := k/16, k%16
			at := (i/16*blocks+block)*16 + i%16
			j := block*32 + n/2*4 + int(index[4*at+n%4]>>(n/4*2)&3)
			if v := number((i/16*blocks+block)*16*16 + n/4*64 + i%16*4 + n%4); v != 0 {
				w[i][j] = float32(v * scale(i, j))
			}
		}
	}
	return w
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// halfOf is the number of a float16 that is finite.
func halfOf(h uint16) float64 {
	sign, exponent, fraction := 1-2*float64(h>>15), int(h>>10&31), float64(h&1023)
	if exponent == 0 {
		return sign * math.Ldexp(fraction, -24)
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}
