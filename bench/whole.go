package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"sparsellm/calib"
	"sparsellm/tokenizer"
)

// Each prunes a model in Python and prints a result.
var (
	//go:embed original.py
	originalScript string
	//go:embed compressor.py
	compressorScript string
)

// phase is a part of a run, as prune --json has it.
type phase struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
	Peak    int64   `json:"peak_bytes"`
}

// result is what a run of some of the blocks of a model reports.
type result struct {
	Blocks  int     `json:"blocks"`
	Of      int     `json:"of"`
	Version string  `json:"version"`
	Phases  []phase `json:"phases"`
	// CPU is the whole process's time, user and system, which other processes
	// on the machine disturb less.
	CPU time.Duration `json:"-"`
}

// phaseNames are those of prune.
var phaseNames = []string{"load", "allocate zeros", "capture dense blocks", "prune", "run pruned blocks", "write"}

// whole compares whole runs of prune with original.py: the same model, tokens
// and threads.
//
//	go run . whole -python PYTHON -model DIR -calib FILE
func whole(args []string) error {
	f := flag.NewFlagSet("whole", flag.ExitOnError)
	python := f.String("python", "python3", "a Python with PyTorch and transformers")
	model := f.String("model", "", "folder of the model")
	text := f.String("calib", "", "calibration text")
	samples := f.Int("nsamples", 8, "calibration samples")
	length := f.Int("seqlen", 512, "tokens of each")
	methods := f.String("methods", "sparsegpt,sparsellm", "methods, of sparsegpt and sparsellm; sparsellm-compat is ours with --compat")
	blocks := f.Int("blocks", 0, "prune the first blocks only, and scale (0: all)")
	threads := f.Int("threads", 1, "threads of both")
	compressor := f.String("llmcompressor", "", "a Python with llm-compressor, whose SparseGPT is then run as well")
	f.Parse(args)
	dir, command, err := build()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	rows := filepath.Join(dir, "calib.rows.json")
	if err := exportRows(*model, *text, *samples, *length, rows); err != nil {
		return err
	}
	for _, method := range strings.Split(*methods, ",") {
		ours, err := runOurs(command, dir, *model, rows, method, *blocks, *threads)
		if err != nil {
			return err
		}
		theirs, err := runPython(*python, originalScript, *model, rows, strings.TrimSuffix(method, "-compat"), *blocks, *threads)
		if err != nil {
			return err
		}
		ours.Of = theirs.Of
		printRuns(method, theirs, ours, *threads)
		if *compressor != "" && method == "sparsegpt" {
			other, err := runPython(*compressor, compressorScript, *model, rows, method, *blocks, *threads)
			if err != nil {
				return err
			}
			printOther(other, ours)
		}
	}
	return nil
}

// exportRows writes calibration samples as token ids.
func exportRows(model, text string, samples, length int, path string) error {
	tok, err := tokenizer.Open(model)
	if err != nil {
		return err
	}
	rows, err := calib.Calibration(text, tok, calib.Options{Samples: samples, SeqLen: length})
	if err != nil {
		return err
	}
	return writeJSON(path, rows)
}

func writeJSON(path string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o666)
}

// build builds the command, of the module around this one, into a new folder, in
// which there is room for what else is made.
func build() (dir, command string, err error) {
	if dir, err = os.MkdirTemp("", "sparsellm-bench-"); err != nil {
		return "", "", err
	}
	command = filepath.Join(dir, "sparsellm")
	cmd := exec.Command("go", "build", "-o", command, "./cmd/sparsellm")
	cmd.Dir = ".."
	out, err := cmd.CombinedOutput()
	if err != nil {
		os.RemoveAll(dir)
		return "", "", fmt.Errorf("building sparsellm: %w: %s", err, out)
	}
	return dir, command, nil
}

// limited returns a command that uses so many threads.
func limited(threads int, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	n := strconv.Itoa(threads)
	cmd.Env = append(os.Environ(), "GOMAXPROCS="+n, "OMP_NUM_THREADS="+n, "MKL_NUM_THREADS="+n)
	return cmd
}

