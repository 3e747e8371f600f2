package report

import (
	"encoding/xml"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// drawn is what an SVG element of a chart may have.
type drawn struct {
	XMLName xml.Name
	ViewBox string  `xml:"viewBox,attr"`
	Label   string  `xml:"aria-label,attr"`
	Class   string  `xml:"class,attr"`
	X       float64 `xml:"x,attr"`
	Y       float64 `xml:"y,attr"`
	CX      float64 `xml:"cx,attr"`
	CY      float64 `xml:"cy,attr"`
	R       float64 `xml:"r,attr"`
	D       string  `xml:"d,attr"`
	Text    string  `xml:",chardata"`
	Inside  []drawn `xml:",any"`
}

// box is what a part of a chart takes.
type box struct{ left, top, right, bottom float64 }

func (b box) overlaps(o box) bool {
	return b.left < o.right && o.left < b.right && b.top < o.bottom && o.top < b.bottom
}

var (
	svgElement = regexp.MustCompile(`(?s)<svg class="chart".*?</svg>`)
	absolute   = regexp.MustCompile(`([MLHV])([-0-9.e ]+)`)
)

// TestDrawnInside looks at all charts of several reports: they are XML, have a
// name, nothing reaches out of them, and no text lies on another.
func TestDrawnInside(t *testing.T) {
	odd := prunedModel(t, 3, 16, 0)
	odd.Blocks[0].Objective = []float64{math.NaN(), 0, 1e-300, 1e300, 1e-120, 1e120}
	odd.Blocks[1].Objective, odd.Blocks[1].Updates = []float64{5, 5}, nil
	odd.Matrices[3].Error, odd.Matrices[4].Error = 0, math.Inf(1)
	for i := range odd.Matrices {
		odd.Matrices[i].Seconds = 1e-310
	}
	far := compared()
	for i := range far.Runs {
		far.Runs[i].Sparsity = 0.5 + float64(i)*1e-9
		if far.Runs[i].Error == "" {
			far.Runs[i].Perplexities[0] *= math.Exp(float64(10 * i))
		}
	}
	for name, d := range map[string]*Data{
		"pruned": prunedModel(t, 12, 16, 4), "one block": prunedModel(t, 1, 16, 0), "many blocks": prunedModel(t, 130, 8, 0),
		"odd": odd, "compared": compared(), "far apart": far,
	} {
		t.Run(name, func(t *testing.T) {
			charts := svgElement.FindAll(written(t, d), -1)
			if len(charts) == 0 {
				t.Fatal("there are no charts")
			}
			for _, text := range charts {
				var c drawn
				if err := xml.Unmarshal(text, &c); err != nil {
					t.Fatalf("%v in %s", err, text)
				}
				c.check(t)
			}
		})
	}
}

func (d drawn) check(t *testing.T) {
	t.Helper()
	var all box
	if _, err := fmt.Sscan(d.ViewBox, &all.left, &all.top, &all.right, &all.bottom); err != nil || d.Label == "" {
		t.Fatalf("viewBox %q (%v), label %q", d.ViewBox, err, d.Label)
	}
	inside := func(what string, b box) {
		const slack = 0.01 // coordinates are rounded to that
		if !(b.left >= all.left-slack && b.top >= all.top-slack && b.right <= all.right+slack && b.bottom <= all.bottom+slack) {
			t.Errorf("%s: %s reaches out: %v", d.Label, what, b)
		}
	}
	var texts []box
	var walk func(drawn)
	walk = func(e drawn) {
		for _, i := range e.Inside {
			walk(i)
		}
		switch e.XMLName.Local {
		case "text":
			w := width(e.Text)
			b := box{e.X - w/2, e.Y - 8, e.X + w/2, e.Y + 2} // of capitals and descenders
			if e.Class == "y" {
				b.left, b.right = e.X-w, e.X
			}
			if e.Text == "" {
				t.Errorf("%s: an empty text", d.Label)
			}
			inside(e.Text, b)
			for _, o := range texts {
				if b.overlaps(o) {
					t.Errorf("%s: %q lies on another text", d.Label, e.Text)
				}
			}
			texts = append(texts, b)
		case "circle":
			inside("a mark", box{e.CX - e.R, e.CY - e.R, e.CX + e.R, e.CY + e.R})
		case "path":
			for _, m := range absolute.FindAllStringSubmatch(e.D, -1) {
				x, y := all.left, all.top
				numbers := strings.Fields(m[2])
				for k, n := range numbers {
					v, err := strconv.ParseFloat(n, 64)
					if err != nil {
						t.Fatalf("%s: %v", d.Label, err)
					}
					if m[1] == "V" || k == 1 {
						y = v
					} else {
						x = v
					}
				}
				inside("a path", box{x, y, x, y})
			}
			if strings.Contains(e.D, "NaN") || strings.Contains(e.D, "Inf") {
				t.Errorf("%s: path %s", d.Label, e.D)
			}
		}
	}
	walk(d)
}
