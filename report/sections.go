package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"slices"
	"strings"
)

// comparisonPart is the section that compares methods.
type comparisonPart struct {
	Legend     []key
	Tables     []comparisonTable
	Failed     bool
	Perplexity bool // is what is shown first
}

type comparisonTable struct {
	Name, Note string
	Chart      template.HTML
	Targets    []string
	Rows       []comparisonRow
}

type comparisonRow struct {
	Name  string
	Cells []comparisonCell
}

type comparisonCell struct {
	Text, Title string
	Best        bool
}

func (d *Data) comparison() *comparisonPart {
	methods := distinct(d.Runs, func(r Run) string { return r.Method })
	targets := distinct(d.Runs, func(r Run) string { return r.Target })
	part := &comparisonPart{Perplexity: len(d.Texts) > 0, Failed: slices.ContainsFunc(d.Runs, func(r Run) bool { return r.Error != "" })}
	for i, m := range methods {
		part.Legend = append(part.Legend, key{m, series(i)})
	}
	for _, f := range d.figures() {
		table := comparisonTable{Name: f.name, Note: f.note, Chart: compareChart(d, f, methods).svg(medium), Targets: targets}
		best := map[string]float64{}
		for _, r := range d.Runs {
			if v := f.of(r).Value; !math.IsNaN(v) {
				if b, ok := best[r.Target]; !ok || (v < b) != f.more {
					best[r.Target] = v
				}
			}
		}
		for _, m := range methods {
			row := comparisonRow{Name: m}
			for _, target := range targets {
				cell := comparisonCell{Text: "–"}
				for _, r := range d.Runs {
					if r.Method != m || r.Target != target {
						continue
					}
					if r.Error != "" {
						cell = comparisonCell{Text: "failed", Title: r.Error}
					} else {
						v := f.of(r)
						title := fmt.Sprintf("%s zeros, %s", Percent(r.Sparsity), Duration(r.Seconds))
						if v.Note != "" {
							title = v.Note + "; " + title
						}
						cell = comparisonCell{f.text(v.Value), title, v.Value == best[target]}
					}
				}
				row.Cells = append(row.Cells, cell)
			}
			table.Rows = append(table.Rows, row)
		}
		part.Tables = append(part.Tables, table)
	}
	return part
}

// figure is what methods are compared by: a table and a chart each.
type figure struct {
	name, note, label string
	dense             float64
	more              bool
	y                 axis
	text              func(v float64) string
	of                func(r Run) Measured // NaN where there is none
}

// figures are the perplexities, and then the other measures.
func (d *Data) figures() (all []figure) {
	for t, text := range d.Texts {
		all = append(all, figure{
			name: text.Name, label: "Perplexity on " + text.Name, dense: text.Dense, y: logarithmic, text: Perplexity,
			note: fmt.Sprintf("windows of %d tokens, %d in all; dense %s", text.SeqLen, text.Tokens, Perplexity(text.Dense)),
			of:   func(r Run) Measured { return Measured{Value: r.perplexityOn(t)} },
		})
	}
	for i, m := range d.Measures {
		better := "lower"
		if m.More {
			better = "higher"
		}
		note := fmt.Sprintf("%s; %s is better", m.Note, better)
		if !math.IsNaN(m.Dense) {
			note = fmt.Sprintf("%s; dense %s", note, shortNumber(m.Dense))
		}
		all = append(all, figure{
			name: m.Name, label: m.Name, note: note, dense: m.Dense, more: m.More, text: shortNumber,
			of: func(r Run) Measured {
				if r.Error != "" || i >= len(r.Measures) {
					return Measured{Value: math.NaN()}
				}
				return r.Measures[i]
			},
		})
	}
	return all
}

// perplexityOn returns the perplexity on text t, NaN where there is none.
func (r Run) perplexityOn(t int) float64 {
	if r.Error != "" || t >= len(r.Perplexities) {
		return math.NaN()
	}
	return r.Perplexities[t]
}

// matricesPart is the section about single matrices.
type matricesPart struct {
	Coupled              bool
	Room                 int // the chart takes at most, in pixels
	Heats                []heat
	Legend               []key
	Errors, ErrorsNarrow template.HTML
}

// heat is a table, blocks × matrices, whose cells are shaded by their value.
type heat struct {
	Caption string
	Names   []template.HTML
	Rows    []heatRow
}

type heatRow struct {
	Block int
	Cells []heatCell
}

type heatCell struct {
	Text  string // empty: there is no such matrix
	Shade int    // percent of the shade's colour
}

func (d *Data) matrices() *matricesPart {
	if len(d.Matrices) == 0 {
		return nil
	}
	names := distinct(d.Matrices, func(m Matrix) string { return m.Name })
	part := &matricesPart{Coupled: len(d.alternated()) > 0}
	part.Heats = []heat{
		d.heat("Zeros, %", names, func(m Matrix) float64 { return m.Sparsity }, func(v float64) float64 { return v }, func(v float64) string { return fmt.Sprintf("%.1f", 100*v) }),
		d.heat("Error, %", names, func(m Matrix) float64 { return m.Error }, math.Log, func(v float64) string { return shortNumber(100 * v) }),
	}
	for i, name := range names {
		part.Legend = append(part.Legend, key{lastPart(name), series(i)})
	}
	blocks := distinct(d.Matrices, func(m Matrix) string { return fmt.Sprint(m.Block) })
	c, size := errorChart(d.Matrices, names), overBlocks(len(blocks))
	part.Room, part.Errors, part.ErrorsNarrow = int(size.w), c.svg(size), c.svg(small)
	return part
}

// breakable is a name that a narrow column breaks at its underscores.
func breakable(name string) template.HTML {
	return template.HTML(strings.ReplaceAll(html.EscapeString(name), "_", "_<wbr>"))
}

// heat makes a table of the matrices' values, shaded between the least and the
// greatest as scaled says.
func (d *Data) heat(caption string, names []string, value func(Matrix) float64, scaled func(float64) float64, text func(float64) string) heat {
	h := heat{Caption: caption}
	for _, n := range names {
		h.Names = append(h.Names, breakable(lastPart(n)))
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, m := range d.Matrices {
		if s := scaled(value(m)); !math.IsInf(s, 0) && !math.IsNaN(s) {
			low, high = min(low, s), max(high, s)
		}
	}
	at := map[int]int{}
	for _, m := range d.Matrices {
		k, ok := at[m.Block]
		if !ok {
			k = len(h.Rows)
			at[m.Block] = k
			h.Rows = append(h.Rows, heatRow{m.Block, make([]heatCell, len(names))})
		}
		const least, most = 8, 75 // percent: text must stay readable on it
		share := 0.35
		if high-low > 2e-3 {
			share = min(max((scaled(value(m))-low)/(high-low), 0), 1)
		}
		if math.IsNaN(share) {
			share = 0
		}
		h.Rows[k].Cells[slices.Index(names, m.Name)] = heatCell{text(value(m)), int(least + share*(most-least))}
	}
	return h
}
