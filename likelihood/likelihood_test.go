package likelihood

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sparsellm/internal/golden"
	"sparsellm/linalg"
	"sparsellm/model"
)

// requests are some whose sequences share much, little and all with others.
func requests(row []int) []Request {
	long, other := row[:40], slices.Concat(row[:20], row[50:60])
	return []Request{
		{long, row[40:48]},
		{long, row[60:61]},
		{long, row[61:62]}, // the same input
		{row[:30], row[30:45]},
		{other, row[10:12]},
		{row[:1], row[1:2]},
		{row[30:64], row[:30]},
		{long, row[40:48]}, // the same
		{slices.Concat(long, row[:5]), row[40:48]},
	}
}

// alone answers a request by one pass over its sequence.
func alone[T linalg.Float](t *testing.T, m model.Model[T], r Request, longest int) Result {
	t.Helper()
	s, err := newSequence(0, r, longest)
	if err != nil {
		t.Fatal(err)
	}
	x := linalg.NewMatrix[T](len(s.ids), m.Config().Hidden)
	if err := m.Embed(s.ids, 0, x); err != nil {
		t.Fatal(err)
	}
	var pass model.Pass[T]
	for i := range m.Config().Blocks {
		b, err := m.Block(i)
		if err != nil {
			t.Fatal(err)
		}
		pass.Block(nil, b, x, model.Sequences[T]{Lengths: []int{len(s.ids)}}, nil)
	}
	l := linalg.NewMatrix[T](len(s.ids), m.Config().Vocab)
	if err := m.Logits(nil, l, x); err != nil {
		t.Fatal(err)
	}
	result := Result{Greedy: true}
	for j, id := range s.targets {
		row := l.Row(len(s.ids) - len(s.targets) + j)
		result.Log += float64(row[id]) - linalg.LogSumExp(row)
		result.Greedy = result.Greedy && linalg.ArgMax(row) == id
	}
	return result
}

// TestShared compares requests that are run together with each run alone, for
// every architecture.
func TestShared(t *testing.T) {
	dirs, err := filepath.Glob("../testdata/today/*/config.json")
	if err != nil || len(dirs) == 0 {
		t.Fatal(dirs, err)
	}
	dirs = append(dirs, "../testdata/llama-micro/config.json", "../testdata/opt-micro/config.json")
	for _, config := range dirs {
		dir := filepath.Dir(config)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m := golden.Model[float64](t, dir)
			all := requests(golden.Rows(t, dir+"/test.rows.json", 1, 64)[0])
			for _, longest := range []int{64, 32} {
				got, counts, err := Of(context.Background(), linalg.NewPool(2), m, all, longest, nil)
				if err != nil {
					t.Fatal(err)
				}
				if longest == 64 && counts.Shared == 0 {
					t.Error("nothing was shared")
				}
				for i, r := range all {
					want := alone(t, m, r, longest)
					if d := math.Abs(got[i].Log - want.Log); !(d <= 1e-11*(1+math.Abs(want.Log))) || got[i].Greedy != want.Greedy {
						t.Errorf("request %d: got %v, want %v", i, got[i], want)
					}
				}
			}
		})
	}
}

// TestThreads wants the same bits for any number of threads.
func TestThreads(t *testing.T) {
	const dir = "../testdata/llama-micro"
	m := golden.Model[float32](t, dir)
	all := requests(golden.Rows(t, dir+"/test.rows.json", 1, 64)[0])
	var want []Result
	for threads := 1; threads <= 5; threads++ {
		got, _, err := Of(context.Background(), linalg.NewPool(threads), m, all, 64, nil)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d threads: %v, want %v", threads, got, want)
		}
	}
}

// TestPlan puts many sequences into groups and looks for each row's place.
func TestPlan(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	prefix := make([]int, 300)
	for i := range prefix {
		prefix[i] = rng.IntN(5)
	}
	var all []sequence
	for i := range 400 {
		ids := slices.Clone(prefix[:rng.IntN(300)])
		for range 2 + rng.IntN(40) {
			ids = append(ids, rng.IntN(3))
		}
		n := 1 + rng.IntN(len(ids)-1)
		s, err := newSequence(i, Request{ids[:len(ids)-n], ids[len(ids)-n:]}, 200)
		if n > 200 {
			if err == nil {
				t.Fatal("a continuation that does not fit is taken")
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	seen := map[int]int{}
	for _, g := range plan(slices.Clone(all), func(n int) bool { return n < 190 }) {
		if g.rows > groupRows || g.positions > groupPositions || g.sequences[0].shared != 0 {
			t.Errorf("a group of %d rows and %d positions, the first shares %d", g.rows, g.positions, g.sequences[0].shared)
		}
		var before []int
		for _, s := range g.sequences {
			if !slices.Equal(s.ids[:s.shared], before[:s.shared]) {
				t.Fatal("what is shared is not the same")
			}
			if s.shared > 0 && len(s.ids) >= 190 {
				t.Error("what is not alike is shared")
			}
			before = s.ids
		}
		rows, owners := g.predicting()
		for i := range rows {
			for _, o := range owners[i] {
				seen[o.request]++
			}
		}
	}
	for _, s := range all {
		if seen[s.request] != len(s.targets) {
			t.Errorf("request %d has %d of its %d tokens", s.request, seen[s.request], len(s.targets))
		}
	}
}

func TestErrors(t *testing.T) {
	m := golden.Model[float32](t, "../testdata/opt-micro")
	for _, c := range []struct {
		r       Request
		longest int
		want    string
	}{
		{Request{nil, []int{1}}, 64, "request 1: the context or the continuation has no tokens"},
		{Request{[]int{1}, nil}, 64, "request 1: the context or the continuation has no tokens"},
		{Request{[]int{1}, make([]int, 65)}, 64, "request 1: the continuation has 65 tokens, more than the 64"},
		{Request{[]int{1}, []int{512}}, 64, "request 1: token 512"},
		{Request{[]int{-1}, []int{5}}, 64, "request 1: token -1"},
		{Request{[]int{1}, []int{2}}, 129, "sequences of 129 tokens"},
	} {
		_, _, err := Of(context.Background(), nil, m, []Request{{[]int{1}, []int{2}}, c.r}, c.longest, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got the error %v, want %q", err, c.want)
		}
	}
}

// TestProgress checks that progress grows to the total, and that an evaluation
// stops when it is told to.
func TestProgress(t *testing.T) {
	const dir = "../testdata/llama-micro"
	m := golden.Model[float32](t, dir)
	all := requests(golden.Rows(t, dir+"/test.rows.json", 1, 64)[0])
	last, total := 0, 0
	if _, _, err := Of(context.Background(), nil, m, all, 64, func(done, of int) {
		if done <= last || total != 0 && of != total {
			t.Errorf("progress goes from %d of %d to %d of %d", last, total, done, of)
		}
		last, total = done, of
	}); err != nil {
		t.Fatal(err)
	}
	if last != total || total == 0 {
		t.Errorf("progress ends at %d of %d", last, total)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Of(ctx, nil, m, all, 64, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("after a cancel: %v", err)
	}
}
