package checkpoint

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// counter counts the bytes that are read.
type counter struct {
	io.ReaderAt
	n int64
}

func (c *counter) ReadAt(b []byte, off int64) (int, error) {
	c.n += int64(len(b))
	return c.ReaderAt.ReadAt(b, off)
}

// unmapped opens a file as systems without mappings do, and counts what is
// read of it.
func unmapped(t *testing.T, path string) (*file, *counter) {
	t.Helper()
	f, err := os.Open(path)
	must(t, err)
	st, err := f.Stat()
	must(t, err)
	c := &counter{ReaderAt: f}
	x := &file{File: f, from: c, path: path, size: st.Size(), modified: st.ModTime()}
	t.Cleanup(func() { f.Close() })
	return x, c
}

// ggmlScales is where a block of a type has its float16 numbers.
var ggmlScales = map[string][]int{
	"Q4_0": {0}, "Q4_1": {0, 2}, "Q5_0": {0}, "Q5_1": {0, 2}, "Q8_0": {0}, "IQ4_NL": {0}, "IQ4_XS": {0},
	"Q2_K": {80, 82}, "Q3_K": {108}, "Q4_K": {0, 2}, "Q5_K": {0, 2}, "Q6_K": {208},
}

// randomBlocks is a GGUF file whose embedding, rows × cols, is of random blocks of
// a kind, with scales that float16 can hold times the numbers.
func randomBlocks(kind ggmlType, rows, cols int, seed uint64) string {
	k := ggmlTypes[kind]
	n := rows * cols / int(k.block) * int(k.bytes)
	file := []byte(ggufFile(llamaMeta(), []ggufEntry{{"token_embd.weight", kind, []uint64{uint64(cols), uint64(rows)}, 0}}, n))
	rng := rand.New(rand.NewPCG(seed, 1))
	data := file[len(file)-n:]
	for i := range data {
		data[i] = byte(rng.Uint32())
	}
	for at := 0; k.unpack != nil && at < n; at += int(k.bytes) {
		for _, scale := range ggmlScales[k.name] {
			binary.LittleEndian.PutUint16(data[at+scale:], 0x2000+uint16(rng.IntN(0x1000)))
		}
	}
	for at := 0; kind == 1 && at < n; at += 2 {
		data[at+1] &= 0xbf // no infinities
	}
	return string(file)
}

// TestRowsAreReadAlone reads some rows of an embedding in every format, and
// wants those of the whole, and no more bytes of the file than theirs.
func TestRowsAreReadAlone(t *testing.T) {
	const rows, cols = 500, 2304 // not a multiple of what is unpacked at a time
	chosen := []int{499, 0, 17, 17, 250}
	type made struct {
		name, file, tensor string
		read               func(*file) (*shard, error)
		stored             int64 // bytes of a row
	}
	gguf := func(x *file) (*shard, error) { s, _, err := readGGUF(x); return s, err }
	var all []made
	for kind, k := range ggmlTypes {
		if k.dtype != F16 {
			continue
		}
		all = append(all, made{kind.String(), randomBlocks(kind, rows, cols, uint64(kind)), "model.embed_tokens.weight", gguf, cols / k.block * k.bytes})
	}
	all = append(all, made{"safetensors", safetensors(fmt.Sprintf(`{"e":{"dtype":"F16","shape":[%d,%d],"data_offsets":[0,%d]}}`, rows, cols, 2*rows*cols), strings.Repeat("\x01\x3c\x02\x3d", rows*cols/2)), "e", readSafetensors, 2 * cols})
	for _, m := range all {
		t.Run(m.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "f")
			must(t, os.WriteFile(path, []byte(m.file), 0o644))
			mapped, err := openFile(path)
			must(t, err)
			defer mapped.Close()
			bare, count := unmapped(t, path)
			for _, x := range []*file{mapped, bare} {
				s, err := m.read(x)
				must(t, err)
				if header := int64(len(m.file)) - m.stored*rows; x == bare && count.n > max(header, 1<<20)+100 {
					t.Errorf("the header of %d bytes took %d", header, count.n)
				}
				i := slices.IndexFunc(s.tensors, func(x *tensor) bool { return x.name == m.tensor })
				whole := make([]float32, rows*cols)
				must(t, read(s.tensors[i], whole))
				if g, ok := s.tensors[i].layout.(*ggufRows); ok { // unpacked in one piece, as ggml does
					want := make([]float32, cols)
					dequantize(g.kind, want, []byte(m.file)[len(m.file)-int(m.stored):])
					round(F16, want)
					if !slices.Equal(whole[(rows-1)*cols:], want) {
						t.Error("the last row is not what its blocks are")
					}
				}
				got := make([]float32, len(chosen)*cols)
				count.n = 0
				must(t, readRows(s.tensors[i], chosen, got))
				for k, r := range chosen {
					if !slices.Equal(got[k*cols:(k+1)*cols], whole[r*cols:(r+1)*cols]) {
						t.Errorf("row %d differs from that of the whole", r)
					}
				}
				if want := m.stored * int64(len(chosen)); x == bare && count.n != want {
					t.Errorf("%d bytes are read for %d rows of %d", count.n, len(chosen), m.stored)
				}
				// Unpacked are the rows alone, too: the whole would be 2 MB.
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				must(t, readRows(s.tensors[i], chosen, got))
				runtime.ReadMemStats(&after)
				if n := after.TotalAlloc - before.TotalAlloc; n > 10*cols*2 {
					t.Errorf("%d rows take %d bytes of memory", len(chosen), n)
				}
				many := slices.Repeat(chosen, rows) // more than the tensor has
				more := make([]float32, len(many)*cols)
				count.n = 0
				must(t, readRows(s.tensors[i], many, more))
				if !slices.Equal(more[:len(got)], got) {
					t.Error("many rows are other rows")
				}
				if x == bare && count.n > m.stored*rows {
					t.Errorf("%d bytes are read of a tensor of %d", count.n, m.stored*rows)
				}
			}
		})
	}
}

