// Command figures draws the pictures of the course. Each chapter's is a file of
// this folder; they are drawn from the small models in testdata, with the same
// code that the chapter explains:
//
//	cd docs/figures && go run .
//
// It is a module of its own, which keeps gonum/plot and the fonts that it
// brings out of the command's binary and go.sum.
package main

import (
	"fmt"
	"image/color"
	"log"
	"os"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// model is the folder that all figures take their network from, and block the
// decoder block in it.
const (
	model = "../../testdata/opt-micro"
	block = 1
)

func main() {
	log.SetFlags(0)
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"}
	plotter.DefaultFont = plot.DefaultFont
	for _, f := range []struct {
		name string
		draw func() [][]*plot.Plot // rows of panels
		w, h vg.Length
	}{
		{"least-squares", leastSquares, 14 * vg.Centimeter, 8 * vg.Centimeter},
		{"hessian", hessian, 18 * vg.Centimeter, 8 * vg.Centimeter},
		{"cholesky", cholesky, 18 * vg.Centimeter, 8.5 * vg.Centimeter},
		{"sweep", sweep, 21 * vg.Centimeter, 9 * vg.Centimeter},
		{"alternation", alternation, 18 * vg.Centimeter, 8 * vg.Centimeter},
		{"report", report, 18 * vg.Centimeter, 8 * vg.Centimeter},
	} {
		if err := save(f.name+".png", f.draw(), f.w, f.h); err != nil {
			log.Fatal(err)
		}
		fmt.Println(f.name + ".png")
	}
}

// save draws the panels on a white ground, so that they can be read on a dark
// page, too.
func save(name string, panels [][]*plot.Plot, w, h vg.Length) (err error) {
	img := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(w, h), vgimg.UseDPI(140), vgimg.UseBackgroundColor(color.White))}
	tiles := draw.Tiles{
		Rows: len(panels), Cols: len(panels[0]),
		PadX: 6 * vg.Millimeter, PadY: 4 * vg.Millimeter,
		PadLeft: 2 * vg.Millimeter, PadRight: 4 * vg.Millimeter, PadTop: 2 * vg.Millimeter, PadBottom: 2 * vg.Millimeter,
	}
	canvases := plot.Align(panels, tiles, draw.New(img))
	for i, row := range panels {
		for j, p := range row {
			p.Draw(canvases[i][j])
		}
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if _, err := img.WriteTo(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// The colours can be told apart by readers who are colour blind (Okabe & Ito
// 2008).
var (
	blue   = color.RGBA{0x00, 0x72, 0xb2, 0xff}
	orange = color.RGBA{0xd5, 0x5e, 0x00, 0xff}
	green  = color.RGBA{0x00, 0x9e, 0x73, 0xff}
	grey   = color.RGBA{0x77, 0x77, 0x77, 0xff}
)

// panel returns a plot with a title and axes named.
func panel(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.Padding = 2 * vg.Millimeter
	p.Add(plotter.NewGrid())
	p.Legend.Padding = vg.Millimeter
	p.Legend.ThumbnailWidth = 8 * vg.Millimeter
	return p
}

// logY gives p a logarithmic vertical axis.
func logY(p *plot.Plot) {
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, powers{}
}

// powers are ticks at powers of ten, as short as they can be written.
type powers struct{}

func (powers) Ticks(min, max float64) []plot.Tick {
	var ticks []plot.Tick
	for _, t := range (plot.LogTicks{Prec: 1}).Ticks(min, max) {
		if t.Value < min*(1-1e-9) || t.Value > max*(1+1e-9) {
			continue // room would be kept for it
		}
		if v, err := strconv.ParseFloat(t.Label, 64); err == nil {
			t.Label = fmt.Sprint(v)
		}
		ticks = append(ticks, t)
	}
	return ticks
}

// line adds a curve, with a dot at each point.
func line(p *plot.Plot, name string, c color.Color, xys plotter.XYs) {
	l, dots, err := plotter.NewLinePoints(xys)
	if err != nil {
		log.Fatal(err)
	}
	l.Color, l.Width = c, vg.Points(1.5)
	dots.Color, dots.Shape, dots.Radius = c, draw.CircleGlyph{}, vg.Points(2)
	p.Add(l, dots)
	p.Legend.Add(name, l, dots)
}

// level adds a dashed horizontal line from x0 to x1.
func level(p *plot.Plot, name string, y, x0, x1 float64) {
	l, err := plotter.NewLine(plotter.XYs{{X: x0, Y: y}, {X: x1, Y: y}})
	if err != nil {
		log.Fatal(err)
	}
	l.Color, l.Width, l.Dashes = grey, vg.Points(1.2), []vg.Length{vg.Points(5), vg.Points(4)}
	p.Add(l)
	p.Legend.Add(name, l)
}

// must is for what fails only if this program is wrong.
func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
