package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"sparsellm/asm"
	"sparsellm/linalg"
)

// commands are what there is besides the table of operations.
var commands = map[string]func(args []string) error{"whole": whole, "growth": growth, "budgets": budgets, "answers": answers}

func main() {
	if len(os.Args) > 1 {
		if f := commands[os.Args[1]]; f != nil {
			if err := f(os.Args[2:]); err != nil {
				fmt.Fprintln(os.Stderr, "bench:", err)
				os.Exit(1)
			}
			return
		}
	}
	python := flag.String("python", "", "a Python with PyTorch, to compare with MKL")
	threads := flag.String("threads", "1,2", "thread counts to measure")
	rounds := flag.Int("rounds", 15, "turns that each takes; the best counts")
	only := flag.String("only", "", "measure only operations whose name contains this")
	peers := flag.Bool("peers", true, "measure the Go libraries too")
	flag.Parse()
	if err := run(*python, *threads, *rounds, *only, *peers); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(python, threads string, rounds int, only string, peers bool) error {
	tier, why, err := asm.Chosen()
	if err != nil {
		return err
	}
	fmt.Printf("%s %s/%s, tier %v (%s), best of %d rounds\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, tier, why, rounds)
	var ops []operation
	for _, o := range operations(peers) {
		if strings.Contains(o.name, only) {
			ops = append(ops, o)
		}
	}
	if len(ops) == 0 {
		return fmt.Errorf("no operation has %q in its name", only)
	}
	for _, field := range strings.Split(threads, ",") {
		n, err := strconv.Atoi(field)
		if err != nil || n < 1 {
			return fmt.Errorf("-threads %q is not a list of positive numbers", threads)
		}
		if err := measure(ops, n, rounds, python); err != nil {
			return err
		}
	}
	return nil
}

// measure prints the table for one number of threads.
func measure(ops []operation, threads, rounds int, python string) error {
	runtime.GOMAXPROCS(threads)
	pool := linalg.NewPool(threads)
	var torch *pytorch
	if python != "" {
		var err error
		if torch, err = startPyTorch(python, threads); err != nil {
			return err
		}
		defer torch.stop()
		fmt.Printf("\n%d threads, %s\n", threads, torch.version)
	} else {
		fmt.Printf("\n%d threads\n", threads)
	}
	top := ceiling(threads)
	var rows []row
	for _, o := range ops {
		r := row{operation: o, peers: make([]time.Duration, len(o.peers))}
		work := o.setup(pool)
		var peers []func()
		for _, p := range o.peers {
			peers = append(peers, p.setup())
		}
		for i := range rounds + 1 { // the first warms up
			top = max(top, ceiling(threads))
			best(&r.ours, i, timed(work))
			if torch != nil {
				d, err := torch.time(o.torch)
				if err != nil {
					return err
				}
				best(&r.torch, i, d)
			}
			for j, f := range peers {
				// For a slow peer the first turn is enough.
				if i == 0 || r.peers[j] < 2*time.Second {
					best(&r.peers[j], i, timed(f))
				}
			}
		}
		rows = append(rows, r)
	}
	printTable(rows, top)
	return nil
}

// best keeps the shortest time after the first round.
func best(b *time.Duration, round int, d time.Duration) {
	if round <= 1 || d < *b {
		*b = d
	}
}

func timed(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

// ceiling returns the GFLOP/s of fused multiply-adds on operands that stay in
// the first-level cache: what no kernel can exceed.
func ceiling(threads int) float64 {
	mr, nr := asm.GemmTile[float32]()
	const k, turns = 4096, 50
	rates := make([]float64, threads)
	linalg.NewPool(threads).For(threads, func(i int) {
		a, b, c := make([]float32, mr), make([]float32, nr), make([]float32, mr*nr)
		d := timed(func() {
			for range turns {
				asm.Gemm(k, 1, a, 0, b, 0, 1, c, nr, mr, nr) // strides of 0: the same row again
			}
		})
		rates[i] = float64(2*k*turns*mr*nr) / d.Seconds() / 1e9
	})
	return float64(threads) * slices.Max(rates)
}
