package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Parts of a block's chart, as their legend has them.
var partNames = []string{"α‖z − W₁X‖²", "γ‖p − φ(z)‖²", "β‖Y − W₂p‖²"}

var (
	overBlock   = axis{label: "block", integer: true}
	logarithmic = axis{log: true}
	fromZero    = axis{zero: true}
)

// level is a line to be beaten.
func level(y, from, to float64) line {
	return line{color: base, class: "line dashed", points: []point{{from, y}, {to, y}}}
}

// inOrder returns the parts in the order of partNames.
func (p Parts) inOrder() []float64 { return []float64{p.Fit, p.Activation, p.Output} }

// alternated returns the blocks that have an objective.
func (d *Data) alternated() []Block {
	return slices.DeleteFunc(slices.Clone(d.Blocks), func(b Block) bool { return len(b.Objective) == 0 })
}

// outputChart shows the objective of every block: what SparseGPT reaches, and
// what was kept.
func outputChart(blocks []Block) chart {
	before, after := line{color: base, class: "line dashed", marked: true}, line{color: series(0), class: "line", marked: true}
	for _, b := range blocks {
		before.points = append(before.points, point{float64(b.Block), b.Objective[0]})
		after.points = append(after.points, point{float64(b.Block), b.Final})
	}
	return chart{
		label: "Relative output error of the feed-forward network of each block, of SparseGPT and of what was kept",
		x:     overBlock,
		y:     logarithmic,
		lines: []line{before, after},
	}
}

// blockChart shows how the objective of a block went, and its parts.
func blockChart(b Block) chart {
	c := chart{
		label: fmt.Sprintf("Objective of block %d after each epoch, with its parts", b.Block),
		x:     axis{label: "epoch", integer: true},
		y:     logarithmic,
	}
	for k := range partNames {
		l := line{color: series(k + 1), class: "line thin", marked: true}
		for _, p := range b.Updates {
			// They stand between the weights of two epochs.
			l.points = append(l.points,
				point{float64(p.Epoch) - 2./3, p.Before.inOrder()[k]},
				point{float64(p.Epoch) - 1./3, p.After.inOrder()[k]},
				point{y: math.NaN()})
		}
		c.lines = append(c.lines, l)
	}
	c.lines = append(c.lines, level(b.Objective[0], 0, float64(len(b.Objective)-1)))
	total := line{color: series(0), class: "line", marked: true}
	for e, v := range b.Objective {
		total.points = append(total.points, point{float64(e), v})
	}
	c.lines = append(c.lines, total)
	return c
}

// errorChart shows the error of every matrix over the blocks, a line for each
// of the names.
func errorChart(matrices []Matrix, names []string) chart {
	c := chart{
		label: "Relative output error of each matrix over the blocks",
		x:     overBlock,
		y:     logarithmic,
	}
	for i, name := range names {
		l := line{color: series(i), class: "line", marked: true}
		if i >= seriesColors {
			l.class = "line dashed"
		}
		for _, m := range matrices {
			if m.Name == name {
				l.points = append(l.points, point{float64(m.Block), m.Error})
			}
		}
		c.lines = append(c.lines, l)
	}
	return c
}

// secondsChart shows how long the matrices of each block took.
func secondsChart(matrices []Matrix) chart {
	sum := map[int]float64{}
	var order []int
	for _, m := range matrices {
		if _, ok := sum[m.Block]; !ok {
			order = append(order, m.Block)
		}
		sum[m.Block] += m.Seconds
	}
	l := line{color: series(0), class: "line", marked: true}
	for _, b := range order {
		l.points = append(l.points, point{float64(b), sum[b]})
	}
	return chart{
		label: "Seconds that the matrices of each block took",
		x:     overBlock,
		y:     fromZero,
		lines: []line{l},
	}
}

// histogramBins is how many a histogram of shares has.
const histogramBins = 50

// zerosChart is a histogram of the share of zeros in the rows, or the columns,
// of all matrices of a name.
func zerosChart(matrices []Matrix, name string, rows bool) (chart, bool) {
	what := "columns"
	if rows {
		what = "rows"
	}
	counts := make([]float64, histogramBins)
	any := false
	for _, m := range matrices {
		if m.Name != name || m.Mask == nil {
			continue
		}
		any = true
		zeros, n := m.Mask.colZeros, m.Rows
		if rows {
			zeros, n = m.Mask.rowZeros, m.Cols
		}
		for _, z := range zeros {
			counts[min(z*histogramBins/n, histogramBins-1)]++
		}
	}
	steps := line{color: series(0), class: "area", points: []point{{0, 0}}}
	for i, n := range counts {
		steps.points = append(steps.points, point{float64(i) / histogramBins, n}, point{float64(i+1) / histogramBins, n})
	}
	steps.points = append(steps.points, point{1, 0})
	return chart{
		label: fmt.Sprintf("How many %s of %s have which share of zeros", what, name),
		x:     axis{to: 1, percent: true},
		y:     fromZero,
		lines: []line{steps},
	}, any
}

// compareChart shows a figure over sparsity, a line for each of the methods.
// Patterns stand apart: they are harder than a share of zeros.
func compareChart(d *Data, f figure, methods []string) chart {
	c := chart{
		label: f.label + " over the share of zeros, of each method",
		x:     axis{label: "share of zeros", percent: true},
		y:     f.y,
	}
	low, high := 1.0, 0.0
	for i, m := range methods {
		l := line{color: series(i), class: "line", marked: true}
		apart := line{color: series(i), marked: true, loose: true}
		for _, r := range d.Runs {
			if r.Method != m {
				continue
			}
			low, high = min(low, r.Sparsity), max(high, r.Sparsity)
			p := point{r.Sparsity, f.of(r).Value}
			if r.Structured {
				apart.points = append(apart.points, p)
			} else {
				l.points = append(l.points, p)
			}
		}
		slices.SortStableFunc(l.points, func(a, b point) int { return cmp.Compare(a.x, b.x) })
		c.lines = append(c.lines, l, apart)
	}
	if low <= high {
		room := max(0.03*(high-low), 0.005)
		c.x.from, c.x.to = max(low-room, 0), min(high+room, 1)
		c.lines = slices.Insert(c.lines, 0, level(f.dense, c.x.from, c.x.to))
	}
	return c
}

// distinct returns the values of all, each once, in order of appearance.
func distinct[T any](all []T, of func(T) string) []string {
	var names []string
	for _, x := range all {
		if n := of(x); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

// lastPart is what follows a name's last dot.
func lastPart(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

func sortedCopy(x []int) []int {
	y := slices.Clone(x)
	slices.Sort(y)
	return y
}
