package checkpoint

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A kill may come after any of the renames of Commit. Resume must find what
// they moved.
func TestResumeAmidRenames(t *testing.T) {
	in, err := Open(sharded(t))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	for moved := range 6 {
		dir := filepath.Join(t.TempDir(), "out")
		w, err := Create(in, dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.WriteFloat32("t1.2", slices.Repeat([]float32{7}, 100)); err != nil {
			t.Fatal(err)
		}
		if err := w.complete(); err != nil {
			t.Fatal(err)
		}
		names := slices.Clone(w.small)
		for _, o := range w.shards {
			names = append(names, o.name)
		}
		if err := w.record(w.names(), names); err != nil {
			t.Fatal(err)
		}
		if err := w.close(); err != nil {
			t.Fatal(err)
		}
		for _, name := range names[:min(moved, len(names))] {
			if err := os.Rename(filepath.Join(w.partial, name), filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
		w, err = Create(in, dir, Options{Resume: true})
		if err != nil {
			t.Fatal(err)
		}
		x := make([]float32, 100)
		if err := w.ReadFloat32("t1.2", x); err != nil || x[99] != 7 {
			t.Errorf("after %d renames: %v, %v", moved, x[99], err)
		}
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		out, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := out.ReadFloat32("t1.2", x); err != nil || x[0] != 7 {
			t.Errorf("after %d renames: %v, %v", moved, x[0], err)
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
		if exists(w.partial) {
			t.Error("the partial folder is still there")
		}
	}
}
