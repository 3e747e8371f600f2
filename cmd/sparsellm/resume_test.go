package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sparsellm/checkpoint"
)

// deepBlocks is how many blocks a deep model has.
const deepBlocks = 6

// deep makes a model of the blocks of a built-in one, over and over.
func deep(t *testing.T, name string) string {
	t.Helper()
	dir := copyModel(t, name)
	path := filepath.Join(dir, "model.safetensors")
	all := map[string]stored{}
	for name, s := range tensors(t, read(t, path)) {
		before, after, ok := strings.Cut(name, ".layers.")
		if !ok {
			all[name] = s
			continue
		}
		var block int
		var rest string
		if _, err := fmt.Sscanf(after, "%d.%s", &block, &rest); err != nil {
			t.Fatal(err)
		}
		for i := block; i < deepBlocks; i += 2 {
			all[fmt.Sprintf("%s.layers.%d.%s", before, i, rest)] = s
		}
	}
	header, data := map[string]stored{}, []byte{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		s := all[name]
		s.Offsets = [2]int64{int64(len(data)), int64(len(data) + len(s.data))}
		data = append(data, s.data...)
		header[name] = s
	}
	text, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	file := binary.LittleEndian.AppendUint64(nil, uint64(len(text)))
	write(t, path, string(file)+string(text)+string(data))
	config := filepath.Join(dir, "config.json")
	changed := strings.Replace(string(read(t, config)), `"num_hidden_layers": 2`, fmt.Sprintf(`"num_hidden_layers": %d`, deepBlocks), 1)
	write(t, config, changed)
	return dir
}

// runWith runs a command line and calls f once standard error has a text.
func runWith(text string, f func(cancel func()), args ...string) outcome {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var out bytes.Buffer
	errw := &canceller{text: text, cancel: func() { f(cancel) }}
	code := run(ctx, args, strings.NewReader(""), &out, errw)
	return outcome{code, out.String(), errw.String()}
}

// lastLine is what a command complains about last.
func (o outcome) lastLine() string {
	lines := strings.Split(strings.TrimSpace(o.err), "\n")
	return lines[len(lines)-1]
}

// interruptedRun runs prune until it has done a block, counted from 1, and
// stops it there.
func interruptedRun(t *testing.T, block int, args ...string) {
	t.Helper()
	o := runWith(fmt.Sprintf("block %d/", block), func(cancel func()) { cancel() }, args...)
	if o.code != exitFailed || !strings.Contains(o.err, "--resume goes on at block") {
		t.Fatalf("exit code %d: %s", o.code, o.err)
	}
	// What did not stop in time ends with the process, which here goes on.
	in, err := checkpoint.Open(flagOf(args, "--model"))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	for err = checkpoint.ErrBusy; errors.Is(err, checkpoint.ErrBusy); time.Sleep(10 * time.Millisecond) {
		var w *checkpoint.Writer
		if w, err = checkpoint.Create(in, flagOf(args, "--out"), checkpoint.Options{Resume: true}); err == nil {
			err = w.Suspend()
		}
	}
}

// flagOf returns the value of a flag.
func flagOf(args []string, name string) string { return args[slices.Index(args, name)+1] }

// sameFolder wants two folders to have the same files to the last byte.
func sameFolder(t *testing.T, got, want string) {
	t.Helper()
	if a, b := listing(got), listing(want); a != b {
		t.Errorf("%s has %q, want %q", got, a, b)
		return
	}
	for _, name := range strings.Fields(listing(want)) {
		if !bytes.Equal(read(t, filepath.Join(got, name)), read(t, filepath.Join(want, name))) {
			t.Errorf("%s differs", filepath.Join(got, name))
		}
	}
}

