package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// canceller is a writer that ends a context once it has seen a text.
type canceller struct {
	bytes.Buffer
	text   string
	cancel context.CancelFunc
}

func (c *canceller) Write(b []byte) (int, error) {
	n, err := c.Buffer.Write(b)
	if strings.Contains(c.String(), c.text) {
		c.cancel()
	}
	return n, err
}

// TestInterrupt interrupts prune at its steps: before a block is saved nothing
// remains, after that what can be resumed, and once the output is complete it
// stays.
func TestInterrupt(t *testing.T) {
	test := filepath.Join(micro("opt-micro"), "test.rows.json")
	for _, c := range []struct {
		text, want, remains string
	}{
		{"dense: perplexity", "interrupted; nothing half-done is left behind", ""},
		{"block 1/2", "interrupted; the same command with --resume goes on at block 2/2", ".sparsellm-partial"},
		{"block 2/2", "interrupted; the same command with --resume goes on at block 2/2", ".sparsellm-partial"},
		{"wrote ", "is complete", "config.json model.safetensors tokenizer.json"},
	} {
		out := filepath.Join(t.TempDir(), "out")
		ctx, cancel := context.WithCancel(context.Background())
		errw := &canceller{text: c.text, cancel: cancel}
		var stdout bytes.Buffer
		args := pruneArgs(micro("opt-micro"), out, "--eval", test, "--quiet=false")
		start := time.Now()
		code := run(ctx, args, strings.NewReader(""), &stdout, errw)
		cancel()
		if code != exitFailed {
			t.Errorf("after %q: exit code %d", c.text, code)
		}
		lines := strings.Split(strings.TrimSpace(errw.String()), "\n")
		checkSentence(t, lines[len(lines)-1]+"\n")
		if !strings.Contains(lines[len(lines)-1], c.want) {
			t.Errorf("after %q: %s", c.text, lines[len(lines)-1])
		}
		if got := listing(out); got != c.remains {
			t.Errorf("after %q: the output folder has %q, want %q", c.text, got, c.remains)
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("after %q: took %v", c.text, took)
		}
	}
}

// listing returns the names in a folder, none if it is not there.
func listing(dir string) string {
	entries, _ := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

// TestInterruptible undoes a command that does not stop.
func TestInterruptible(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(10*time.Millisecond, cancel)
	undone := 0
	c := &cleanups{}
	c.add(func() string { undone++; return "" })
	forever := make(chan struct{})
	defer close(forever)
	start := time.Now()
	err := interruptible(ctx, c, func() error { <-forever; return nil })
	if !errors.Is(err, context.Canceled) || undone != 1 {
		t.Errorf("error %v, undone %d times", err, undone)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("stopping took %v", took)
	}
	want := errors.New("its own")
	if err := interruptible(context.Background(), c, func() error { return want }); err != want || undone != 1 {
		t.Errorf("error %v, undone %d times", err, undone)
	}
}
