package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// base is the colour of what is to be beaten.
const base = template.CSS("var(--c2)")

// seriesColors is how many colours there are for series.
const seriesColors = 7

// series names the colour of the i-th of several things that are alike. The
// style sheet says which that is, in each theme.
func series(i int) template.CSS { return template.CSS(fmt.Sprintf("var(--c%d)", 3+i%seriesColors)) }

// chart is a drawing of lines over two axes.
type chart struct {
	label string // for those who cannot see it
	x, y  axis
	lines []line
}

// line joins its points, or marks them, or both. Points that are not finite,
// or that a logarithmic axis has no place for, leave a gap.
type line struct {
	color  template.CSS
	class  string // of the style sheet, how the points are joined: "line", "line thin", "line dashed", or "area"
	points []point
	marked bool
	loose  bool // not joined
}

type point struct{ x, y float64 }

// size is a drawing's in CSS pixels, which browsers scale to the room there is.
type size struct{ w, h float64 }

var (
	small  = size{330, 190}
	medium = size{420, 270}
	tiny   = size{240, 150}
)

// overBlocks is the size of a chart over so many blocks, for a wide screen.
func overBlocks(n int) size { return size{float64(min(max(60*n, 520), 1040)), 290} }

// What is kept free around the data, in pixels. The browser sets the texts, by
// the style sheet in 11 pixels.
const (
	beside   = 9  // between the numbers of the y axis and the data
	above    = 5  // half a number's height
	right    = 3  // of the data: half a mark
	padding  = 6  // between the data and the x axis
	numbers  = 15 // below the x axis
	title    = 13 // below those
	baseline = 4  // from the middle of a number down to its baseline
)

// svg draws the chart in a size.
func (c chart) svg(s size) template.HTML {
	x, y := c.scales()
	ticksX, ticksY := x.ticks(), y.ticks()
	floor := s.h - numbers
	if c.x.label != "" {
		floor -= title
	}
	x.end, y.start, y.end = s.w-right, floor-padding, above
	for _, t := range ticksY {
		x.start = max(x.start, width(t.label)+beside)
	}
	for _, t := range ticksX { // a number near the end may reach out
		if half := width(t.label) / 2; x.pixel(t.value)+half > s.w {
			x.end = x.start + (s.w-half-x.start)*(x.end-x.start)/(x.pixel(t.value)-x.start)
		}
	}

	var b, rules strings.Builder
	fmt.Fprintf(&b, `<svg class="chart" viewBox="0 0 %g %g" role="img" aria-label="%s">`+"\n", s.w, s.h, html.EscapeString(c.label))
	text := func(class string, x, y float64, text string) {
		fmt.Fprintf(&b, `<text class="%s" x="%s" y="%s">%s</text>`+"\n", class, px(x), px(y), html.EscapeString(text))
	}
	for _, t := range ticksY {
		text("y", x.start-beside, y.pixel(t.value)+baseline, t.label)
		fmt.Fprintf(&rules, "M%s %sH%s", px(x.start), px(y.pixel(t.value)), px(x.end))
	}
	for _, t := range ticksX {
		text("x", x.pixel(t.value), floor+numbers-3, t.label)
		fmt.Fprintf(&rules, "M%s %sv3", px(x.pixel(t.value)), px(floor))
	}
	if c.x.label != "" {
		text("x", (x.start+x.end)/2, s.h-3, c.x.label)
	}
	fmt.Fprintf(&b, `<path class="rule" d="%sM%s %sH%s"/>`+"\n", rules.String(), px(x.start), px(floor), px(x.end))
	for _, l := range c.lines {
		c.draw(&b, l, x, y)
	}
	b.WriteString("</svg>")
	return template.HTML(b.String())
}

// scales returns what the axes show.
func (c chart) scales() (x, y scale) {
	var xs, ys []float64
	for _, l := range c.lines {
		for _, p := range l.points {
			if c.has(p) {
				xs, ys = append(xs, p.x), append(ys, p.y)
			}
		}
	}
	return c.x.scale(xs), c.y.scale(ys)
}

// has reports whether there is a place for the point.
func (c chart) has(p point) bool { return c.x.has(p.x) && c.y.has(p.y) }

func (c chart) draw(b *strings.Builder, l line, x, y scale) {
	mark := `<circle cx="%s" cy="%s" r="2.4"/>`
	if l.loose {
		mark = `<path class="mark" d="M%s %sm0 -4.5l3.9 6.75h-7.8z"/>`
	} else if strings.Contains(l.class, "thin") {
		mark = `<circle cx="%s" cy="%s" r="1.9"/>`
	}
	var path, marks strings.Builder
	command, shown, joined := "M", 0, false
	for _, p := range l.points {
		if !c.has(p) {
			command = "M"
			continue
		}
		at, up := px(x.pixel(p.x)), px(y.pixel(p.y))
		path.WriteString(command + at + " " + up)
		fmt.Fprintf(&marks, mark, at, up)
		joined = joined || command == "L"
		command = "L"
		shown++
	}
	fmt.Fprintf(b, `<g style="color:%s">`, l.color)
	if joined && !l.loose {
		fmt.Fprintf(b, `<path class="%s" d="%s"/>`, l.class, path.String())
	}
	if l.marked || shown == 1 {
		b.WriteString(marks.String())
	}
	b.WriteString("</g>\n")
}

// px writes a coordinate to a hundredth of a pixel.
func px(v float64) string { return strconv.FormatFloat(math.Round(100*v)/100, 'f', -1, 64) }

// width is about what a number takes in Arial of 11 pixels, for room to be
// kept for it.
func width(number string) float64 {
	w := 6.2 * float64(len(number))
	return w - 3.1*float64(strings.Count(number, ".")) + 3.6*float64(strings.Count(number, "%"))
}
