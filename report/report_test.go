package report

import (
	"bytes"
	"image/png"
	"math"
	"regexp"
	"strings"
	"testing"
)

func TestWriteIsSelfContained(t *testing.T) {
	for name, d := range map[string]*Data{"pruned": prunedModel(t, 2, 32, 4), "compared": compared(), "empty": {Title: "nothing"}} {
		t.Run(name, func(t *testing.T) {
			text := string(written(t, d))
			for _, bad := range []string{"http:", "https:", "//cdn", "@import", "url(", "ZgotmplZ", "%!"} {
				if i := strings.Index(text, bad); i >= 0 {
					t.Errorf("%q in …%s…", bad, text[max(0, i-60):min(len(text), i+60)])
				}
			}
			if opened, closed := strings.Count(text, "<svg"), strings.Count(text, "</svg>"); opened != closed {
				t.Errorf("%d drawings are opened, %d closed", opened, closed)
			}
			if !bytes.Equal(written(t, d), []byte(text)) {
				t.Error("writing again gives other bytes")
			}
		})
	}
}

func TestWriteEscapes(t *testing.T) {
	d := prunedModel(t, 1, 16, 0)
	hostile := `</script><b id=x>`
	d.Title, d.Subtitle, d.Settings[0].Value, d.Texts[0].Name = hostile, hostile, hostile, hostile
	d.Matrices[0].Name = hostile
	if text := string(written(t, d)); strings.Contains(text, "<b id=x") {
		t.Error("a name comes through as markup")
	}
}

// TestSections leaves out what there is nothing of.
func TestSections(t *testing.T) {
	section := regexp.MustCompile(`<section id="([a-z]+)">`)
	for _, c := range []struct {
		d    *Data
		want string
	}{
		{prunedModel(t, 1, 16, 0), "perplexity objective matrices masks time settings"},
		{compared(), "comparison settings"},
		{&Data{}, "settings"},
	} {
		var got []string
		for _, m := range section.FindAllStringSubmatch(string(written(t, c.d)), -1) {
			got = append(got, m[1])
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("sections %q, want %q", s, c.want)
		}
	}
}

// TestOddNumbers draws what no axis has a place for.
func TestOddNumbers(t *testing.T) {
	for _, v := range []float64{0, 1, math.NaN(), math.Inf(1), -1, math.SmallestNonzeroFloat64, math.MaxFloat64} {
		d := prunedModel(t, 1, 16, 0)
		d.Blocks[0].Objective = []float64{v, v}
		d.Blocks[0].Kept, d.Blocks[0].Final = 1, v
		d.Blocks[0].Updates = []Update{{1, Parts{v, v, v}, Parts{v, v, v}}}
		for i := range d.Matrices {
			d.Matrices[i].Error, d.Matrices[i].Sparsity, d.Matrices[i].Seconds = v, v, v
		}
		d.Phases[0].Seconds = v
		if strings.Contains(string(written(t, d)), "NaN,") {
			t.Errorf("with %v there is a NaN in a path", v)
		}
		c := compared()
		for i := range c.Runs {
			if c.Runs[i].Error == "" {
				c.Runs[i].Perplexities[0] = v
			}
		}
		c.Texts[0].Dense = v
		written(t, c)
	}
}

// TestGap: a run that failed must not be bridged by a line.
func TestGap(t *testing.T) {
	d := compared()
	d.Runs = d.Runs[:4] // of one method, the second of which failed
	c := compareChart(d, d.figures()[0], []string{"magnitude"})
	whole := c.svg(medium)
	line := regexp.MustCompile(`<g style="color:var\(--c3\)"><path class="line" d="M([^"]*)"`)
	for _, m := range line.FindAllStringSubmatch(string(whole), -1) {
		if n := strings.Count(m[1], "L"); n != 1 {
			t.Errorf("a line has %d segments, want 1: from the third point to the fourth", n)
		}
	}
	if !line.MatchString(string(whole)) {
		t.Error("there is no line")
	}
}

func TestMaskPictures(t *testing.T) {
	const rows, cols = 300, 500
	w := make([]float32, rows*cols)
	for i := range w {
		if i%3 == 0 && i/cols != 7 {
			w[i] = -1
		}
	}
	for _, budget := range []int{1 << 20, 2000} {
		m, err := NewMask(rows, cols, w, budget)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(m.exact.file))
		if err != nil {
			t.Fatal(err)
		}
		b := img.Bounds()
		if whole := budget > 2000; whole != (b.Dx() == cols && b.Dy() == rows) || whole == (m.tile > 0) {
			t.Errorf("budget %d: a picture of %v, tiles of %d", budget, b, m.tile)
		}
		if n := b.Dx() * b.Dy(); n > 8*max(budget, 512) {
			t.Errorf("budget %d: %d pixels", budget, n)
		}
		for i := range b.Dy() {
			for j := range b.Dx() {
				_, _, _, alpha := img.At(j, i).RGBA()
				if (alpha != 0) != (w[i*cols+j] != 0) {
					t.Fatalf("budget %d: weight (%d, %d) is %v, its pixel's alpha %d", budget, i, j, w[i*cols+j], alpha)
				}
			}
		}
		if m.rowZeros[7] != cols || m.rowZeros[0] != cols-(cols+2)/3 {
			t.Errorf("zeros of rows 7 and 0: %d, %d", m.rowZeros[7], m.rowZeros[0])
		}
		all := 0
		for _, n := range m.colZeros {
			all += n
		}
		for _, n := range m.rowZeros {
			all -= n
		}
		if all != 0 {
			t.Errorf("rows and columns differ by %d zeros", all)
		}
		if m.tile > 0 {
			if m.whole.rows > tiles || m.whole.cols > tiles {
				t.Errorf("the whole is %d × %d pixels", m.whole.rows, m.whole.cols)
			}
		}
	}
	for _, bad := range [][2]int{{0, 0}, {3, 5}, {-1, -6}} {
		if _, err := NewMask(bad[0], bad[1], make([]float32, 6), 100); err == nil {
			t.Errorf("a %d × %d mask of 6 weights is accepted", bad[0], bad[1])
		}
	}
}

func TestLogTicks(t *testing.T) {
	for _, r := range [][2]float64{{18, 31}, {0.9, 1.1}, {1e-9, 1e9}, {0.02, 0.4}, {100, 101}, {5, 5}} {
		at := logTicks(r[0], r[1])
		if len(at) < 2 || len(at) > 6 {
			t.Errorf("%v: ticks %v", r, at)
		}
		for i, v := range at {
			if v < r[0] || v > r[1] || i > 0 && r[0] < r[1] && v <= at[i-1] {
				t.Errorf("%v: ticks %v", r, at)
			}
		}
	}
}

// TestTicks puts three numbers or more on any axis, and no two of them alike.
func TestTicks(t *testing.T) {
	for _, c := range []struct{ low, high float64 }{{1e-9, 1e9}, {0.02, 900}, {27, 800}, {127, 138}, {127.6, 127.9}, {1, 1.001}, {99.9, 100.1}} {
		for _, log := range []bool{true, false} {
			marks := scale{axis: axis{log: log}, low: c.low, high: c.high}.ticks()
			if len(marks) < 3 {
				t.Errorf("%v, log %v: %d ticks", c, log, len(marks))
			}
			seen := map[string]bool{}
			for _, m := range marks {
				if seen[m.label] || m.value < c.low || m.value > c.high {
					t.Errorf("%v, log %v: %v", c, log, marks)
				}
				seen[m.label] = true
			}
		}
	}
}
