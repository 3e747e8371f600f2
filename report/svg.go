package report

import (
	"bytes"
	"fmt"
	"html"
	"html/template"
	"image/color"
	"math"
	"regexp"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// role is what a part of a chart is for. The style sheet says which colour
// that is, in each theme.
type role uint8

const (
	roleText role = iota
	roleGrid
	roleBase // what is to be beaten
	roleFirst
	roles = roleFirst + 7
)

// series returns the role of the i-th of several things that are alike.
func series(i int) role { return roleFirst + role(i)%(roles-roleFirst) }

// css names the colour for the page.
func (r role) css() template.CSS { return template.CSS(fmt.Sprintf("var(--c%d)", r)) }

// color stands for the role until the SVG is written: no chart has such a
// colour otherwise.
func (r role) color() color.Color { return color.NRGBA{0xE0, 0x0E, byte(r), 0xFF} }

// chart is a drawing of lines or bars over two axes.
type chart struct {
	label string // for those who cannot see it
	x, y  axis
	lines []line
	bars  *bars
}

type axis struct {
	label    string
	log      bool
	integer  bool
	percent  bool
	from, to float64 // if from < to
}

// line joins its points, or marks them, or both. Points that are not finite,
// or that a logarithmic axis has no place for, leave a gap.
type line struct {
	role   role
	points plotter.XYs
	dashed bool
	marked bool
	loose  bool // not joined
	thin   bool
}

// bars are a histogram: so many in each bin from first on.
type bars struct {
	role        role
	counts      []float64
	first, step float64
}

// size is a drawing's in points, which browsers scale to the room there is.
type size struct{ w, h vg.Length }

var (
	small  = size{330, 190}
	medium = size{420, 270}
	tiny   = size{240, 150}
)

// overBlocks is the size of a chart over so many blocks, for a wide screen.
func overBlocks(n int) size { return size{vg.Length(min(max(60*n, 520), 1040)), 290} }

func (c chart) plot() (*plot.Plot, error) {
	p := plot.New()
	p.BackgroundColor = nil
	style := draw.TextStyle{Color: roleText.color(), Font: font.Font{Typeface: "Liberation", Variant: "Sans", Size: 11}, Handler: plot.DefaultTextHandler}
	for _, a := range []struct {
		*plot.Axis
		axis
	}{{&p.X, c.x}, {&p.Y, c.y}} {
		a.Axis.LineStyle.Color = roleGrid.color()
		a.Tick.LineStyle.Color = roleGrid.color()
		a.Tick.Length = 3
		keep := a.Tick.Label
		a.Tick.Label = style
		a.Tick.Label.XAlign, a.Tick.Label.YAlign = keep.XAlign, keep.YAlign
		a.Axis.Label.Text = a.label
		keep = a.Axis.Label.TextStyle
		a.Axis.Label.TextStyle = style
		a.Axis.Label.TextStyle.XAlign, a.Axis.Label.TextStyle.YAlign, a.Axis.Label.TextStyle.Rotation = keep.XAlign, keep.YAlign, keep.Rotation
		a.Tick.Marker = ticks{a.axis}
	}
	p.Y.LineStyle.Width, p.Y.Tick.Length = 0, 0
	p.X.Padding, p.Y.Padding = 6, 6
	grid := plotter.NewGrid()
	grid.Vertical.Color = nil
	grid.Horizontal.Color = roleGrid.color()
	grid.Horizontal.Width = 0.6
	p.Add(grid)
	if b := c.bars; b != nil {
		h := &plotter.Histogram{FillColor: b.role.color(), Width: b.step}
		for i, n := range b.counts {
			x := b.first + float64(i)*b.step
			h.Bins = append(h.Bins, plotter.HistogramBin{Min: x, Max: x + b.step, Weight: n})
		}
		p.Add(h)
	}
	for _, l := range c.lines {
		if err := c.addLine(p, l); err != nil {
			return nil, err
		}
	}
	c.x.fit(&p.X)
	c.y.fit(&p.Y)
	return p, nil
}

func (c chart) addLine(p *plot.Plot, l line) error {
	var points plotter.XYs
	var runs []plotter.XYs // without a gap
	gap := true
	for _, q := range l.points {
		if !c.x.has(q.X) || !c.y.has(q.Y) {
			gap = true
			continue
		}
		if gap {
			runs, gap = append(runs, nil), false
		}
		points = append(points, q)
		runs[len(runs)-1] = append(runs[len(runs)-1], q)
	}
	if len(points) == 0 {
		return nil
	}
	for _, run := range runs {
		if l.loose || len(run) < 2 {
			continue
		}
		drawn, err := plotter.NewLine(run)
		if err != nil {
			return fmt.Errorf("report: %w", err)
		}
		drawn.Color, drawn.Width = l.role.color(), 1.6
		if l.thin {
			drawn.Width = 1
		}
		if l.dashed {
			drawn.Dashes = []vg.Length{4, 3}
		}
		p.Add(drawn)
	}
	if l.marked || l.loose || len(points) == 1 {
		marks, err := plotter.NewScatter(points)
		if err != nil {
			return fmt.Errorf("report: %w", err)
		}
		marks.GlyphStyle = draw.GlyphStyle{Color: l.role.color(), Radius: 2.4, Shape: draw.CircleGlyph{}}
		if l.thin {
			marks.Radius = 1.9
		}
		if l.loose {
			marks.Radius, marks.Shape = 3.6, draw.PyramidGlyph{}
		}
		p.Add(marks)
	}
	return nil
}

// has reports whether the axis has a place for v, and for some room around it.
func (a axis) has(v float64) bool {
	const most = 1e300
	return math.Abs(v) <= most && (!a.log || v >= 1/most)
}

// fit gives the axis a range with some room, which is never empty.
func (a axis) fit(to *plot.Axis) {
	if a.log {
		to.Scale = plot.LogScale{}
	}
	if a.from < a.to {
		to.Min, to.Max = a.from, a.to
		return
	}
	if math.IsInf(to.Min, 0) || math.IsInf(to.Max, 0) {
		to.Min, to.Max = 1, 2
	}
	switch {
	case a.log:
		room := max(math.Pow(to.Max/to.Min, 0.06), 1.002)
		to.Min, to.Max = to.Min/room, to.Max*room
	case a.integer:
		if to.Min == to.Max {
			to.Min, to.Max = to.Min-1, to.Max+1
		}
	default:
		room := 0.06*(to.Max-to.Min) + 1e-3*math.Abs(to.Max)
		if room == 0 {
			room = 1
		}
		if to.Max += room; to.Min != 0 {
			to.Min -= room
		}
	}
}

var (
	opening  = regexp.MustCompile(`(?s)^.*<svg[^>]*>`)
	fontName = regexp.MustCompile(`font-family:[^"]*?font-size:`)
	roleName = regexp.MustCompile(`#E00E([0-9A-F]{2})`)
)

// svg draws the chart in a size.
func (c chart) svg(s size) (template.HTML, error) {
	p, err := c.plot()
	if err != nil {
		return "", err
	}
	canvas := vgsvg.New(s.w, s.h)
	p.Draw(draw.New(canvas))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return "", fmt.Errorf("report: %w", err)
	}
	text := opening.ReplaceAll(b.Bytes(), nil)
	text = fontName.ReplaceAll(text, []byte("font-size:"))
	text = roleName.ReplaceAllFunc(text, func(hex []byte) []byte {
		var r role
		fmt.Sscanf(string(hex[5:]), "%x", &r)
		return []byte(r.css())
	})
	head := fmt.Sprintf(`<svg class="chart" viewBox="0 0 %g %g" role="img" aria-label="%s">`, s.w.Points(), s.h.Points(), html.EscapeString(c.label))
	return template.HTML(head + string(text)), nil
}
