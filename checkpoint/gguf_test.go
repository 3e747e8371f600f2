package checkpoint

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sparsellm/arch"
	"sparsellm/internal/llamacpp"
)

// sameValues compares two checkpoints, both rounded to dtype d.
func sameValues(t *testing.T, got, want *Checkpoint, d DType) {
	t.Helper()
	names := want.Names()
	if diff := cmp.Diff(shapes(want), shapes(got)); diff != "" {
		t.Fatalf("tensors and shapes (-want +got):\n%s", diff)
	}
	for _, name := range names {
		n := want.byName[name].elements()
		x, y := make([]float32, n), make([]float32, n)
		for _, err := range []error{want.ReadFloat32(name, x), got.ReadFloat32(name, y)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		round(d, x)
		round(d, y)
		for i := range x {
			if x[i] != y[i] {
				t.Errorf("%s: element %d is %v, want %v", name, i, y[i], x[i])
				break
			}
		}
	}
}

// shapes returns those of all tensors.
func shapes(c *Checkpoint) map[string][]int {
	all := map[string][]int{}
	for _, name := range c.Names() {
		all[name], _ = c.Shape(name)
	}
	return all
}

// The expected values are those of the Python package gguf.
func TestGGUF(t *testing.T) {
	in, err := Open("testdata/llama.gguf")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	text, err := os.ReadFile("testdata/llama.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	want, err := Open(folder(t, map[string]string{"config.json": "{}", "model.safetensors": string(text)}))
	if err != nil {
		t.Fatal(err)
	}
	defer want.Close()
	for name, d := range map[string]DType{
		"model.embed_tokens.weight": F16, "model.norm.weight": F32, "lm_head.weight": BF16,
		"model.layers.0.self_attn.q_proj.weight": F16, "model.layers.0.self_attn.k_proj.bias": F32,
	} {
		if got, _ := in.DType(name); got != d {
			t.Errorf("%s is %v, want %v", name, got, d)
		}
	}
	sameValues(t, in, want, F16)
	if r := in.Remarks(); len(r) != 1 || !strings.Contains(r[0], "llama.gguf is quantised (Q4_0, Q4_1, Q8_0): its weights are read") {
		t.Errorf("remarks are %q", r)
	}
	const config = `{"architectures":["LlamaForCausalLM"],"model_type":"llama","hidden_act":"silu","hidden_size":32,
		"intermediate_size":64,"num_hidden_layers":1,"num_attention_heads":4,"num_key_value_heads":2,
		"max_position_embeddings":128,"rms_norm_eps":1e-06,"rope_theta":500000.0,"rope_scaling":{"rope_type":"llama3",
		"factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":8192},
		"tie_word_embeddings":false,"vocab_size":12,"bos_token_id":0,"attention_bias":false,"mlp_bias":false,"torch_dtype":"float16"}`
	var a, b bytes.Buffer
	if err := json.Indent(&a, []byte(config), "", " "); err != nil {
		t.Fatal(err)
	}
	if err := json.Indent(&b, bytes.TrimSpace(in.Config()), "", " "); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a.String(), b.String()); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
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
	sameValues(t, out, in, F32)
}

// SPARSELLM_GGUF names a real GGUF file and SPARSELLM_GGUF_WANT a folder with
// the same model's values in float16, as ../shared/models/get-smollm2 makes.
func TestRealGGUF(t *testing.T) {
	file, folder := os.Getenv("SPARSELLM_GGUF"), os.Getenv("SPARSELLM_GGUF_WANT")
	if file == "" || folder == "" {
		t.Skip("SPARSELLM_GGUF and SPARSELLM_GGUF_WANT are not set")
	}
	got, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	want, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer want.Close()
	sameValues(t, got, want, F16)
}

// ggufFile puts a file together: metadata (uint32, float32 and texts), then
// tensors, each with its data in full.
type ggufEntry struct {
	name string
	kind ggmlType
	dims []uint64
	off  uint64
}

func ggufFile(meta map[string]any, tensors []ggufEntry, data int) string {
	le := binary.LittleEndian
	text := func(b []byte, s string) []byte { return append(le.AppendUint64(b, uint64(len(s))), s...) }
	b := le.AppendUint32([]byte("GGUF"), 3)
	b = le.AppendUint64(b, uint64(len(tensors)))
	b = le.AppendUint64(b, uint64(len(meta)))
	for _, key := range slices.Sorted(maps.Keys(meta)) {
		b = text(b, key)
		switch v := meta[key].(type) {
		case int:
			b = le.AppendUint32(le.AppendUint32(b, 4), uint32(v))
		case string:
			b = text(le.AppendUint32(b, 8), v)
		case []byte: // anything, its type first
			b = append(b, v...)
		}
	}
	for _, t := range tensors {
		b = le.AppendUint32(text(b, t.name), uint32(len(t.dims)))
		for _, d := range t.dims {
			b = le.AppendUint64(b, d)
		}
		b = le.AppendUint64(le.AppendUint32(b, uint32(t.kind)), t.off)
	}
	for len(b)%32 != 0 {
		b = append(b, 0)
	}
	return string(append(b, make([]byte, data)...))
}

func llamaMeta() map[string]any {
	return map[string]any{
		"general.architecture": "llama", "llama.block_count": 1, "llama.embedding_length": 8, "llama.context_length": 16,
		"llama.feed_forward_length": 8, "llama.attention.head_count": 2,
	}
}

func TestHostileGGUF(t *testing.T) {
	le := binary.LittleEndian
	embedding := ggufEntry{"token_embd.weight", 0, []uint64{8, 2}, 0}
	with := func(key string, v any) string {
		m := llamaMeta()
		if m[key] = v; v == nil {
			delete(m, key)
		}
		return ggufFile(m, []ggufEntry{embedding}, 64)
	}
	tensor := func(e ...ggufEntry) string { return ggufFile(llamaMeta(), e, 64) }
	good := tensor(embedding)
	if _, _, err := readGGUF(inMemory("f", []byte(good))); err != nil {
		t.Fatalf("the good one: %v", err)
	}
	array := func(kind uint32, n uint64) []byte {
		return le.AppendUint64(le.AppendUint32(le.AppendUint32(nil, 9), kind), n)
	}
	for name, c := range map[string]struct{ file, want string }{
		"empty":                  {"", "no GGUF file"},
		"other":                  {"GGMLxxxxxxxx", "no GGUF file"},
		"version 1":              {"GGUF\x01\x00\x00\x00", "version 1"},
		"big endian":             {"GGUF\x00\x00\x00\x03", "version 50331648"},
		"cut in the header":      {good[:60], "cut short"},
		"cut in the data":        {good[:len(good)-1], "cut short"},
		"2⁶⁴-1 tensors":          {good[:8] + strings.Repeat("\xff", 8) + good[16:len(good)-96], "cut short"},
		"2⁶⁴-1 pairs":            {good[:16] + strings.Repeat("\xff", 8) + good[24:], "cut short"},
		"long key":               {good[:24] + strings.Repeat("\xff", 8) + good[32:], "cut short"},
		"long array":             {with("x", array(4, 1<<63)), "cut short"},
		"long array of texts":    {with("x", array(8, 1<<63)), "cut short"},
		"array of 8-byte × 2⁶¹":  {with("x", array(10, 1<<61)), "cut short"},
		"array of arrays":        {with("x", array(9, 1)), "unknown type 9"},
		"array of type 99":       {with("x", array(99, 1)), "unknown type 99"},
		"type 99":                {with("x", le.AppendUint32(nil, 99)), "unknown type 99"},
		"alignment 0":            {with("general.alignment", 0), "impossible alignment"},
		"alignment 3":            {with("general.alignment", 3), "impossible alignment"},
		"architecture":           {with("general.architecture", "mamba"), `"mamba"`},
		"no architecture":        {with("general.architecture", nil), "architecture"},
		"no blocks":              {with("llama.block_count", nil), `lacks the metadata "llama.block_count"`},
		"blocks are a text":      {with("llama.block_count", "1"), "no integer"},
		"0 heads":                {with("llama.attention.head_count", 0), "impossible metadata"},
		"2³¹ heads":              {with("llama.attention.head_count", 1<<31), "impossible metadata"},
		"heads per block":        {with("llama.attention.head_count", array(4, 0)), "no integer"},
		"experts":                {with("llama.expert_count", 8), `lacks the metadata "llama.expert_used_count"`},
		"part":                   {with("split.count", 2), "one of 2 parts"},
		"yarn":                   {with("llama.rope.scaling.type", "yarn"), "yarn"},
		"tensor twice":           {tensor(embedding, embedding), "twice"},
		"tensor over another":    {tensor(embedding, ggufEntry{"output.weight", 0, []uint64{8}, 32}), "over the one before"},
		"tensor beyond":          {tensor(ggufEntry{"token_embd.weight", 0, []uint64{8, 2}, 32}), "beyond its end"},
		"tensor far beyond":      {tensor(ggufEntry{"token_embd.weight", 0, []uint64{8, 2}, 1<<63 - 1}), "beyond its end"},
		"tensor at 2⁶³":          {tensor(ggufEntry{"token_embd.weight", 0, []uint64{8, 2}, 1 << 63}), "beyond its end"},
		"shape overflows":        {tensor(ggufEntry{"token_embd.weight", 0, []uint64{1 << 32, 1 << 32}, 0}), "impossible shape"},
		"size overflows":         {tensor(ggufEntry{"token_embd.weight", 0, []uint64{1 << 61, 2}, 0}), "impossible shape"},
		"dimension 0":            {tensor(ggufEntry{"token_embd.weight", 0, []uint64{0}, 0}), "impossible shape"},
		"no dimensions":          {tensor(ggufEntry{"token_embd.weight", 0, nil, 0}), "0 dimensions"},
		"5 dimensions":           {tensor(ggufEntry{"token_embd.weight", 0, make([]uint64, 5), 0}), "5 dimensions"},
		"half a block":           {tensor(ggufEntry{"token_embd.weight", 8, []uint64{48, 2}, 0}), "impossible shape"},
		"half a block of 256":    {tensor(ggufEntry{"token_embd.weight", 14, []uint64{128, 2}, 0}), "impossible shape"},
		"IQ2":                    {tensor(ggufEntry{"token_embd.weight", 16, []uint64{256}, 0}), "type IQ2_XXS, which is not read (F32, F16, Q4_0,"},
		"an unknown type":        {tensor(ggufEntry{"token_embd.weight", 77, []uint64{256}, 0}), "number 77"},
		"a foreign tensor":       {tensor(ggufEntry{"blk.0.ssm_in.weight", 0, []uint64{1}, 0}), "which a LLaMA"},
		"odd rows for the heads": {tensor(ggufEntry{"blk.0.attn_q.weight", 0, []uint64{2, 3}, 0}), "3 rows for 2 heads"},
		"no embedding":           {tensor(), "no tensor token_embd"},
		"embedding is a vector":  {tensor(ggufEntry{"token_embd.weight", 0, []uint64{8}, 0}), "no matrix"},
		"rope factors":           {tensor(ggufEntry{llamacpp.Freqs, 0, []uint64{2}, 0}), "no Llama 3.x"},
		"rope factors, short":    {tensor(ggufEntry{llamacpp.Freqs, 0, []uint64{1}, 0}), "no list of divisors"},
	} {
		t.Run(name, func(t *testing.T) {
			err := openHostile(t, filepath.Join(folder(t, map[string]string{"m.gguf": c.file}), "m.gguf"))
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want one line with %q", err, c.want)
			}
		})
	}
}

