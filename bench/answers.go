package main

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

//go:embed llamacpp.py
var llamaScript []byte

// answers measures how fast models of ours and of llama.cpp's answer, by turns,
// each in a process of its own that waits while the others run.
//
//	go run . answers -python /path/to/python -gguf x.gguf,y.gguf -models DIR,DIR
func answers(args []string) error {
	f := flag.NewFlagSet("answers", flag.ExitOnError)
	python := f.String("python", "", "a Python with llama-cpp-python")
	ggufs := f.String("gguf", "", "files for llama.cpp, the first of them what others are compared with")
	models := f.String("models", "", "folders for sparsellm")
	threads := f.Int("threads", 2, "threads")
	prompt := f.Int("prompt", 128, "tokens of the prompt")
	answer := f.Int("answer", 64, "tokens of the answer")
	rounds := f.Int("rounds", 7, "rounds, besides one to begin with")
	most := f.Duration("time", 10*time.Minute, "begin no round after so long")
	f.Parse(args)
	dir, command, err := build()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	script := filepath.Join(dir, "llamacpp.py")
	if err := os.WriteFile(script, llamaScript, 0o600); err != nil {
		return err
	}
	n := strconv.Itoa
	var all []*answerer
	for _, path := range list(*ggufs) {
		all = append(all, &answerer{name: "llama.cpp " + filepath.Base(path), cmd: exec.Command(*python, script, path, n(*threads), n(*prompt), n(*answer))})
	}
	for _, path := range list(*models) {
		all = append(all, &answerer{name: "ours " + filepath.Base(path), cmd: exec.Command(command, "bench", "--serve",
			"--threads", n(*threads), "--prompt-tokens", n(*prompt), "--answer-tokens", n(*answer), path)})
	}
	for _, a := range all {
		if err := a.start(); err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
		defer a.stop()
	}
	begun := time.Now()
	for i := range *rounds + 1 {
		if i > 1 && time.Since(begun) > *most {
			break
		}
		for _, a := range all {
			if err := a.round(i > 0); err != nil {
				return fmt.Errorf("%s: %w", a.name, err)
			}
		}
	}
	fmt.Printf("%d threads, %d tokens after %d, %d rounds\n", *threads, *answer, *prompt, len(all[0].answers))
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "\tanswer tokens/s, median\tbest\tprompt\tMB\tCPU ms a token")
	for _, a := range all {
		fmt.Fprintf(w, "\tof %s", strings.TrimPrefix(a.name, "llama.cpp "))
		if !strings.HasPrefix(a.name, "llama.cpp") {
			break
		}
	}
	fmt.Fprintln(w, "\t")
	for _, a := range all {
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%.0f\t%.0f\t%.2f", a.name, float64(*answer-1)/middle(a.answers), float64(*answer-1)/slices.Min(a.answers), float64(*prompt)/middle(a.prompts), float64(a.peak)/1e6, 1e3*middle(a.busy)/float64(*prompt+*answer))
		for _, b := range all { // round by round, so that what both met counts for neither
			var ratios []float64
			for i := range a.answers {
				ratios = append(ratios, b.answers[i]/a.answers[i])
			}
			fmt.Fprintf(w, "\t%.2f", middle(ratios))
			if !strings.HasPrefix(b.name, "llama.cpp") {
				break
			}
		}
		fmt.Fprintln(w, "\t")
	}
	return w.Flush()
}

func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' })
}

// middle is the median.
func middle(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return (x[len(x)/2] + x[(len(x)-1)/2]) / 2
}

// answerer is a process that runs a model, a round for each line.
type answerer struct {
	name             string
	cmd              *exec.Cmd
	to               io.WriteCloser
	from             *bufio.Reader
	prompts, answers []float64 // seconds
	busy             []float64 // seconds of processors in a round
	peak             int64
}

func (a *answerer) start() (err error) {
	a.cmd.Stderr = os.Stderr
	if a.to, err = a.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := a.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	a.from = bufio.NewReader(out)
	return a.cmd.Start()
}

func (a *answerer) round(counts bool) error {
	busy := a.cpu()
	if _, err := io.WriteString(a.to, "\n"); err != nil {
		return err
	}
	line, err := a.from.ReadBytes('\n')
	if err != nil {
		return err
	}
	var r struct {
		Prompt, Answer float64
		Peak           int64 `json:"peak_bytes"`
	}
	if err := json.Unmarshal(line, &r); err != nil {
		return err
	}
	if a.peak = r.Peak; counts {
		a.prompts, a.answers, a.busy = append(a.prompts, r.Prompt), append(a.answers, r.Answer), append(a.busy, a.cpu()-busy)
	}
	return nil
}

// cpu returns the seconds of processors that the process has taken, of Linux.
func (a *answerer) cpu() float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", a.cmd.Process.Pid))
	_, after, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(after)
	if err != nil || len(fields) < 13 {
		return 0
	}
	const ticks = 100 // a second
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / ticks
}

func (a *answerer) stop() {
	a.to.Close()
	a.cmd.Wait()
}