func runOurs(command, dir, model, rows, method string, blocks, threads int, more ...string) (r result, err error) {
	report := filepath.Join(dir, "result.json")
	base, compat := strings.CutSuffix(method, "-compat")
	args := append([]string{"prune", "-q", "--model", model, "--calib", rows, "--nsamples", "1000000", "--out", filepath.Join(dir, "out"), "--force",
		"--method", base, "--threads", strconv.Itoa(threads), "--json", report}, more...)
	if compat {
		args = append(args, "--compat")
	}
	if blocks > 0 {
		args = append(args, "--layers", fmt.Sprintf("0:%d", blocks))
	}
	cmd := limited(threads, command, args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return r, fmt.Errorf("sparsellm %s: %w: %s", strings.Join(args, " "), err, out)
	}
	text, err := os.ReadFile(report)
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	r.Blocks, r.Version, r.CPU = blocks, "sparsellm", cpu(cmd)
	return r, err
}

// runPython runs a script that prunes a model; its result is the last line that
// it prints.
func runPython(python, script, model, rows, method string, blocks, threads int) (r result, err error) {
	cmd := limited(threads, python, "-c", script, model, rows, "--method", method,
		"--blocks", strconv.Itoa(blocks), "--threads", strconv.Itoa(threads))
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return r, fmt.Errorf("%s: %w: %s", python, err, errs.Bytes())
	}
	lines := bytes.Split(bytes.TrimSpace(out.Bytes()), []byte("\n"))
	err = json.Unmarshal(lines[len(lines)-1], &r)
	r.CPU = cpu(cmd)
	return r, err
}

func cpu(cmd *exec.Cmd) time.Duration {
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// printRuns prints both, phase by phase, scaled to all blocks: what a block
// takes by the number of blocks. We do not run the last of the pruned blocks,
// since nobody reads its output.
func printRuns(method string, theirs, ours result, threads int) {
	fmt.Printf("\n%s, threads: %d, %s", method, threads, theirs.Version)
	if theirs.Blocks < theirs.Of {
		fmt.Printf("; measured on %d blocks, times of a block scaled to %d", theirs.Blocks, theirs.Of)
	}
	fmt.Println()
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "phase\toriginal s\tGB\tours s\tGB\ttimes as fast")
	var sum [2]float64
	var top [2]int64
	for _, name := range phaseNames {
		a, b := scaled(theirs, name, 0), scaled(ours, name, 1)
		if a.Seconds == 0 && b.Seconds == 0 {
			continue // not a phase of this method
		}
		sum[0], sum[1] = sum[0]+a.Seconds, sum[1]+b.Seconds
		top[0], top[1] = max(top[0], a.Peak), max(top[1], b.Peak)
		fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%.2f\t%.2f\t%.1f\n", name, a.Seconds, float64(a.Peak)/1e9, b.Seconds, float64(b.Peak)/1e9, a.Seconds/b.Seconds)
	}
	fmt.Fprintf(w, "in all\t%.2f\t%.2f\t%.2f\t%.2f\t%.1f\n", sum[0], float64(top[0])/1e9, sum[1], float64(top[1])/1e9, sum[0]/sum[1])
	w.Flush()
	fmt.Printf("CPU time of the processes, not scaled: original %.1f s, ours %.1f s, %.1f times\n",
		theirs.CPU.Seconds(), ours.CPU.Seconds(), theirs.CPU.Seconds()/ours.CPU.Seconds())
}

// printOther prints a run that does not tell its phases apart, but for loading.
func printOther(theirs, ours result) {
	total := func(r result) (seconds float64) {
		for _, p := range r.Phases {
			if p.Name != "load" && p.Name != "write" {
				seconds += p.Seconds
			}
		}
		return seconds
	}
	a, b := total(theirs), total(ours)
	peak := theirs.Phases[len(theirs.Phases)-1].Peak
	fmt.Printf("%s, without loading and writing, %d blocks: %.1f s and %.2f GB, ours %.1f s, %.1f times as fast\n",
		theirs.Version, theirs.Blocks, a, float64(peak)/1e9, b, a/b)
}

// scaled returns a phase of r as it would be for all blocks; skipped is how
// many blocks at the end are not run.
func scaled(r result, name string, skipped int) phase {
	for _, p := range r.Phases {
		if p.Name != name {
			continue
		}
		measured, all := r.Blocks, r.Of
		if name == "run pruned blocks" {
			measured, all = measured-skipped, all-skipped
		}
		if r.Blocks > 0 && measured > 0 && name != "load" && name != "write" {
			p.Seconds *= float64(all) / float64(measured)
		}
		return p
	}
	return phase{}
}
