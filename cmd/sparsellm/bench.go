package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sparsellm/internal/atomicfile"
	"sparsellm/job"
	"sparsellm/report"
)

func benchCommand(con *console) *cobra.Command {
	f := newFlags()
	var course job.Course
	var serve bool
	cmd := &cobra.Command{
		Use:   "bench MODEL...",
		Short: "Measure how fast models answer, side by side",
		Long: `Bench runs models by turns, each in a process of its own, and prints tokens per
second of a prompt and of an answer, the bytes of the weights on disk, the most
memory that the process took, and how much of what this machine can read from
memory the answer's weights were. Speeds are medians.`,
		Example:           "  sparsellm bench smollm2 smollm2-2-4-q8 --threads 2",
		ValidArgsFunction: cobraFolders,
		RunE: func(cmd *cobra.Command, models []string) error {
			if len(models) == 0 {
				return usagef("the models are missing: give the folder of one at least")
			}
			if f.Threads < 0 {
				return usagef("--threads %d is negative", f.Threads)
			}
			if f.Threads == 0 {
				f.Threads = runtime.GOMAXPROCS(0)
			}
			if serve {
				f.Model = models[0]
				return job.ServeRounds(cmd.Context(), f.Settings, course, con.in, con.out, con.hooks())
			}
			if err := errors.Join(atomicfile.Writable(f.json), checkReport(f.report)); err != nil {
				return err
			}
			at, end := con.meterLater()
			result, err := job.Bench(cmd.Context(), f.Threads, course, models,
				func(ctx context.Context, model string) (job.Runner, error) {
					return startRunner(ctx, model, f.Threads, course)
				}, at)
			end()
			if err != nil {
				return err
			}
			if err := con.writeReport(f.report, result.Page); err != nil {
				return err
			}
			return con.report(f.json, result, func(w io.Writer) error { return printBenchmark(w, result) })
		},
	}
	p := cmd.Flags()
	p.SortFlags = false
	p.IntVar(&course.Prompt, "prompt-tokens", 128, "tokens of the prompt")
	p.IntVar(&course.Answer, "answer-tokens", 64, "tokens of the answer")
	p.IntVar(&course.Rounds, "rounds", 5, "rounds, besides one to begin with")
	p.IntVar(&f.Threads, "threads", 0, "threads to compute with (0: one per CPU)")
	p.StringVar(&f.json, "json", "", jsonUsage)
	p.StringVar(&f.report, "report", "", reportUsage)
	p.BoolVar(&serve, "serve", false, "run one model, a round for each line of standard input")
	if err := p.MarkHidden("serve"); err != nil {
		panic(err)
	}
	completions(cmd, map[string]cobra.CompletionFunc{"report": cobraFolders})
	return cmd
}

// printBenchmark writes the result for a reader.
func printBenchmark(w io.Writer, b *job.Benchmark) error {
	fmt.Fprintf(w, "%d tokens of a prompt, %d of an answer, medians of %d rounds; %d threads, %s;\n%s/s are read from memory at best\n\n",
		b.Prompt, b.Answer, b.Rounds, b.Threads, b.CPU, report.Bytes(int64(b.Bandwidth)))
	var t table
	t.row("tokens/s", "answer", "", "prompt", "on disk", "memory", "of bandwidth")
	for _, m := range b.Models {
		t.row(shortened(m.Model, 26), report.TokensPerSecond(m.Answer.PerSec), fmt.Sprintf("%.2f×", m.Answer.PerSec/b.Models[0].Answer.PerSec),
			report.TokensPerSecond(m.Prompt.PerSec), report.Bytes(m.Bytes), report.Bytes(m.PeakBytes), report.Percent(m.Share))
	}
	return t.print(w)
}

// runner is this program in a process of its own, which serves rounds.
type runner struct {
	cmd   *exec.Cmd
	to    io.WriteCloser
	lines *bufio.Reader
	errs  strings.Builder
}

func startRunner(ctx context.Context, model string, threads int, c job.Course) (job.Runner, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	r := &runner{cmd: exec.CommandContext(ctx, self, "bench", "--serve", "--threads", strconv.Itoa(threads),
		"--prompt-tokens", strconv.Itoa(c.Prompt), "--answer-tokens", strconv.Itoa(c.Answer), "--", model)}
	r.cmd.Stderr = &r.errs
	if r.to, err = r.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	from, err := r.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	r.lines = bufio.NewReader(from)
	if err := r.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting a process: %w", err)
	}
	return r, nil
}

// Round implements job.Runner.
func (r *runner) Round() (round job.Round, err error) {
	_, err = io.WriteString(r.to, "\n")
	var line []byte
	if err == nil {
		line, err = r.lines.ReadBytes('\n')
	}
	if err == nil {
		return round, json.Unmarshal(line, &round)
	}
	if ended := r.cmd.Wait(); ended != nil {
		err = ended
	}
	if said := strings.TrimSpace(r.errs.String()); said != "" {
		said = said[strings.LastIndexByte(said, '\n')+1:]
		err = errors.New(strings.TrimPrefix(said, "sparsellm: "))
	}
	return round, err
}

// Close implements job.Runner.
func (r *runner) Close() error {
	err := r.to.Close()
	return errors.Join(err, r.cmd.Wait())
}
