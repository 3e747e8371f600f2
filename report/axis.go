package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

type axis struct {
	label    string
	log      bool
	integer  bool
	percent  bool
	zero     bool    // from zero on
	from, to float64 // if from < to
}

// most is what an axis has a place for, and for some room and the ratio to its
// inverse, too.
const most = 1e130

// has reports whether the axis has a place for v.
func (a axis) has(v float64) bool { return math.Abs(v) <= most && (!a.log || v >= 1/most) }

// scale is what an axis shows, and where in a drawing.
type scale struct {
	axis
	low, high  float64 // values
	start, end float64 // their pixels
}

// scale gives the axis a range that holds the values and some room. It is
// never empty.
func (a axis) scale(values []float64) scale {
	s := scale{axis: a, low: 1, high: 2}
	if a.zero {
		values = append(values, 0)
	}
	if len(values) > 0 {
		s.low, s.high = slices.Min(values), slices.Max(values)
	}
	switch {
	case a.from < a.to:
		s.low, s.high = a.from, a.to
	case a.log:
		room := max(math.Pow(s.high/s.low, 0.06), 1.002)
		s.low, s.high = s.low/room, s.high*room
	case !a.integer:
		room := 0.06*(s.high-s.low) + 1e-3*math.Abs(s.high)
		if room < 1/most {
			room = 1
		}
		if s.high += room; s.low != 0 {
			s.low -= room
		}
	case s.low == s.high:
		s.low, s.high = s.low-1, s.high+1
	}
	return s
}

// pixel returns where v stands.
func (s scale) pixel(v float64) float64 {
	share := (v - s.low) / (s.high - s.low)
	if s.log {
		share = math.Log(v/s.low) / math.Log(s.high/s.low)
	}
	return s.start + share*(s.end-s.start)
}

// tick is a value of an axis that has its number beside it.
type tick struct {
	value float64
	label string
}

// ticks puts few ticks on the axis, each with its number: in more digits where
// three do not tell all apart.
func (s scale) ticks() []tick {
	var values []float64
	switch {
	case s.log:
		values = logTicks(s.low, s.high)
	case s.integer:
		values = evenTicks(s.low, s.high, 4, 1)
	default:
		values = evenTicks(s.low, s.high, 3, 0)
	}
	var ticks []tick
	alike := false
	for i, v := range values {
		ticks = append(ticks, tick{v, s.text(v)})
		alike = alike || i > 0 && ticks[i].label == ticks[i-1].label
	}
	for i := range ticks {
		if alike {
			ticks[i].label = fmt.Sprintf("%.6g", ticks[i].value)
		}
	}
	return ticks
}

// evenTicks returns round numbers between low and high, evenly far apart: the
// fewest that are enough, or all that are no closer than
// closest.
func evenTicks(low, high float64, enough int, closest float64) []float64 {
	if !(low < high) {
		return []float64{low, high}
	}
	for power := math.Pow(10, math.Floor(math.Log10(high-low))); ; power /= 10 {
		for _, mantissa := range []float64{5, 2, 1} {
			var values []float64
			step := max(mantissa*power, closest)
			for k := math.Ceil(low / step); k*step <= high; k++ {
				values = append(values, k*step)
			}
			if len(values) >= enough || step == closest {
				return values
			}
		}
	}
}

// logTicks returns round numbers between low and high: some six at most, and
// at least three where there is a range.
func logTicks(low, high float64) []float64 {
	for _, mantissas := range [][]float64{{1}, {1, 3}, {1, 2, 5}, {1, 1.5, 2, 3, 4, 5, 7}, {1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9}} {
		var all, few []float64
		for e := math.Floor(math.Log10(low)); e <= math.Log10(high); e++ {
			for _, m := range mantissas {
				if v := m * math.Pow(10, e); v >= low && v <= high {
					all = append(all, v)
				}
			}
		}
		for i := 0; i < len(all); i += (len(all) + 5) / 6 {
			few = append(few, all[i])
		}
		if len(all) >= 3 {
			return few
		}
	}
	return evenTicks(low, high, 3, 0) // over so little a logarithm is nearly straight
}

func (a axis) text(v float64) string {
	if a.percent {
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
