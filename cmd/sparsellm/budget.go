package main

import (
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"unsafe"

	"sparsellm/internal/scratchfile"
	"sparsellm/linalg"
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

// bounded holds a run to the budget of --memory, if there is one: it chooses
// where auxiliary variables are kept, and has garbage collected in time. A file
// lies beside the output of saved; without one the pruned weights stay in
// memory. What it returns ends that.
func bounded[T linalg.Float](s *session, j job, rows [][]int, o *pipeline.Options[T], saved *savedRun) (func(), error) {
	budget := j.flags.budget
	if budget == 0 {
		return func() {}, nil
	}
	var x T
	if unsafe.Sizeof(x) != 4 {
		return nil, usagef("--memory goes with --precision f32 only")
	}
	// Samples of different lengths take no more than as many of the longest.
	set := plan.Settings{Method: j.method, Epochs: o.Epochs, Threads: s.pool.Threads(), Samples: len(rows)}
	for _, row := range rows {
		set.SeqLen = max(set.SeqLen, len(row))
	}
	near, laid := os.TempDir(), 0.0
	if saved != nil {
		near = saved.out.w.StatePath("")
	} else {
		laid = s.prunedBytes(j)
	}
	storage, need, err := plan.Fit(s.cfg, set, !j.compat && o.Epochs <= prune.AnewEpochs, budget-laid)
	if err != nil {
		return nil, usagef("--memory %s: %w", j.flags.memory, err)
	}
	need += laid
	where := ""
	if j.method == "sparsellm" {
		where = map[string]string{
			"memory": ", auxiliary variables in it",
			"anew":   ", auxiliary variables computed anew",
			"file":   ", auxiliary variables in a file in " + near,
		}[storage]
	}
	s.con.remark("memory: %s of %s needed%s", humanBytes(int64(need)), humanBytes(int64(budget)), where)
	switch storage {
	case "anew":
		o.Anew = true
	case "file":
		o.Storage = func(tokens, features int) (prune.Storage[T], error) { return newFileStorage[T](near, features) }
	}
	old := debug.SetMemoryLimit(int64(budget))
	return func() { debug.SetMemoryLimit(old) }, nil
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
		if len(shape) == 2 && inBlock(name) {
			n += float64(shape[0]) * float64(shape[1]) * float64(s.storedAs(name, j.flags.storeAs).Size())
		}
	}
	return n
}
