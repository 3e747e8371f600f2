package report

import (
	"fmt"
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// ticks puts few ticks on an axis, each with its number. plot's own of a
// logarithmic axis label powers of ten only, of which a perplexity's axis may
// have none.
type ticks struct{ axis }

// Ticks implements plot.Ticker.
func (t ticks) Ticks(low, high float64) []plot.Tick {
	var at []float64
	switch {
	case t.log:
		at = logTicks(low, high)
	case t.integer:
		step := 1.0
		for _, s := range []float64{1, 2, 5, 10, 20, 50, 100} {
			if step = s; (high-low)/s <= 12 {
				break
			}
		}
		for v := math.Ceil(low/step) * step; v <= high; v += step {
			at = append(at, v)
		}
	default:
		at = evenTicks(low, high)
	}
	return t.labelled(at)
}

// labelled writes the values, in more digits where three do not tell all
// apart.
func (t ticks) labelled(at []float64) []plot.Tick {
	marks := make([]plot.Tick, len(at))
	alike := false
	for i, v := range at {
		marks[i] = plot.Tick{Value: v, Label: t.text(v)}
		alike = alike || i > 0 && marks[i].Label == marks[i-1].Label
	}
	for i := range marks {
		if alike {
			marks[i].Label = fmt.Sprintf("%.6g", marks[i].Value)
		}
	}
	return marks
}

// evenTicks returns round numbers between low and high, evenly far apart.
func evenTicks(low, high float64) []float64 {
	if !(low < high) {
		return []float64{low, high}
	}
	var at []float64
	for _, tick := range (plot.DefaultTicks{}).Ticks(low, high) {
		if !tick.IsMinor() {
			at = append(at, tick.Value)
		}
	}
	return at
}

// logTicks returns round numbers between low and high: some six at most, and
// at least three where there is a range.
func logTicks(low, high float64) []float64 {
	for _, mantissas := range [][]float64{{1}, {1, 3}, {1, 2, 5}, {1, 1.5, 2, 3, 4, 5, 7}, {1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9}} {
		var at []float64
		for e := math.Floor(math.Log10(low)); e <= math.Log10(high); e++ {
			for _, m := range mantissas {
				if v := m * math.Pow(10, e); v >= low && v <= high {
					at = append(at, v)
				}
			}
		}
		if len(at) >= 3 {
			return thinned(at, 6)
		}
	}
	return evenTicks(low, high) // over so little a logarithm is nearly straight
}

// thinned leaves at most n of the values, evenly.
func thinned(at []float64, n int) []float64 {
	every := (len(at) + n - 1) / n
	var few []float64
	for i := 0; i < len(at); i += every {
		few = append(few, at[i])
	}
	return few
}

func (t ticks) text(v float64) string {
	if t.percent {
		return fmt.Sprintf("%.3g%%", 100*v)
	}
	return shortNumber(v)
}

// shortNumber is v with three digits, for a reader.
func shortNumber(v float64) string {
	switch a := math.Abs(v); {
	case a == 0, a >= 0.001 && a < 1e5:
		s, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
		return strconv.FormatFloat(s, 'f', -1, 64)
	default:
		return fmt.Sprintf("%.2g", v)
	}
}
