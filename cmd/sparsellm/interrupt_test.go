package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
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
		{"wrote ", "is complete", "config.json model.safetensors sparsellm.json tokenizer.json"},
	} {
		out := filepath.Join(t.TempDir(), "out")
		ctx, cancel := context.WithCancel(context.Background())
		var at time.Time // of the first interruption
		errw := &canceller{text: c.text, cancel: sync.OnceFunc(func() { at = time.Now(); cancel() })}
		var stdout bytes.Buffer
		args := pruneArgs(micro("opt-micro"), out, "--eval", test, "--quiet=false")
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
		if took := time.Since(at); took > time.Second {
			t.Errorf("after %q: stopping took %v", c.text, took)
		}
	}
}

// TestSignalled interrupts processes at random moments (SPARSELLM_KILLS of
// them, 3 without it): each ends within a second and says what is left, which
// is just what it says.
func TestSignalled(t *testing.T) {
	if testing.Short() || runtime.GOOS == "windows" {
		t.Skip("starts processes and sends them signals")
	}
	// Of a process that ignores interrupts, as nohup's do, children begin by
	// ignoring them; not so of one that listens.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	defer signal.Reset(os.Interrupt)
	model, dir := deep(t, "llama-micro"), t.TempDir()
	args := func(out string) []string {
		return pruneArgs(model, out, "--quiet=false", "--nsamples", "16", "--seqlen", "128", "--epochs", "10")
	}
	start := time.Now()
	cmd, errs := process(t, args(filepath.Join(dir, "whole"))...)
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, errs)
	}
	whole := time.Since(start)
	table := &strings.Builder{}
	tw := tabwriter.NewWriter(table, 2, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "after\tended within\tleft behind\tsaid")
	for i := range kills() {
		out := filepath.Join(dir, strconv.Itoa(i))
		cmd, errs := process(t, args(out)...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		moment := time.Duration(rand.Int64N(int64(whole)))
		time.Sleep(moment)
		sent := time.Now()
		if err := cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		err := cmd.Wait()
		took := time.Since(sent)
		lines := strings.Split(strings.TrimSpace(errs.String()), "\n")
		said, left := lines[len(lines)-1], listing(out)
		fmt.Fprintf(tw, "%v\t%v\t%s\t%s\n", moment.Round(time.Millisecond), took.Round(time.Millisecond), cmp.Or(left, "nothing"), said)
		if took > time.Second {
			t.Errorf("after %v: stopping took %v", moment, took)
		}
		var want string
		switch left {
		case "":
			if errs.Len() == 0 && cmd.ProcessState.ExitCode() < 0 { // it did not hear of signals yet
				continue
			}
			want = "sparsellm: interrupted; nothing half-done is left behind"
		case ".sparsellm-partial":
			want = "sparsellm: interrupted; the same command with --resume goes on at block "
		default:
			if want = "sparsellm: interrupted; the pruned model is complete in "; err == nil { // it was done by then
				continue
			}
		}
		if cmd.ProcessState.ExitCode() != exitFailed || !strings.HasPrefix(said, want) {
			t.Errorf("after %v: exit code %d: %s; left is %q", moment, cmd.ProcessState.ExitCode(), errs, left)
		}
	}
	tw.Flush()
	t.Logf("interruptions at random moments\n%s", table)
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
