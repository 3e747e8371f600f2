package checkpoint

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A kill may come after any of the steps of Commit: a rename, or, once all
// files have their names, a removal. Resume must find what was moved, and must
// not undo what is complete.
func TestResumeAmidCommit(t *testing.T) {
	in, err := Open(sharded(t))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	const renames = 6
	opt := Options{Resume: true, Record: []byte("{}")}
	for steps := range renames + 3 {
		dir := filepath.Join(t.TempDir(), "out")
		w, err := Create(in, dir, opt)
		if err != nil {
			t.Fatal(err)
		}
		if err := write(w, "t1.2", slices.Repeat([]float32{7}, 100)...); err != nil {
			t.Fatal(err)
		}
		if err := w.fill(); err != nil {
			t.Fatal(err)
		}
		names := slices.Clone(w.small)
		for _, o := range w.shards {
			names = append(names, o.name)
		}
		if err := w.writeJournal(w.names(), names); err != nil {
			t.Fatal(err)
		}
		if err := w.close(); err != nil {
			t.Fatal(err)
		}
		entry := func(name string) bool { return name == w.entry() }
		names = append(slices.DeleteFunc(names, entry), w.entry())
		if len(names) != renames {
			t.Fatalf("%d files", len(names))
		}
		for _, name := range names[:min(steps, renames)] {
			if err := os.Rename(filepath.Join(w.partial, name), filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
		if steps > renames {
			err = errors.Join(os.RemoveAll(filepath.Join(w.partial, stateName)), os.Remove(filepath.Join(w.partial, lockName)))
		}
		if steps > renames+1 {
			err = errors.Join(err, os.Remove(filepath.Join(w.partial, journalName)))
		}
		if err != nil {
			t.Fatal(err)
		}
		w, err = Create(in, dir, opt)
		if steps >= renames {
			if done := (*CompleteError)(nil); !errors.As(err, &done) || string(done.Record) != "{}" {
				t.Errorf("after %d steps: %v", steps, err)
			}
		} else if err = errors.Join(err, w.Commit()); err != nil {
			t.Errorf("after %d steps: %v", steps, err)
		}
		out, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		x := make([]float32, 100)
		if err := out.ReadFloat32("t1.2", x); err != nil || x[0] != 7 {
			t.Errorf("after %d steps: %v, %v", steps, x[0], err)
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
		if exists(filepath.Join(dir, partialDir)) {
			t.Errorf("after %d steps, the partial folder is still there", steps)
		}
	}
}
