package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// budgetCells are flags of prune: every method, every local method, and what
// else takes memory of its own.
var budgetCells = []string{
	"--method magnitude", "--method wanda", "--method sparsegpt", "--method admm", "--method alps", "--method swaps",
	"--method sparsellm", "--local admm", "--local alps", "--local swaps", "--epochs 5", "--compat",
	"--allocate owl", "--allocate alpha", "--method swaps --keep-mask", "--method magnitude --scope model",
	"--method sparsegpt --precision f64", "--precision f64",
}

// budgets holds runs to the least budgets that plan knows for them, with
// auxiliary variables in each place that they can be in, and measures the most
// memory that the process had. It fails if one had more than its budget.
//
//	go run . budgets -model SmolLM2-135M-Instruct -calib wt2.valid.txt
func budgets(args []string) error {
	f := flag.NewFlagSet("budgets", flag.ExitOnError)
	model := f.String("model", "", "model's folder")
	calib := f.String("calib", "", "calibration file")
	samples := f.Int("nsamples", 8, "calibration samples")
	length := f.Int("seqlen", 512, "tokens of each")
	blocks := f.Int("blocks", 2, "blocks that are pruned")
	threads := f.Int("threads", 2, "threads")
	only := f.String("only", "", "flags of prune, in place of the table's")
	f.Parse(args)
	cells := budgetCells
	if *only != "" {
		cells = []string{*only}
	}
	dir, command, err := build()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	const line = "%-30s  %-7s  %9s  %7s  %5s\n"
	fmt.Printf(line, "flags", "z and s", "budget MB", "peak MB", "ratio")
	over := 0
	for _, cell := range cells {
		flags := append(strings.Fields(cell), "--model", *model, "--nsamples", strconv.Itoa(*samples), "--seqlen", strconv.Itoa(*length),
			"--layers", fmt.Sprintf("0:%d", *blocks), "--threads", strconv.Itoa(*threads), "-q")
		for budget := 1e12; ; {
			place, need, ok := leastBudget(command, dir, flags, budget)
			if !ok {
				break
			}
			peak, err := peakWithin(command, dir, flags, *calib, need)
			if err != nil {
				return fmt.Errorf("%s: %w", cell, err)
			}
			fmt.Printf(line, cell, place, fmt.Sprintf("%.0f", need/1e6), fmt.Sprintf("%.0f", peak/1e6), fmt.Sprintf("%.2f", peak/need))
			if peak > need {
				over++
			}
			budget = need - 1e4 // what is left of the rounding up
		}
	}
	if over > 0 {
		return fmt.Errorf("%d runs took more than their budget", over)
	}
	return nil
}

// kilobytes is a budget as a flag takes it, rounded up.
func kilobytes(bytes float64) string { return fmt.Sprintf("%.0fkB", bytes/1e3+1) }

// leastBudget returns where auxiliary variables are under a budget, and what the
// run needs then; false if it fits in no way, or needs no less than it did.
func leastBudget(command, dir string, flags []string, budget float64) (place string, need float64, ok bool) {
	path := filepath.Join(dir, "plan.json")
	args := append([]string{"plan", "--memory", kilobytes(budget), "--json", path}, flags...)
	if limited(1, command, args...).Run() != nil {
		return "", 0, false
	}
	var p struct {
		Settings struct{ Auxiliaries string }
		Bytes    float64
	}
	text, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(text, &p) != nil || p.Bytes > budget {
		return "", 0, false
	}
	return p.Settings.Auxiliaries, p.Bytes, true
}

// peakWithin prunes within a budget and returns the most memory that the process
// had.
func peakWithin(command, dir string, flags []string, calib string, budget float64) (float64, error) {
	path, out := filepath.Join(dir, "result.json"), filepath.Join(dir, "out")
	args := append([]string{"prune", "--memory", kilobytes(budget), "--calib", calib, "--out", out, "--force", "--json", path}, flags...)
	if said, err := limited(2, command, args...).CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%w: %s", err, said)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	var r struct {
		Peak float64 `json:"peak_bytes"`
	}
	return r.Peak, json.Unmarshal(text, &r)
}
