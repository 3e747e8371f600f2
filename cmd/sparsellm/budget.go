package main

import (
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"unsafe"

	"sparsellm/arch"
	"sparsellm/internal/scratchfile"
	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/pipeline"
	"sparsellm/plan"
	"sparsellm/prune"
)

// parseBytes reads a size such as 4GiB or 500MB; 0 for none.
func parseBytes(s string) (float64, error) {
	if s == "" {
		return 0, nil
	}
	units := []struct {
		suffix string
		bytes  float64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}}
	for _, u := range units {
		number, ok := strings.CutSuffix(s, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || !(n > 0) || math.IsInf(n, 0) {
			break
		}
		return n * u.bytes, nil
	}
	return 0, usagef("--memory %s is not a size such as 4GiB or 500MB", s)
}

// planned returns what package plan is told of the job on samples of so many
// tokens, and of the tokens of the longest text of which perplexity is measured
// beside it.
func (j job) planned(cfg model.Config, precision string, samples []int, threads, evaluated int) (plan.Settings, error) {
	var set plan.Settings
	if precision == "f64" {
		o, err := options[float64](cfg, j)
		if err != nil {
			return set, err
		}
		set = plan.SettingsOf(o)
	} else {
		o, err := options[float32](cfg, j)
		if err != nil {
			return set, err
		}
		set = plan.SettingsOf(o)
	}
	set.Threads, set.Evaluated, set.Samples = threads, float64(evaluated), len(samples)
	for _, n := range samples { // of different lengths, they take no more than as many of the longest
		set.SeqLen = max(set.SeqLen, n)
	}
	return set, nil
}

// bounded holds a run to the budget of --memory, if there is one: it chooses
// where auxiliary variables are kept. A file lies in the folder that a resumed
// run needs; without saved the pruned weights stay in memory.
func bounded[T linalg.Float](s *session, j job, rows [][]int, o *pipeline.Options[T], saved *savedRun) error {
	budget := j.flags.budget
	if budget == 0 {
		return nil
	}
	samples := make([]int, len(rows))
	for i, row := range rows {
		samples[i] = len(row)
	}
	set, err := j.planned(s.cfg, s.flags.precision, samples, s.pool.Threads(), s.evaluated)
	if err != nil {
		return err
	}
	near := os.TempDir()
	if saved != nil {
		near = saved.out.w.StatePath("")
	} else {
		set.Laid = s.prunedBytes(j)
	}
	var need float64
	if set.Auxiliaries, need, err = plan.Fit(s.cfg, set, budget); err != nil {
		return usagef("--memory %s: %w", j.flags.memory, err)
	}
	where := ""
	if j.method.Alternates {
		where = map[string]string{
			plan.InMemory: ", auxiliary variables in it",
			plan.Anew:     ", auxiliary variables computed anew",
			plan.InFile:   ", auxiliary variables in a file in " + near,
		}[set.Auxiliaries]
	}
	s.con.remark("memory: %s of %s needed%s", humanBytes(int64(need)), humanBytes(int64(budget)), where)
	switch set.Auxiliaries {
	case plan.Anew:
		o.Anew = true
	case plan.InFile:
		o.Storage = func(tokens, features int) (prune.Storage[T], error) { return newFileStorage[T](near, features) }
	}
	return nil
}

// limitHeap has garbage collected in time for the process to stay within a
// budget, 0 for none, and returns what ends that.
func limitHeap(budget float64) func() {
	if budget == 0 {
		return func() {}
	}
	old := debug.SetMemoryLimit(int64(budget) - plan.OutsideHeap)
	return func() { debug.SetMemoryLimit(old) }
}

// fileStorage keeps rows in a file as they are in memory. It reads and writes
// rather than maps it, since a mapping's pages would count as resident.
type fileStorage[T linalg.Float] struct {
	file *scratchfile.File
	cols int
}

// newFileStorage makes the file in a folder.
func newFileStorage[T linalg.Float](dir string, cols int) (*fileStorage[T], error) {
	f, err := scratchfile.Create(dir, "auxiliary-*")
	if err != nil {
		return nil, err
	}
	return &fileStorage[T]{f, cols}, nil
}

// Close gives the file's room back.
func (f *fileStorage[T]) Close() error { return f.file.Close() }

func (f *fileStorage[T]) part(token int, m linalg.Matrix[T]) (b []byte, off int64) {
	var x T
	size := int(unsafe.Sizeof(x))
	data := m.Data[:m.Rows*f.cols]
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(data))), len(data)*size), int64(token) * int64(f.cols*size)
}

func (f *fileStorage[T]) Load(token int, dst linalg.Matrix[T]) error {
	b, off := f.part(token, dst)
	_, err := f.file.ReadAt(b, off)
	return err
}

func (f *fileStorage[T]) Save(token int, src linalg.Matrix[T]) error {
	b, off := f.part(token, src)
	_, err := f.file.WriteAt(b, off)
	return err
}

// prunedBytes returns what the weights of all blocks take once stored.
func (s *session) prunedBytes(j job) float64 {
	n := 0.0
	for _, name := range s.ckpt.Names() {
		shape, _ := s.ckpt.Shape(name)
		if len(shape) == 2 && arch.InBlock(name) {
			n += float64(shape[0]) * float64(shape[1]) * float64(s.storedAs(name, j.flags.storeAs).Size())
		}
	}
	return n
}
