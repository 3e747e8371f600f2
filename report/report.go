package report

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
)

var (
	//go:embed page.html
	pageText string
	//go:embed style.css
	styleText string
	//go:embed view.js
	scriptText string

	pageTemplate = template.Must(template.New("report").Parse(pageText))
)

// page is what the template takes: Data, with every chart drawn and every
// number written.
type page struct {
	Title, Subtitle string
	Style           template.CSS
	Script          template.JS
	Facts           []Fact
	Settings        []Setting
	Notes           []string
	Texts           []textRow
	Comparison      *comparisonPart
	Speeds          []speedRow
	Objective       *objectivePart
	Matrices        *matricesPart
	Masks           *masksPart
	Time            *timePart
}

type textRow struct {
	Name                 string
	SeqLen, Tokens       int
	Dense, Pruned, Ratio string
}

// key is an entry of a legend.
type key struct {
	Name  string
	Color template.CSS
}

// Write writes the report as HTML.
func Write(w io.Writer, d *Data) error {
	p := page{
		Title: d.Title, Subtitle: d.Subtitle, Style: template.CSS(styleText), Script: template.JS(scriptText),
		Facts: d.Facts, Settings: d.Settings, Notes: d.Notes,
	}
	if len(d.Runs) == 0 {
		for _, t := range d.Texts {
			p.Texts = append(p.Texts, textRow{t.Name, t.SeqLen, t.Tokens, Perplexity(t.Dense), Perplexity(t.Pruned), fmt.Sprintf("%.4g×", t.Pruned/t.Dense)})
		}
	} else {
		p.Comparison = d.comparison()
	}
	p.Speeds = d.speeds()
	p.Objective, p.Matrices, p.Time = d.objective(), d.matrices(), d.time()
	var err error
	if p.Masks, err = d.masks(); err != nil {
		return err
	}
	if err := pageTemplate.Execute(w, p); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// objectivePart is the section about feed-forward networks as a whole.
type objectivePart struct {
	Verdict      string
	Room         int // the overview takes at most, in pixels
	Wide, Narrow template.HTML
	Legend       []key
	Blocks       []blockRow
	Epochs       []int // after the first
}

type blockRow struct {
	Block, Kept int
	Text, Ratio string
	Values      []string
	Chart       template.HTML
}

func (d *Data) objective() *objectivePart {
	blocks := d.alternated()
	if len(blocks) == 0 {
		return nil
	}
	overview, size := outputChart(blocks), overBlocks(len(blocks))
	part := &objectivePart{Room: int(size.w), Wide: overview.svg(size), Narrow: overview.svg(small)}
	for k, name := range partNames {
		if slices.ContainsFunc(blocks, func(b Block) bool { return len(b.Updates) > 0 }) {
			part.Legend = append(part.Legend, key{name, series(k + 1)})
		}
	}
	better, epochs, product := 0, 0, 0.0
	for _, b := range blocks {
		ratio := b.Final / b.Objective[0]
		row := blockRow{Block: b.Block, Kept: b.Kept, Ratio: Percent(ratio), Chart: blockChart(b).svg(small)}
		if b.Kept > 0 {
			better++
			row.Text = fmt.Sprintf("%s of SparseGPT’s, epoch %d", Percent(ratio), b.Kept)
		} else {
			row.Text = "SparseGPT’s is kept"
		}
		product += math.Log(ratio) / float64(len(blocks))
		epochs = max(epochs, len(b.Objective))
		for _, v := range b.Objective {
			row.Values = append(row.Values, shortNumber(v))
		}
		part.Blocks = append(part.Blocks, row)
	}
	for i := range part.Blocks { // a table's rows are of one length
		for len(part.Blocks[i].Values) < epochs {
			part.Blocks[i].Values = append(part.Blocks[i].Values, "")
		}
	}
	for e := 1; e < epochs; e++ {
		part.Epochs = append(part.Epochs, e)
	}
	part.Verdict = fmt.Sprintf("Here %d of %d blocks come out better than SparseGPT; the error that is left is %s of its, in the geometric mean.", better, len(blocks), Percent(math.Exp(product)))
	return part
}

// timePart is the section about time and memory.
type timePart struct {
	Phases []phaseRow
	Memory bool
	Chart  template.HTML
}

type phaseRow struct{ Name, Time, Percent, Memory string }

func (d *Data) time() *timePart {
	if len(d.Phases) == 0 {
		return nil
	}
	part := &timePart{}
	var all float64
	for _, p := range d.Phases {
		all += p.Seconds
		part.Memory = part.Memory || p.PeakBytes > 0
	}
	for _, p := range d.Phases {
		row := phaseRow{Name: p.Name, Time: Duration(p.Seconds), Percent: fmt.Sprintf("%.0f", 100*p.Seconds/max(all, 1e-9))}
		if p.PeakBytes > 0 {
			row.Memory = Bytes(p.PeakBytes)
		}
		part.Phases = append(part.Phases, row)
	}
	if len(d.Matrices) > 0 {
		part.Chart = secondsChart(d.Matrices).svg(medium)
	}
	return part
}

// masksPart is the section with the masks' pictures and histograms.
type masksPart struct {
	Group      int
	Left       string
	JSON       template.JS
	Histograms []histogramRow
}

type histogramRow struct {
	Name, What string
	Chart      template.HTML
}

// shownMask and shownPicture are what the page's script reads.
type shownMask struct {
	Block    int            `json:"block"`
	Name     string         `json:"name"`
	About    string         `json:"about"`
	Pictures []shownPicture `json:"pictures"`
}

type shownPicture struct {
	What  string `json:"what"`
	About string `json:"about"`
	Rows  int    `json:"rows"`
	Cols  int    `json:"cols"`
	Exact bool   `json:"exact"`
	Src   string `json:"src"`
}

func (d *Data) masks() (*masksPart, error) {
	var list []shownMask
	for _, m := range d.Matrices {
		if m.Mask != nil {
			list = append(list, m.shown())
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	part := &masksPart{Group: d.Group}
	if n := len(d.Matrices) - len(list); n > 0 {
		part.Left = fmt.Sprintf("To keep this file small, %d of %d matrices are not shown.", n, len(d.Matrices))
	}
	text, err := json.Marshal(struct {
		Group int         `json:"group"`
		List  []shownMask `json:"list"`
	}{d.Group, list})
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	part.JSON = template.JS(text) // Marshal has escaped <, > and &
	for _, name := range distinct(d.Matrices, func(m Matrix) string { return m.Name }) {
		for _, rows := range []bool{true, false} {
			c, ok := zerosChart(d.Matrices, name, rows)
			if !ok {
				continue
			}
			what := "zeros in columns"
			if rows {
				what = "zeros in rows"
			}
			part.Histograms = append(part.Histograms, histogramRow{lastPart(name), what, c.svg(tiny)})
		}
	}
	return part, nil
}

// shown says what the page says of a matrix's mask.
func (m Matrix) shown() shownMask {
	k := m.Mask
	r0, r1, r2 := shares(k.rowZeros, k.cols)
	c0, c1, c2 := shares(k.colZeros, k.rows)
	s := shownMask{Block: m.Block, Name: lastPart(m.Name), About: fmt.Sprintf(
		"%d × %d weights, %s zeros; in a row %s to %s (median %s), in a column %s to %s (median %s).",
		k.rows, k.cols, Percent(m.Sparsity), Percent(r0), Percent(r2), Percent(r1), Percent(c0), Percent(c2), Percent(c1))}
	exact := shownPicture{What: "every weight", About: "A pixel is a weight.", Rows: k.exact.rows, Cols: k.exact.cols, Exact: true, Src: k.exact.uri()}
	if k.tile == 0 {
		s.Pictures = []shownPicture{exact}
		return s
	}
	exact.What = fmt.Sprintf("first %d × %d", exact.Rows, exact.Cols)
	exact.About = fmt.Sprintf("Of them the first %d rows and %d columns, a pixel per weight.", exact.Rows, exact.Cols)
	s.Pictures = []shownPicture{exact, {
		What: "whole matrix", About: fmt.Sprintf("A pixel is %d × %d weights, the darker the more of them are kept.", k.tile, k.tile),
		Rows: k.whole.rows, Cols: k.whole.cols, Src: k.whole.uri(),
	}}
	return s
}
