package perplexity_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sparsellm/internal/golden"
	"sparsellm/internal/long"
	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/perplexity"
)

const shared = "../../shared"

func open[T linalg.Float](t testing.TB, dir string) model.Model[T] {
	t.Helper()
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no such model on this machine: %v", err)
	}
	return golden.Model[T](t, dir)
}

// readRows returns the first n rows of a file, cut to seqlen tokens.
func readRows(t testing.TB, path string, n, seqlen int) [][]int {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]int
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatal(err)
	}
	rows = rows[:min(n, len(rows))]
	for i, row := range rows {
		rows[i] = row[:min(seqlen, len(row))]
	}
	return rows
}

func of[T linalg.Float](t testing.TB, dir string, rows [][]int) float64 {
	t.Helper()
	r, err := perplexity.Of(context.Background(), linalg.NewPool(2), open[T](t, dir), rows, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r.Perplexity
}

// TestDense compares with the perplexities that PyTorch finds, over the first
// 32 rows. The truth for LLaMA is transformers with its norms, rotations,
// softmax and logits in float64, too, which it computes in float32 as it
// comes whatever the model's dtype.
func TestDense(t *testing.T) {
	const (
		tolerance64 = 1e-14   // 45 rounding errors
		tolerance32 = 0x1p-23 // PyTorch's own distance is up to 1e-7
	)
	for _, c := range []struct {
		dir    string
		seqlen int
		want   float64
	}{
		{"../testdata/opt-micro", 64, 47.457506091256334},
		{"../testdata/opt-micro", 32, 48.55387982308073},
		{"../testdata/llama-micro", 64, 26.212693181958354},
		{"../testdata/llama-micro", 32, 28.18270046341264},
		{shared + "/models/opt-tiny-4m", 256, 115.82900238108604},
		{shared + "/models/stories260k", 128, 15.850716911655901},
	} {
		t.Run(fmt.Sprintf("%s-%d", filepath.Base(c.dir), c.seqlen), func(t *testing.T) {
			if _, err := os.Stat(c.dir); err != nil {
				t.Skipf("no such model on this machine: %v", err)
			}
			if c.seqlen > 64 {
				long.Only(t)
			}
			rows := readRows(t, filepath.Join(c.dir, "test.rows.json"), 32, c.seqlen)
			if d := of[float32](t, c.dir, rows)/c.want - 1; !(math.Abs(d) < tolerance32) {
				t.Errorf("perplexity in float32 is off by %.1e", d)
			} else {
				t.Logf("perplexity in float32 is off by %.1e", d)
			}
			if d := of[float64](t, c.dir, rows)/c.want - 1; !(math.Abs(d) < tolerance64) {
				t.Errorf("perplexity in float64 is off by %.1e", d)
			} else {
				t.Logf("perplexity in float64 is off by %.1e", d)
			}
		})
	}
}

// broken is a model whose blocks spoil a value, or that fails.
type broken struct {
	model.Model[float32]
	row, at int // the row to spoil in block 1, and the position
	by      float32
	load    error
	rows    int
}

func (m *broken) Block(i int) (*model.Block[float32], error) {
	if m.load != nil {
		return nil, m.load
	}
	b, err := m.Model.Block(i)
	if last := len(b.Sublayers) - 1; i == 1 {
		b.Sublayers[last] = &brokenSublayer{b.Sublayers[last], m}
	}
	return b, err
}

type brokenSublayer struct {
	model.Sublayer[float32]
	m *broken
}

func (b *brokenSublayer) Add(pool *linalg.Pool, x, inner linalg.Matrix[float32]) {
	b.Sublayer.Add(pool, x, inner)
	if b.m.rows == b.m.row {
		x.Set(b.m.at, 3, b.m.by)
	}
	b.m.rows++
}

func TestErrors(t *testing.T) {
	good := []int{1, 2, 3}
	long := make([]int, 129)
	inf := float32(math.Inf(1))
	unreadable := errors.New("cannot read")
	for _, c := range []struct {
		rows [][]int
		m    broken
		want string
	}{
		{nil, broken{}, "there are no rows"},
		{[][]int{good, {1}}, broken{}, "row 1 has 1 tokens"},
		{[][]int{good, {}}, broken{}, "row 1 has 0 tokens"},
		{[][]int{good, {1, 512}}, broken{}, "row 1: token 512 at position 1 is outside the vocabulary of 512"},
		{[][]int{{-1, 1}}, broken{}, "row 0: token -1"},
		{[][]int{good, long}, broken{}, "row 1: the sequence has 129 tokens; the model takes 128 at most"},
		{[][]int{good, good, good}, broken{row: 2, at: 1, by: inf - inf}, "row 2: the output of block 1 is NaN at position 1"},
		{[][]int{good, good}, broken{row: 1, at: 0, by: -inf}, "row 1: the output of block 1 is -Inf at position 0"},
		{[][]int{good}, broken{load: unreadable}, "cannot read"},
	} {
		if c.m.by == 0 {
			c.m.row = -1
		}
		c.m.Model = open[float32](t, "../testdata/opt-micro")
		_, err := perplexity.Of(context.Background(), nil, &c.m, c.rows, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got the error %v, want %q", err, c.want)
		}
		if c.m.load != nil && !errors.Is(err, c.m.load) {
			t.Errorf("%v does not wrap its cause", err)
		}
	}
}

// TestProgress checks that progress only grows and ends at the total, and that
// an evaluation stops when it is told to.
func TestProgress(t *testing.T) {
	rows := readRows(t, "../testdata/llama-micro/test.rows.json", 5, 16)
	m := open[float32](t, "../testdata/llama-micro")
	last, total := 0, 0
	r, err := perplexity.Of(context.Background(), nil, m, rows, func(done, of int) {
		if done <= last || total != 0 && of != total {
			t.Errorf("progress goes from %d of %d to %d of %d", last, total, done, of)
		}
		last, total = done, of
	})
	if err != nil {
		t.Fatal(err)
	}
	if last != total || total == 0 {
		t.Errorf("progress ends at %d of %d", last, total)
	}
	if r.Tokens != 5*16 {
		t.Errorf("%d tokens, want 80", r.Tokens)
	}
	ctx, cancel := context.WithCancel(context.Background())
	calls := 0
	_, err = perplexity.Of(ctx, nil, m, rows, func(int, int) { calls++; cancel() })
	if !errors.Is(err, context.Canceled) || calls != 1 {
		t.Errorf("after a cancel: %d more calls, error %v", calls-1, err)
	}
}

// TestLengths checks that the mean is over rows, each a mean over its own
// tokens, and that rows do not see one another.
func TestLengths(t *testing.T) {
	rows := readRows(t, "../testdata/opt-micro/test.rows.json", 3, 60)
	rows[1] = rows[1][:7]
	const dir = "../testdata/opt-micro"
	log := 0.0
	for _, row := range rows {
		log += math.Log(of[float64](t, dir, [][]int{row})) / 3
	}
	if got, want := of[float64](t, dir, rows), math.Exp(log); !(math.Abs(got/want-1) < 1e-14) {
		t.Errorf("together %v, one by one %v", got, want)
	}
}
