package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
)

// Mask is what a report keeps of a matrix's zeros: how many there are in each
// row and column, a picture of a part at a pixel per weight, and of a matrix
// larger than that one of the whole, a pixel per tile of weights.
type Mask struct {
	rows, cols         int
	rowZeros, colZeros []int
	exact, whole       picture // whole: none where exact has it all
	tile               int     // weights on a side of a pixel of whole
}

// picture is a PNG file.
type picture struct {
	rows, cols int
	file       []byte
}

const (
	// PictureBytes is what the pictures of all masks take in a report, about:
	// the share of each is for the caller to hand out.
	PictureBytes = 3 << 20
	// tiles is how many pixels at most the picture of a whole matrix has on a
	// side, shades how many grades it tells apart: as many as fit 4 bits.
	tiles  = 96
	shades = 16
)

// NewMask looks at the zeros of a rows × cols matrix of weights. Its exact
// picture takes about so many bytes at most.
func NewMask(rows, cols int, weights []float32, budget int) (*Mask, error) {
	if len(weights) != rows*cols || rows < 1 || cols < 1 {
		return nil, fmt.Errorf("report: %d weights are no %d × %d matrix", len(weights), rows, cols)
	}
	m := &Mask{rows: rows, cols: cols, rowZeros: make([]int, rows), colZeros: make([]int, cols)}
	for i, w := range weights {
		if w == 0 {
			m.rowZeros[i/cols]++
			m.colZeros[i%cols]++
		}
	}
	h, w := rows, cols
	if bits := max(8*budget, 64*64); rows*cols > bits {
		side := int(math.Sqrt(float64(bits)))
		h = min(rows, side)
		w = min(cols, bits/h)
		h = min(rows, bits/w)
	}
	var err error
	if m.exact, err = exactPicture(cols, weights, h, w); err != nil {
		return nil, err
	}
	if h < rows || w < cols {
		m.tile = (max(rows, cols) + tiles - 1) / tiles
		m.whole, err = tiledPicture(rows, cols, weights, m.tile)
	}
	return m, err
}

// kept is the colour of weights that are kept; zeros let the page shine
// through.
var kept = color.NRGBA{0x3B, 0x7D, 0xC4, 0xFF}

// exactPicture shows the first h rows and w columns, a pixel per weight.
func exactPicture(cols int, weights []float32, h, w int) (picture, error) {
	img := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.NRGBA{}, kept})
	for i := range h {
		for j, v := range weights[i*cols:][:w] {
			if v != 0 {
				img.Pix[i*img.Stride+j] = 1
			}
		}
	}
	return encode(img)
}

// tiledPicture shows the share of kept weights in tiles of the matrix.
func tiledPicture(rows, cols int, weights []float32, tile int) (picture, error) {
	grades := make(color.Palette, shades)
	for i := range grades {
		c := kept
		c.A = uint8(255 * i / (shades - 1))
		grades[i] = c
	}
	h, w := (rows+tile-1)/tile, (cols+tile-1)/tile
	count, all := make([]int, h*w), make([]int, h*w)
	for i := range rows {
		for j, v := range weights[i*cols:][:cols] {
			at := i/tile*w + j/tile
			all[at]++
			if v != 0 {
				count[at]++
			}
		}
	}
	img := image.NewPaletted(image.Rect(0, 0, w, h), grades)
	for i, n := range count {
		img.Pix[i/w*img.Stride+i%w] = uint8(math.Round(float64(n) / float64(all[i]) * (shades - 1)))
	}
	return encode(img)
}

func encode(img *image.Paletted) (picture, error) {
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, img); err != nil {
		return picture{}, fmt.Errorf("report: %w", err)
	}
	return picture{img.Rect.Dy(), img.Rect.Dx(), b.Bytes()}, nil
}

// uri returns the picture as an address that holds it.
func (p picture) uri() string {
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(p.file)
}

// shares returns the least, middle and greatest share of zeros, of rows or
// columns of n weights each.
func shares(zeros []int, n int) (least, middle, most float64) {
	sorted := sortedCopy(zeros)
	at := func(i int) float64 { return float64(sorted[i]) / float64(n) }
	return at(0), at(len(sorted) / 2), at(len(sorted) - 1)
}
