package checkpoint_test

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"sparsellm/checkpoint"
	"sparsellm/linalg"
	"sparsellm/model"
)

// scaled writes every matrix of c, times 1.5, that w does not have yet.
func scaled(c *checkpoint.Checkpoint, w *checkpoint.Writer, each func(name string) error) error {
	for _, name := range c.Names() {
		shape, _ := c.Shape(name)
		if len(shape) != 2 || w.Written(name) {
			continue
		}
		x := linalg.NewMatrix[float32](shape[0], shape[1])
		if err := c.ReadFloat32(name, x.Data); err != nil {
			return err
		}
		for i := range x.Data {
			x.Data[i] *= 1.5
		}
		if err := checkpoint.SinkOf[float32](w).Store(model.Whole(name), x); err != nil {
			return err
		}
		if err := each(name); err != nil {
			return err
		}
	}
	return nil
}

func TestResumeIsIdentical(t *testing.T) {
	c := open(t, "../testdata/llama-micro")
	whole := filepath.Join(t.TempDir(), "whole")
	w := create(t, c, whole, checkpoint.Options{DType: checkpoint.BF16})
	if err := scaled(c, w, func(string) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}

	out := filepath.Join(t.TempDir(), "out")
	w = create(t, c, out, checkpoint.Options{DType: checkpoint.BF16})
	if err := os.WriteFile(w.StatePath("hidden"), []byte("state"), 0o644); err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop")
	n := 0
	err := scaled(c, w, func(string) error {
		if n++; n == 4 {
			return stop
		}
		return nil
	})
	if err != stop {
		t.Fatal(err)
	}
	if err := w.Suspend(); err != nil {
		t.Fatal(err)
	}
	if got := listing(t, out); got != ".sparsellm-partial" {
		t.Errorf("a suspended run has %q", got)
	}
	if _, err := checkpoint.Create(c, out, checkpoint.Options{}); !errors.Is(err, checkpoint.ErrInterrupted) {
		t.Errorf("starting over an interrupted run: %v", err)
	}
	if _, err := checkpoint.Create(c, out, checkpoint.Options{Resume: true}); !errors.Is(err, checkpoint.ErrNoResume) || !strings.Contains(err.Error(), "dtype") {
		t.Errorf("resuming with another dtype: %v", err)
	}
	other := open(t, optMicro)
	if _, err := checkpoint.Create(other, out, checkpoint.Options{Resume: true, DType: checkpoint.BF16}); !errors.Is(err, checkpoint.ErrNoResume) || !strings.Contains(err.Error(), "another model") {
		t.Errorf("resuming with another model: %v", err)
	}
	w = create(t, c, out, checkpoint.Options{DType: checkpoint.BF16, Resume: true})
	if b, err := os.ReadFile(w.StatePath("hidden")); string(b) != "state" {
		t.Errorf("the state is %q, %v", b, err)
	}
	if err := scaled(c, w, func(string) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	if n != 4+12 {
		t.Errorf("%d matrices written in both runs, want each of 16 once", n)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields(listing(t, whole)) {
		sameFile(t, filepath.Join(whole, name), filepath.Join(out, name))
	}
	if a, b := listing(t, whole), listing(t, out); a != b {
		t.Errorf("%q and %q", a, b)
	}
}

// TestResumeNothing starts where there is nothing to resume, but not in a folder
// that holds something else.
func TestResumeNothing(t *testing.T) {
	c := open(t, optMicro)
	out := filepath.Join(t.TempDir(), "out")
	w := create(t, c, out, checkpoint.Options{Resume: true})
	if _, resumes := w.Resumes(); resumes {
		t.Error("it resumes nothing")
	}
	if err := w.Abort(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("it leaves the folder")
	}
	for _, name := range []string{"model.safetensors", "sparsellm.json"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte("{}"), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := checkpoint.Create(c, dir, checkpoint.Options{Resume: true}); !errors.Is(err, checkpoint.ErrOutput) {
			t.Errorf("into a folder with a %s: %v", name, err)
		}
	}
}

// TestResumeComplete wants a complete output to be told from others, from that
// of another model and from one that has lost its weights.
func TestResumeComplete(t *testing.T) {
	c, other := open(t, optMicro), open(t, "../testdata/llama-micro")
	out := filepath.Join(t.TempDir(), "out")
	opt := checkpoint.Options{Resume: true, Record: []byte(`{"share":0.5}`)}
	if err := create(t, c, out, opt).Commit(); err != nil {
		t.Fatal(err)
	}
	complete := func(c *checkpoint.Checkpoint) *checkpoint.CompleteError {
		t.Helper()
		var done *checkpoint.CompleteError
		if _, err := checkpoint.Create(c, out, opt); !errors.As(err, &done) {
			t.Fatalf("a complete output gives the error %v", err)
		}
		return done
	}
	if done := complete(c); done.Other || string(done.Record) != string(opt.Record) {
		t.Errorf("a complete output is %+v", done)
	}
	if done := complete(other); !done.Other {
		t.Errorf("that of another model is %+v", done)
	}
	opt.DType = checkpoint.BF16
	opt.Record = []byte(`{"share":0.5,"dtype":"bf16"}`)
	if done := complete(c); done.Other || string(done.Record) != `{"share":0.5}` {
		t.Errorf("one with other settings is %+v", done)
	}
	opt = checkpoint.Options{Resume: true, Record: []byte(`{"share":0.5}`)}
	if err := os.Truncate(filepath.Join(out, "model.safetensors"), 100); err != nil {
		t.Fatal(err)
	}
	if _, err := checkpoint.Create(c, out, opt); !errors.Is(err, checkpoint.ErrOutput) {
		t.Errorf("one without all its weights: %v", err)
	}
}

// TestResumeOfAlteredModel changes one bit amid the largest tensor between a
// run and the one that goes on with it.
func TestResumeOfAlteredModel(t *testing.T) {
	dir, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	if err := os.CopyFS(dir, os.DirFS(optMicro)); err != nil {
		t.Fatal(err)
	}
	if err := create(t, open(t, dir), out, checkpoint.Options{}).Suspend(); err != nil {
		t.Fatal(err)
	}
	if err := create(t, open(t, dir), out, checkpoint.Options{Resume: true}).Suspend(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "model.safetensors")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = checkpoint.Create(open(t, dir), out, checkpoint.Options{Resume: true})
	if !errors.Is(err, checkpoint.ErrNoResume) || !strings.Contains(err.Error(), "another model") {
		t.Errorf("resuming with an altered model: %v", err)
	}
}

func TestTwoRunsIntoOneFolder(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no lock on this system")
	}
	c := open(t, optMicro)
	out := filepath.Join(t.TempDir(), "out")
	w := create(t, c, out, checkpoint.Options{})
	for _, opt := range []checkpoint.Options{{}, {Force: true}} {
		if _, err := checkpoint.Create(c, out, opt); !errors.Is(err, checkpoint.ErrBusy) {
			t.Errorf("%+v: %v", opt, err)
		}
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
}

// TestKilled kills a process at random moments, resuming it after each kill,
// and asks of the folder at each death that nothing in it has its final name,
// or all has.
func TestKilled(t *testing.T) {
	if out := os.Getenv("CHECKPOINT_KILLED"); out != "" {
		writeUntilKilled(t, out)
		return
	}
	if testing.Short() {
		t.Skip("starts processes")
	}
	c := open(t, optMicro)
	whole := filepath.Join(t.TempDir(), "whole")
	w := create(t, c, whole, checkpoint.Options{Record: []byte("{}")})
	if err := scaled(c, w, func(string) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	for kills := 0; kills < 20; {
		out := filepath.Join(memoryDir(t), "out")
		for !runAndKill(t, out, r) {
			kills++
			if _, missing := os.Stat(filepath.Join(out, "model.safetensors")); missing == nil {
				sameFile(t, filepath.Join(whole, "model.safetensors"), filepath.Join(out, "model.safetensors"))
			}
		}
		if a, b := listing(t, whole), listing(t, out); a != b {
			t.Errorf("%q and %q", a, b)
		}
		for _, name := range strings.Fields(listing(t, whole)) {
			sameFile(t, filepath.Join(whole, name), filepath.Join(out, name))
		}
	}
}

// memoryDir is a temporary folder, in memory where there is such a place: the
// many syncs take their time on a busy disk.
func memoryDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "checkpoint")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// runAndKill starts writeUntilKilled in a process of its own, which it kills
// after some of its lines and some time, and says whether it had finished.
func runAndKill(t *testing.T, out string, r *rand.Rand) bool {
	p := exec.Command(os.Args[0], "-test.run=^TestKilled$", "-test.count=1")
	p.Env = append(os.Environ(), "CHECKPOINT_KILLED="+out)
	pipe, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	after := 1 + r.IntN(5)
	lines := bufio.NewScanner(pipe)
	for n := 0; lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "wrote") {
			if n++; n == after || lines.Text() == "wrote all" {
				time.Sleep(time.Duration(r.IntN(3000)) * time.Microsecond)
				_ = p.Process.Kill() // it may have ended
			}
		}
	}
	return p.Wait() == nil
}