// TestResume stops runs and resumes them, with more threads, and stops them
// again: the end is that of a run that was left alone.
func TestResume(t *testing.T) {
	for _, c := range []struct {
		model string
		more  []string
	}{
		{"opt-micro", []string{"--method", "sparsellm"}},
		{"opt-micro", []string{"--method", "wanda", "--dtype", "bf16", "--layers", "1:5"}},
		{"opt-micro", []string{"--method", "magnitude", "--scope", "model", "--layers", "half:"}},
		{"llama-micro", []string{"--pattern", "2:4", "--dtype", "f16"}},
		{"llama-micro", []string{"--allocate", "owl", "--keep-mask"}},
		{"llama-micro", []string{"--compat", "--precision", "f64", "--only", "mlp"}},
	} {
		dir := t.TempDir()
		model, whole, out := deep(t, c.model), filepath.Join(dir, "whole"), filepath.Join(dir, "out")
		args := func(out string, more ...string) []string {
			return pruneArgs(model, out, append(append([]string{"--quiet=false"}, c.more...), more...)...)
		}
		must(t, args(whole, "--mask", filepath.Join(dir, "whole.mask"))...)
		interruptedRun(t, 1, args(out)...)
		interruptedRun(t, 2, args(out, "--resume", "--threads", "3")...)
		o := sparse(args(out, "--resume", "--threads", "1", "--mask", filepath.Join(dir, "out.mask"), "--json", filepath.Join(dir, "out.json"))...)
		if o.code != exitOK || !strings.Contains(o.err, "going on with block ") {
			t.Fatalf("exit code %d: %s", o.code, o.err)
		}
		sameFolder(t, out, whole)
		if !bytes.Equal(read(t, filepath.Join(dir, "out.mask")), read(t, filepath.Join(dir, "whole.mask"))) {
			t.Errorf("%s %v: the masks differ", c.model, c.more)
		}
	}
}

