package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"sparsellm/plan"
)

// TestLeavesNothing ends processes in every way at every phase, with and without
// a budget that puts auxiliary variables in a file: nothing is left but the
// folder that --resume needs, what the process says last is what happened, and
// the same command with --resume ends as a run that was left alone. SIGQUIT is
// how Go ends on a panic: without a word to anybody.
func TestLeavesNothing(t *testing.T) {
	if testing.Short() || runtime.GOOS == "windows" {
		t.Skip("starts processes and sends them signals")
	}
	model, dir := deep(t, "llama-micro"), t.TempDir()
	test := filepath.Join(model, "test.rows.json")
	args := func(out string, more ...string) []string {
		return pruneArgs(model, out, append([]string{"--quiet=false", "--nsamples", "48", "--epochs", "4", "--eval", test, "--eval-windows", "4"}, more...)...)
	}
	whole := filepath.Join(dir, "whole")
	must(t, args(whole)...)
	phases := []string{"", "dense: perplexity", "block 1/", "block 4/", fmt.Sprintf("block %d/", deepBlocks), "wrote "}
	inFile, ok := budgetFor(t, plan.InFile, append(args("x"), "--quiet=true")[1:]...)
	if !ok {
		t.Fatal("no budget puts the auxiliary variables in a file")
	}
	for _, memory := range []string{"", inFile} {
		for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGKILL} {
			for k, phase := range phases {
				if memory != "" && !strings.HasPrefix(phase, "block") {
					continue // there is no such file then
				}
				name := fmt.Sprintf("memory=%s/%v/%d", memory, signal, k)
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					home := t.TempDir()
					out := filepath.Join(home, "out")
					more := []string{"--trace", filepath.Join(home, "trace.jsonl")}
					if memory != "" {
						more = append(more, "--memory", memory)
					}
					l := endAt(t, phase, signal, home, args(out, more...)...)
					l.check(t, signal)
					cmd, errs := process(t, args(out, append(more, "--resume")...)...)
					if err := cmd.Run(); err != nil {
						t.Errorf("resuming: %v: %s", err, errs)
					}
					sameFolder(t, out, whole)
				})
			}
		}
	}
}

// left is what a process that was ended has left, and what it said last.
type left struct {
	code       int
	home, temp string // names in the folder of the output, and in the temporary one
	out, said  string
}

// endAt runs the command, whose output, trace and temporary files are in home,
// until standard error has the text, and ends it with a signal.
func endAt(t *testing.T, text string, signal syscall.Signal, home string, args ...string) left {
	t.Helper()
	cmd, _ := process(t, args...)
	temp := t.TempDir()
	cmd.Env = append(cmd.Env, "TMPDIR="+temp)
	cmd.Stderr = nil
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var l left
	end := func() {
		if err := cmd.Process.Signal(signal); err != nil && !strings.Contains(err.Error(), "finished") {
			t.Error(err)
		}
	}
	if text == "" {
		end()
	}
	lines := bufio.NewReader(errs)
	for ended := text == ""; ; {
		line, err := lines.ReadString('\n')
		if line = strings.TrimSpace(line); line != "" && !(signal == syscall.SIGQUIT && ended) {
			l.said = line
		}
		if !ended && strings.Contains(line, text) {
			ended = true
			end()
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	_ = cmd.Wait() // the code says more
	l.code, l.home, l.temp = cmd.ProcessState.ExitCode(), listing(home), listing(temp)
	l.out = listing(filepath.Join(home, "out"))
	return l
}

// check wants nothing to be left that is not to be resumed, and the last words
// to be true.
func (l left) check(t *testing.T, signal syscall.Signal) {
	t.Helper()
	if l.temp != "" {
		t.Errorf("left in the temporary folder: %s", l.temp)
	}
	complete := strings.Contains(l.out, "model.safetensors")
	switch {
	case l.code == exitOK: // it was done before the signal came
		return
	case signal == syscall.SIGKILL || signal == syscall.SIGQUIT, l.code < 0: // nobody could say anything
		if home := strings.ReplaceAll(l.home, "out", ""); strings.Trim(home, " ") != "" && strings.Trim(home, " ") != "trace.jsonl" {
			t.Errorf("left beside the output: %s", l.home)
		}
		if !complete && l.out != "" && l.out != ".sparsellm-partial" {
			t.Errorf("left in the output: %s", l.out)
		}
		return
	}
	want, home := "sparsellm: interrupted; nothing half-done is left behind", ""
	switch {
	case complete:
		want, home = "sparsellm: interrupted; the pruned model is complete in ", "out trace.jsonl"
		if strings.Contains(l.said, "but what was to follow failed") {
			want = "sparsellm: the pruned model is complete in "
		}
	case l.out == ".sparsellm-partial":
		want, home = "sparsellm: interrupted; the same command with --resume goes on at block ", "out trace.jsonl"
	}
	if l.code != exitFailed || !strings.HasPrefix(l.said, want) || l.home != home {
		t.Errorf("exit code %d: %s; left are %q, and in the output %q", l.code, l.said, l.home, l.out)
	}
}

// TestInterruptedDemo leaves no models in the temporary folder.
func TestInterruptedDemo(t *testing.T) {
	if testing.Short() || runtime.GOOS == "windows" {
		t.Skip("starts processes and sends them signals")
	}
	for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGKILL} {
		cmd, errs := process(t, "demo")
		temp := t.TempDir()
		cmd.Env = append(cmd.Env, "TMPDIR="+temp)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if strings.HasPrefix(lines.Text(), "is better.") { // the first model is under way
				break
			}
		}
		time.Sleep(200 * time.Millisecond) // in files for a moment, which a kill may hit
		if err := cmd.Process.Signal(signal); err != nil {
			t.Error(err)
		}
		err = cmd.Wait()
		if _, ended := err.(*exec.ExitError); !ended || listing(temp) != "" {
			t.Errorf("%v: %v: %s; left is %q", signal, err, errs, listing(temp))
		}
	}
}