func writeUntilKilled(t *testing.T, out string) {
	c := open(t, optMicro)
	w, err := checkpoint.Create(c, out, checkpoint.Options{Resume: true, Record: []byte("{}")})
	if done := (*checkpoint.CompleteError)(nil); errors.As(err, &done) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	err = scaled(c, w, func(name string) error {
		fmt.Println("wrote", name)
		return w.Sync()
	})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("wrote all")
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
}

func TestInputChangesMeanwhile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "model.safetensors")
	for _, n := range []string{"config.json", "model.safetensors"} {
		b, err := os.ReadFile(filepath.Join(optMicro, n))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, n), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c := open(t, dir)
	w := create(t, c, filepath.Join(t.TempDir(), "out"), checkpoint.Options{})
	name := c.Names()[0]
	tensor(t, c, name)
	if err := os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	shape, _ := c.Shape(name)
	if err := c.ReadFloat32(name, make([]float32, shape[0]*shape[1])); !errors.Is(err, checkpoint.ErrChanged) {
		t.Errorf("a rewritten file: %v", err)
	}
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	if err := c.ReadFloat32(name, make([]float32, shape[0]*shape[1])); !errors.Is(err, checkpoint.ErrChanged) {
		t.Errorf("a file cut short: %v", err)
	}
	if err := w.Commit(); !errors.Is(err, checkpoint.ErrChanged) {
		t.Errorf("Commit: %v", err)
	}
}