// TestResumeTrace wants of the trace of a run that was stopped twice, once
// amid a line, what is in that of a run that was left alone.
func TestResumeTrace(t *testing.T) {
	dir := t.TempDir()
	model, whole, out := deep(t, "llama-micro"), filepath.Join(dir, "whole"), filepath.Join(dir, "out")
	args := func(out string, more ...string) []string {
		return pruneArgs(model, out, append([]string{"--quiet=false", "--trace", out + ".trace"}, more...)...)
	}
	must(t, args(whole)...)
	interruptedRun(t, 1, args(out)...)
	interruptedRun(t, 3, args(out, "--resume")...)
	f, err := os.OpenFile(out+".trace", os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString(`{"block":3,"ep`) // a full disk took the rest
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	must(t, args(out, "--resume")...)
	if got, want := traceLines(t, out+".trace"), traceLines(t, whole+".trace"); !slices.Equal(got, want) {
		t.Errorf("lines of the trace (-want +got):\n%s", cmp.Diff(want, got))
	}
}

// traceLines returns the lines of a trace, sorted and each once: a block that
// was cut off is there twice.
func traceLines(t *testing.T, path string) []string {
	t.Helper()
	lines := strings.SplitAfter(string(read(t, path)), "\n")
	slices.Sort(lines)
	return slices.Compact(lines)
}

// TestResumeRefused wants what cannot be resumed to be refused with the
// reason, and to be left as it is.
func TestResumeRefused(t *testing.T) {
	dir := t.TempDir()
	model, whole, out := deep(t, "opt-micro"), filepath.Join(dir, "whole"), filepath.Join(dir, "out")
	args := func(more ...string) []string { return pruneArgs(model, out, more...) }
	must(t, pruneArgs(model, whole)...)
	interruptedRun(t, 3, args("--quiet=false")...)
	other := copyModel(t, "opt-micro")
	rows := write(t, filepath.Join(dir, "x.rows.json"), "["+row(32)+"]")
	for _, c := range []struct {
		args []string
		want string
	}{
		{args(), "holds an interrupted run: " + out + "; --resume goes on with it, --force starts again"},
		{args("--resume", "--force"), "exclude each other"},
		{args("--resume", "--sparsity", "0.7"), "the interrupted run had other settings: sparsity was 0.5, not 0.7"},
		{args("--resume", "--method", "wanda", "--nsamples", "3"), "had other settings: allocate was error, not uniform, local was sparsegpt, not unset, method was sparsellm, not wanda, other calibration samples"},
		{args("--resume", "--nsamples", "3"), "had other settings: other calibration samples"},
		{args("--resume", "--calib", rows), "had other settings: other calibration samples"},
		{args("--resume", "--allocate", "owl"), "allocate was error, not owl"},
		{args("--resume", "--keep-mask"), "keep_mask was false, not true"},
		{args("--resume", "--precision", "f64"), "precision was f32, not f64"},
		{args("--resume", "--skip", "fc2"), "skip was unset, not fc2"},
		{args("--resume", "--dtype", "f16"), "has another dtype"},
		{pruneArgs(other, out, "--resume"), "is of another model"},
	} {
		o := sparse(c.args...)
		if o.code == exitOK || !strings.Contains(o.err, c.want) {
			t.Errorf("%v: exit code %d: %s, want %q", c.args[len(pruneArgs("", "")):], o.code, o.err, c.want)
		}
		checkSentence(t, o.err)
		if got := listing(out); got != ".sparsellm-partial" {
			t.Fatalf("%v: the output folder has %q", c.args, got)
		}
	}
	state := filepath.Join(out, ".sparsellm-partial", "state", "run")
	good := read(t, state)
	write(t, state, string(good[:len(good)-1]))
	if o := sparse(args("--resume")...); o.code != exitFailed || !strings.Contains(o.err, "saved state does not fit") {
		t.Errorf("with a damaged state: exit code %d: %s", o.code, o.err)
	}
	if listing(out) != "" { // it is of no use to anybody
		t.Errorf("a damaged state leaves %q behind", listing(out))
	}
}

// TestResumeBeforeFirstState resumes a run that was killed between the record
// of its first weights and its first state.
func TestResumeBeforeFirstState(t *testing.T) {
	dir := t.TempDir()
	model, whole, out := deep(t, "opt-micro"), filepath.Join(dir, "whole"), filepath.Join(dir, "out")
	must(t, pruneArgs(model, whole)...)
	interruptedRun(t, 1, pruneArgs(model, out, "--quiet=false")...)
	if err := os.Remove(filepath.Join(out, ".sparsellm-partial", "state", "run")); err != nil {
		t.Fatal(err)
	}
	must(t, pruneArgs(model, out, "--resume")...)
	sameFolder(t, out, whole)
}

// TestResumeIsEnough wants one command line with --resume to start, to go on and
// to know that all is done.
func TestResumeIsEnough(t *testing.T) {
	dir := t.TempDir()
	model, whole, out := deep(t, "llama-micro"), filepath.Join(dir, "whole"), filepath.Join(dir, "out")
	args := func(more ...string) []string {
		return pruneArgs(model, out, append([]string{"--quiet=false", "--resume"}, more...)...)
	}
	must(t, pruneArgs(model, whole)...)
	interruptedRun(t, 2, args()...)
	o := sparse(args()...)
	if o.code != exitOK || !strings.Contains(o.err, "going on with block ") {
		t.Errorf("exit code %d: %s", o.code, o.err)
	}
	sameFolder(t, out, whole)
	before := modified(t, out)
	says := out + " is complete already, pruned with these settings: there is nothing to do\n"
	for _, more := range [][]string{nil, {"--threads", "3"}, {"--memory", "1GB"}, {"--quiet"}} {
		if o := sparse(args(more...)...); o.code != exitOK || o.out != says || o.err != "" {
			t.Errorf("%v: exit code %d: %q %q", more, o.code, o.out, o.err)
		}
	}
	if o := sparse(args("--json", "-")...); o.code != exitOK || o.out != "" || o.err != says {
		t.Errorf("with JSON to standard output: exit code %d: %q %q", o.code, o.out, o.err)
	}
	rows := write(t, filepath.Join(dir, "x.rows.json"), "["+row(32)+"]")
	for want, more := range map[string][]string{
		"the complete result in " + out + " had other settings: sparsity was 0.5, not 0.7; --force starts again": {"--sparsity", "0.7"},
		"had other settings: dtype was keep, not bf16":                                                           {"--dtype", "bf16"},
		"had other settings: other calibration samples":                                                          {"--calib", rows},
		"holds the complete result of another model; --force starts again":                                       {"--model", micro("llama-micro")},
	} {
		o := sparse(args(more...)...)
		if o.code != exitFailed || !strings.Contains(o.err, want) {
			t.Errorf("%v: exit code %d: %s, want %q", more, o.code, o.err, want)
		}
		checkSentence(t, o.err)
	}
	if after := modified(t, out); after != before {
		t.Errorf("the complete output was touched: %s, not %s", after, before)
	}
	if err := os.RemoveAll(out); err != nil {
		t.Fatal(err)
	}
	o = sparse(args()...)
	if o.code != exitOK || !strings.Contains(o.err, "nothing to resume in "+out+": starting from the beginning\n") {
		t.Errorf("exit code %d: %s", o.code, o.err)
	}
	sameFolder(t, out, whole)
	if err := os.Mkdir(filepath.Join(dir, "other"), 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "other", "notes.txt"), "mine")
	if o := sparse(pruneArgs(model, filepath.Join(dir, "other"), "--resume")...); o.code != exitFailed || !strings.Contains(o.err, "is not empty") {
		t.Errorf("into a folder of something else: exit code %d: %s", o.code, o.err)
	}
}

// modified says when each file in a folder was last written to.
func modified(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, e := range entries {
		st, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "%s %v %d\n", e.Name(), st.ModTime(), st.Size())
	}
	return all.String()
}
