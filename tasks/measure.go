package tasks

import (
	"fmt"
	"math"
)

// Measure is a figure over documents: a function of the sums of a few numbers of
// each. A mean is the simplest.
type Measure struct {
	Name string
	// Each has the numbers of each document, and value makes the figure of their
	// sums over n documents.
	each  [][]float64
	value func(sums []float64, n float64) float64
}

// mean is the measure that is the mean of a number of each document.
func mean(name string, each []float64) Measure {
	m := Measure{Name: name, value: func(sums []float64, n float64) float64 { return sums[0] / n }}
	for _, v := range each {
		m.each = append(m.each, []float64{v})
	}
	return m
}

// More says whether more is better.
func (m Measure) More() bool { return m.Name != "perplexity" }

// N is how many documents there are.
func (m Measure) N() int { return len(m.each) }

// Value is the figure; NaN without documents.
func (m Measure) Value() float64 {
	if len(m.each) == 0 {
		return math.NaN()
	}
	return m.value(m.sums(), float64(len(m.each)))
}

func (m Measure) sums() []float64 {
	sums := make([]float64, len(m.each[0]))
	for _, e := range m.each {
		for i, v := range e {
			sums[i] += v
		}
	}
	return sums
}

// without returns the figures that leave out one document each.
func (m Measure) without() []float64 {
	sums := m.sums()
	rest, all := make([]float64, len(sums)), make([]float64, len(m.each))
	for i, e := range m.each {
		for j, v := range e {
			rest[j] = sums[j] - v
		}
		all[i] = m.value(rest, float64(len(m.each)-1))
	}
	return all
}

// Stderr is the standard error of the figure by the jackknife (Quenouille, 1956;
// Tukey, 1958): for a mean it is s/√n, and √(a(1−a)/(n−1)) for a share a. It is
// NaN of fewer than two documents.
func (m Measure) Stderr() float64 {
	if len(m.each) < 2 {
		return math.NaN()
	}
	return jackknife(m.without())
}

func jackknife(without []float64) float64 {
	n, mean, squares := float64(len(without)), 0.0, 0.0
	for _, v := range without {
		mean += v / n
	}
	for _, v := range without {
		squares += (v - mean) * (v - mean)
	}
	return math.Sqrt(squares * (n - 1) / n)
}

// Difference is how much larger a figure is than another one of the same
// documents, and the standard error of that: what is easy or hard for both does
// not add to it.
func Difference(m, than Measure) (by, stderr float64, err error) {
	if len(m.each) != len(than.each) || m.Name != than.Name {
		return 0, 0, fmt.Errorf("tasks: %s of %d documents and %s of %d cannot be compared", m.Name, len(m.each), than.Name, len(than.each))
	}
	by = m.Value() - than.Value()
	if len(m.each) < 2 {
		return by, math.NaN(), nil
	}
	without := m.without()
	for i, v := range than.without() {
		without[i] -= v
	}
	return by, jackknife(without), nil
}
