package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// beCommand makes the test's own binary be the command.
const beCommand = "SPARSELLM_TEST_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(beCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// process is the command in a process of its own.
func process(t *testing.T, args ...string) (*exec.Cmd, *strings.Builder) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd, errs := exec.Command(self, args...), &strings.Builder{}
	cmd.Env = append(os.Environ(), beCommand+"=1")
	cmd.Stderr = errs
	return cmd, errs
}

// kills is how many processes the tests end before their time.
func kills() int {
	if n, err := strconv.Atoi(os.Getenv("SPARSELLM_KILLS")); err == nil {
		return n
	}
	return 3
}

// TestKilled kills runs at random moments (SPARSELLM_KILLS of them, 3 without
// it), resumes each and wants what a run makes that is left alone. A kill
// never leaves a file that a loader takes for a model.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	table := &strings.Builder{}
	tw := tabwriter.NewWriter(table, 2, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "kill\tmodel\tafter\tleft behind\tthen\tend")
	for i := range kills() {
		killOnce(t, tw, i+1, []string{"opt-micro", "llama-micro"}[i%2], rng)
	}
	tw.Flush()
	t.Logf("kill -9 at random moments of runs over %d blocks\n%s", deepBlocks, table)
}

func killOnce(t *testing.T, table *tabwriter.Writer, number int, name string, rng *rand.Rand) {
	dir := t.TempDir()
	model, whole, out := deep(t, name), filepath.Join(dir, "whole"), filepath.Join(dir, "out")
	args := func(out string, more ...string) []string {
		return pruneArgs(model, out, append([]string{"--quiet=false", "--nsamples", "8"}, more...)...)
	}
	start := time.Now()
	cmd, errs := process(t, args(whole)...)
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, errs)
	}
	moment := time.Duration(rng.Int64N(int64(time.Since(start))))

	cmd, _ = process(t, args(out)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(moment)
	cmd.Process.Kill()
	cmd.Wait()
	left := listing(out)
	if strings.Contains(left, "model") && !strings.Contains(left, "model.safetensors") || strings.Contains(left, "model-") {
		t.Errorf("a kill after %v leaves %q", moment, left)
	}

	var then string
	cmd, errs = process(t, args(out, "--resume")...)
	var done strings.Builder
	cmd.Stdout = &done
	err := cmd.Run()
	said := strings.TrimSpace(errs.String())
	switch complete := strings.Contains(left, "model.safetensors"); {
	case err != nil:
		t.Errorf("after a kill at %v: %v: %s", moment, err, said)
	case strings.Contains(done.String(), "is complete already"):
		then = "complete already"
	case complete:
		t.Errorf("resuming what is complete: %s%s", done.String(), said)
	case strings.Contains(said, "starting from the beginning"):
		then = "started"
	default:
		then = "resumed"
		if _, after, ok := strings.Cut(said, "going on with "); ok {
			after, _, _ = strings.Cut(after, "\n")
			then = "resumed at " + after
		}
	}
	failed := t.Failed()
	sameFolder(t, out, whole)
	end := "identical"
	if t.Failed() && !failed {
		end = "DIFFERS"
	}
	if left == "" {
		left = "nothing"
	}
	fmt.Fprintf(table, "%d\t%s\t%v\t%s\t%s\t%s\n", number, name, moment.Round(time.Millisecond), left, then, end)
}