func TestGGUFScaleOverflow(t *testing.T) {
	// The largest scale and the largest number make what float16 has not.
	file := []byte(ggufFile(llamaMeta(), []ggufEntry{{"token_embd.weight", 8, []uint64{32, 1}, 0}}, 34))
	block := file[len(file)-34:]
	binary.LittleEndian.PutUint16(block, 0x7bff)
	block[2] = 100
	s, _, err := readGGUF(inMemory("f", file))
	if err != nil {
		t.Fatal(err)
	}
	if err := read(s.tensors[0], make([]float32, 32)); err == nil || !strings.Contains(err.Error(), "beyond the range of F16") {
		t.Errorf("%v", err)
	}
}

func TestGGUFFolders(t *testing.T) {
	file, err := os.ReadFile("testdata/llama.gguf")
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t, map[string]string{"a.gguf": string(file), "tokenizer.json": "{}"})
	c, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	w, err := Create(c, filepath.Join(dir, "pruned"), Options{}) // beside the file
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "b.gguf"), file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "2 GGUF files") {
		t.Errorf("%v", err)
	}
}

func FuzzGGUF(f *testing.F) {
	file, err := os.ReadFile("testdata/llama.gguf")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	f.Add([]byte(ggufFile(llamaMeta(), []ggufEntry{{"token_embd.weight", 0, []uint64{8, 2}, 0}}, 64)))
	f.Add([]byte(ggufFile(llamaMeta(), []ggufEntry{{"token_embd.weight", 0, []uint64{8, 2}, 0}, {"blk.0.attn_q.weight", 8, []uint64{32, 4}, 64}}, 300)))
	for kind, k := range ggmlTypes {
		if k.unpack != nil {
			f.Add([]byte(randomBlocks(kind, 2, 256, uint64(kind))))
		}
	}
	scaled := map[string]any{"llama.rope.scaling.type": "longrope", "llama.rope.scaling.attn_factor": ggufFloat(1.5)}
	f.Add([]byte(ggufWith(scaled, map[string][2]float32{llamacpp.Short: {1, 2}, llamacpp.Long: {1, 4}})))
	scaled = map[string]any{"llama.rope.scaling.type": "yarn", "llama.rope.scaling.factor": ggufFloat(4), "llama.logit_scale": ggufFloat(1)}
	f.Add([]byte(ggufWith(scaled, nil)))
	f.Add([]byte(ggufWith(nil, map[string][2]float32{llamacpp.Freqs: {1, 4}})))
	f.Fuzz(func(t *testing.T, file []byte) {
		readFuzzed(t, file)
	})
}

// FuzzGGUFHead has the heads of files of all architectures, before values that
// are all 0.
func FuzzGGUFHead(f *testing.F) {
	for _, head := range ggufHeads(f) {
		f.Add(head)
	}
	f.Fuzz(func(t *testing.T, head []byte) { readFuzzed(t, slices.Concat(head, make([]byte, 1<<18))) })
}

func readFuzzed(t *testing.T, file []byte) {
	t.Helper()
	_, _ = inMemory("f", file).vocabulary()
	s, config, err := readGGUF(inMemory("f", file))
	if err != nil {
		return
	}
	if !json.Valid(config) {
		t.Fatalf("config %q", config)
	}
	_, _ = arch.Config(config) // what it refuses is an error
	for _, x := range s.tensors {
		whole := read(x, make([]float32, x.elements())) // an overflow is an error
		if n := x.shape[0]; whole == nil {
			if err := readRows(x, []int{0, n - 1}, make([]float32, 2*x.elements()/n)); err != nil {
				t.Fatal(err)
			}
		}
	}
}
