package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"sparsellm/job"
	"sparsellm/tasks"
)

// addTasks adds the flags that say which tasks a model is to do.
func addTasks(cmd *cobra.Command, t *job.TaskSettings) {
	p := cmd.Flags()
	p.StringSliceVar(&t.Tasks, "tasks", nil, "`list` of tasks: "+strings.Join(tasks.Names(), ", ")+",\nor files (*.jsonl) with your own")
	p.StringVar(&t.TaskData, "task-data", "", "`folder` with their rows as NAME.jsonl or NAME.parquet (default: the hub)")
	p.IntVar(&t.Limit, "limit", 0, "the first so many documents of each task (0: all)")
	p.IntVar(&t.Shots, "shots", 0, "examples with their right answers before each document")
	p.StringVar(&t.ShotsFrom, "shots-from", "", "`file` that the examples of your own tasks are the first rows of")
	p.StringVar(&t.Writing.Template, "template", "", "`text` of the question of your own tasks, {field} being that of a row")
	p.StringArrayVar(&t.Stop, "stop", nil, "end answers of your own tasks before this `text`; may be given again\n(default: an empty line)")
	p.IntVar(&t.MaxTokens, "max-tokens", t.MaxTokens, "tokens that such an answer has at most")
	completions(cmd, map[string]cobra.CompletionFunc{
		"tasks": oneOf(tasks.Names()...), "task-data": cobraFolders,
	})
}

// addAgainst adds those of a model to compare with.
func addAgainst(cmd *cobra.Command, s *job.Settings) {
	p := cmd.Flags()
	p.StringVar(&s.Against, "against", "", "compare predictions and answers with those of this `model`, the dense one")
	p.StringVar(&s.AgainstStates, "against-states", "", "`file` to keep that model's hidden states of the texts in, and to take them\nfrom if it is there")
	completions(cmd, map[string]cobra.CompletionFunc{"against": cobraFolders})
}

// taskTable has a line for each measure of each task.
func taskTable(results []job.TaskResult) *table {
	against := len(results) > 0 && len(results[0].Differences) > 0
	var t table
	head := []any{"task", "documents", "measure", "value", "± error"}
	if against {
		head = append(head, "difference", "± error")
	}
	t.row(head...)
	for _, r := range results {
		for i, m := range r.Measures {
			name, n := shortened(r.Task, 32), any(r.N())
			if i > 0 {
				name, n = "", ""
			}
			line := []any{name, n, m.Name, figure(m.Value()), figure(m.Stderr())}
			if against {
				d := r.Differences[i]
				line = append(line, signed(float64(d.By)), figure(float64(d.Stderr)))
			}
			t.row(line...)
		}
	}
	return &t
}

// figure writes a measure or its standard error.
func figure(v float64) string {
	switch {
	case math.IsNaN(v):
		return ""
	case math.Abs(v) >= 1000:
		return fmt.Sprintf("%.4g", v)
	}
	return fmt.Sprintf("%.4f", v)
}

// signed is figure with a sign.
func signed(v float64) string {
	if v > 0 {
		return "+" + figure(v)
	}
	return figure(v)
}
