package arch_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	goldens "sparsellm/internal/golden"
	"sparsellm/linalg"
	"sparsellm/model"
)

const shared = "../../shared"

// golden is a safetensors file of float32 and int32 tensors.
type golden map[string]struct {
	shape []int
	data  []float64
}

func readGolden(t *testing.T, path string) golden {
	t.Helper()
	b, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		t.Skipf("no golden outputs on this machine: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	n := binary.LittleEndian.Uint64(b)
	var head map[string]struct {
		DType   string `json:"dtype"`
		Shape   []int  `json:"shape"`
		Offsets [2]int `json:"data_offsets"`
	}
	if err := json.Unmarshal(b[8:8+n], &head); err != nil {
		t.Fatal(err)
	}
	g := golden{}
	for name, h := range head {
		e := g[name]
		e.shape = h.Shape
		raw := b[8+n:][h.Offsets[0]:h.Offsets[1]]
		for ; len(raw) > 0; raw = raw[4:] {
			u := binary.LittleEndian.Uint32(raw)
			switch h.DType {
			case "F32":
				e.data = append(e.data, float64(math.Float32frombits(u)))
			case "I32":
				e.data = append(e.data, float64(int32(u)))
			default:
				t.Fatalf("%s: dtype %s", name, h.DType)
			}
		}
		g[name] = e
	}
	return g
}

// matrix returns sequence i of a batch × tokens × width tensor.
func (g golden) matrix(name string, i int) linalg.Matrix[float64] {
	e := g[name]
	n := e.shape[1] * e.shape[2]
	return linalg.MatrixOf(e.shape[1], e.shape[2], e.data[i*n:][:n])
}

// worst returns the largest difference, relative to the largest value wanted.
func worst[T linalg.Float](got linalg.Matrix[T], want linalg.Matrix[float64]) float64 {
	var diff, top float64
	for i := range want.Rows {
		for j, w := range want.Row(i) {
			d := math.Abs(float64(got.At(i, j)) - w)
			if math.IsNaN(d) {
				d = math.Inf(1)
			}
			diff, top = max(diff, d), max(top, math.Abs(w))
		}
	}
	return diff / top
}

// TestForwardGolden compares hidden states, logits and the mean next-token
// loss with those of PyTorch in float32.
func TestForwardGolden(t *testing.T) {
	for _, name := range []string{"opt-untied", "opt-350m-like", "llama2-like", "llama3-like", "mistral-like", "qwen2-like"} {
		t.Run(name, func(t *testing.T) {
			g := readGolden(t, filepath.Join(shared, "golden/forward", name+".safetensors"))
			dir := filepath.Join(shared, "models/variants", name)
			forward(t, goldens.Model[float32](t, dir), g)
			forward(t, goldens.Model[float64](t, dir), g)
		})
	}
}

// tolerance is relative to the largest value of a tensor.
const tolerance = 1e-4

func forward[T linalg.Float](t *testing.T, m model.Model[T], g golden) {
	t.Helper()
	pool := linalg.NewPool(2)
	cfg := m.Config()
	ids := g["input_ids"]
	rows, tokens := ids.shape[0], ids.shape[1]
	var loss, off float64
	for r := range rows {
		var seq []int
		for _, id := range ids.data[r*tokens:][:tokens] {
			seq = append(seq, int(id))
		}
		x := linalg.NewMatrix[T](tokens, cfg.Hidden)
		if err := m.Embed(seq, 0, x); err != nil {
			t.Fatal(err)
		}
		var pass model.Pass[T]
		for i := range cfg.Blocks {
			if d := worst(x, g.matrix(fmt.Sprintf("hidden.%d", i), r)); !(d < tolerance) {
				t.Errorf("sequence %d: input of block %d is off by %.1e", r, i, d)
			}
			b, err := m.Block(i)
			if err != nil {
				t.Fatal(err)
			}
			pass.Block(pool, b, x, model.Sequences[T]{Lengths: []int{x.Rows}}, nil)
		}
		logits := linalg.NewMatrix[T](tokens, cfg.Vocab)
		if err := m.Logits(pool, logits, x); err != nil {
			t.Fatal(err)
		}
		off = max(off, worst(logits, g.matrix("logits", r)))
		loss += meanLoss(logits, seq) / float64(rows)
	}
	lossOff := loss/g["nll"].data[0] - 1
	t.Logf("%T: logits off by %.1e, mean loss by %.1e", *new(T), off, lossOff)
	if !(off < tolerance) {
		t.Errorf("%T: logits are off by %.1e", *new(T), off)
	}
	if !(math.Abs(lossOff) < 1e-6) {
		t.Errorf("%T: mean loss is off by %.1e", *new(T), lossOff)
	}
}
