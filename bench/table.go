package main

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"
)

// row is what one operation took.
type row struct {
	operation
	ours, torch time.Duration
	peers       []time.Duration
}

// printTable prints GFLOP/s by the operation's own count of flops, so that a
// ratio of rates is one of times, whatever work a peer does for the result.
func printTable(rows []row, ceiling float64) {
	fmt.Printf("FMA ceiling %.0f GFLOP/s (float32)\n", ceiling)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "operation\tms\tGFLOP/s\tof ceiling\tPyTorch ms\tPyTorch GFLOP/s\ttimes as fast\tothers, GFLOP/s")
	for _, r := range rows {
		rate := func(d time.Duration) float64 { return r.flops / d.Seconds() / 1e9 }
		limit := ceiling
		if r.double {
			limit /= 2
		}
		fmt.Fprintf(w, "%s\t%.2f\t%.1f\t%.0f%%\t", r.name, ms(r.ours), rate(r.ours), 100*rate(r.ours)/limit)
		if r.torch > 0 {
			fmt.Fprintf(w, "%.2f\t%.1f\t%.2f\t", ms(r.torch), rate(r.torch), r.torch.Seconds()/r.ours.Seconds())
		} else {
			fmt.Fprint(w, "-\t-\t-\t")
		}
		var others []string
		for i, p := range r.operation.peers {
			others = append(others, fmt.Sprintf("%s %.1f", p.name, rate(r.peers[i])))
		}
		fmt.Fprintln(w, strings.Join(others, ", "))
	}
	w.Flush()
}

func ms(d time.Duration) float64 { return d.Seconds() * 1e3 }