// TestHeaderLongerThanAGuess has a GGUF header beyond the first piece that is
// read of a file that is not mapped.
func TestHeaderLongerThanAGuess(t *testing.T) {
	meta := llamaMeta()
	meta["tokenizer.ggml.long"] = strings.Repeat("x", 5<<20)
	file := ggufFile(meta, []ggufEntry{{"token_embd.weight", 0, []uint64{8, 2}, 0}}, 64+20<<20)
	path := filepath.Join(t.TempDir(), "f")
	must(t, os.WriteFile(path, []byte(file), 0o644))
	x, count := unmapped(t, path)
	if _, _, err := readGGUF(x); err != nil {
		t.Fatal(err)
	}
	if count.n > 24<<20 {
		t.Errorf("%d bytes read for a header of 5 MiB", count.n)
	}
}

// TestPermutedRowsAreReadAlone reads single rows of a projection that GGUF has
// in another order, and of its bias.
func TestPermutedRowsAreReadAlone(t *testing.T) {
	ck, err := Open("testdata/llama.gguf")
	must(t, err)
	defer ck.Close()
	for _, name := range ck.Names() {
		shape, _ := ck.Shape(name)
		width := 1
		for _, d := range shape[1:] {
			width *= d
		}
		whole := make([]float64, shape[0]*width)
		must(t, ck.ReadFloat64(name, whole))
		one := make([]float64, width)
		for r := range shape[0] {
			must(t, ck.ReadRowsFloat64(name, []int{r}, one))
			if !slices.Equal(one, whole[r*width:(r+1)*width]) {
				t.Fatalf("%s: row %d differs", name, r)
			}
		}
	}
}

// TestStridedRows reads rows of the views in a file of PyTorch's.
func TestStridedRows(t *testing.T) {
	mapped, err := openFile("testdata/torch.bin")
	must(t, err)
	defer mapped.Close()
	bare, _ := unmapped(t, "testdata/torch.bin")
	strided := 0
	for _, x := range []*file{mapped, bare} {
		s, err := readTorch(x)
		must(t, err)
		for _, y := range s.tensors {
			if len(y.shape) == 0 || y.elements() == 0 || !y.dtype.Numeric() {
				continue
			}
			if y.layout != nil {
				strided++
			}
			whole := make([]float64, y.elements())
			must(t, read(y, whole))
			width := len(whole) / y.shape[0]
			row := make([]float64, width)
			for r := range y.shape[0] {
				must(t, readRows(y, []int{r}, row))
				if !slices.Equal(row, whole[r*width:(r+1)*width]) {
					t.Fatalf("%s: row %d differs", y.name, r)
				}
			}
		}
	}
	if strided < 2 {
		t.Error("the file has no strided views")
	}
}

func TestEqual(t *testing.T) {
	const header = `{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"F32","shape":[2,2],"data_offsets":[16,32]},` +
		`"c":{"dtype":"F32","shape":[4],"data_offsets":[32,48]},"h":{"dtype":"F16","shape":[2,2],"data_offsets":[48,56]},` +
		`"i":{"dtype":"I32","shape":[2,2],"data_offsets":[56,72]},"d":{"dtype":"F32","shape":[2,2],"data_offsets":[72,88]},"e":{"dtype":"F32","shape":[0,2],"data_offsets":[88,88]},"f":{"dtype":"F16","shape":[0,2],"data_offsets":[88,88]}}`
	one, half := "\x00\x00\x80\x3f", "\x00\x3c"
	four := strings.Repeat(one, 4)
	in, err := Open(folder(t, map[string]string{"config.json": "{}", "model.safetensors": safetensors(header, four+four+four+strings.Repeat(half, 4)+four+four[:15]+"\x40")}))
	must(t, err)
	defer in.Close()
	over, err := NewOverlay(in, 0)
	must(t, err)
	for pair, want := range map[string]bool{"a a": true, "a b": true, "a c": false, "a h": true, "h b": true, "a i": false, "i i": true, "a d": false, "h d": false, "e f": true, "e e": true} {
		x, y, _ := strings.Cut(pair, " ")
		for _, src := range []interface {
			Equal(a, b string) (bool, error)
		}{in, over} {
			if got, err := src.Equal(x, y); err != nil || got != want {
				t.Errorf("%s: %v, %v", pair, got, err)
			}
		}
	}
	for _, pair := range [][2]string{{"a", "x"}, {"x", "a"}} {
		if _, err := in.Equal(pair[0], pair[1]); err == nil {
			t.Errorf("%v are there", pair)
		}
	}
	must(t, write(over, "a", 1, 1, 1, 4))
	row := make([]float32, 4)
	must(t, over.ReadRowsFloat32("a", []int{1, 0}, row))
	if want := []float32{1, 4, 1, 1}; !slices.Equal(row, want) {
		t.Errorf("rows laid over are %v", row)
	}
	must(t, over.ReadRowsFloat32("b", []int{0, 1}, row))
	if want := []float32{1, 1, 1, 1}; !slices.Equal(row, want) {
		t.Errorf("rows below are %v", row)
	}
	for pair, want := range map[string]bool{"a b": false, "b a": false, "a d": true, "a c": false, "b h": true} {
		x, y, _ := strings.Cut(pair, " ")
		if got, err := over.Equal(x, y); err != nil || got != want {
			t.Errorf("laid over, %s: %v, %v", pair, got, err)
		}
	}
}
