package packed

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"

	"sparsellm/asm"
)

// Unpack writes a row's weights, zeros included, to dst, which is as long as a row.
func (m *Matrix) Unpack(row int, dst []float32) { m.unpackRows(row, 1, dst, m.Cols) }

// unpackRows writes rows from first on to dst, stride apart. Going through the
// rows of a mask one by one would count those before it in its panel each time.
func (m *Matrix) unpackRows(first, n int, dst []float32, stride int) {
	next := -1 // where the values of a mask's row begin
	for r := first; r < first+n; r++ {
		out := dst[(r-first)*stride:][:m.Cols]
		switch {
		case m.Mask:
			if next < 0 || r%PanelRows == 0 {
				next = m.rowStart(r)
			}
			next = m.unpackMasked(r, out, next)
		case m.M != 0:
			m.unpackPattern(r, out)
		case m.Values.Quantised():
			m.unpackQuantised(r, out)
		default:
			m.floats(out, m.Data[r*m.Cols*m.Values.bits()/8:])
		}
	}
}

// floats reads len(dst) values of F32, F16 or BF16.
func (m *Matrix) floats(dst []float32, src []byte) {
	if m.Values == F32 {
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
		}
		return
	}
	var narrow [256]uint16
	for len(dst) > 0 {
		n := min(len(dst), len(narrow))
		for i := range n {
			narrow[i] = binary.LittleEndian.Uint16(src[2*i:])
		}
		if m.Values == F16 {
			asm.F16ToF32(dst[:n], narrow[:n])
		} else {
			asm.BF16ToF32(dst[:n], narrow[:n])
		}
		dst, src = dst[n:], src[2*n:]
	}
}

func (m *Matrix) scale(row, col int) float32 {
	return fromHalf(m.Scales[m.scaleAt(row, col/GroupCols)])
}

func (m *Matrix) unpackQuantised(r int, dst []float32) {
	for b := range m.blocks() {
		scale := m.scale(r, b*blockCols)
		for i := range min(blockCols, m.Cols-b*blockCols) {
			dst[b*blockCols+i] = float32(m.quantum(r, b, i)) * scale
		}
	}
}

func (m *Matrix) unpackPattern(r int, dst []float32) {
	clear(dst)
	for b := range m.blocks() {
		scale := m.scale(r, b*blockCols)
		for i := range blockCols / 2 {
			if c := b*blockCols + i/2*4 + m.index(r, b, i); c < m.Cols {
				dst[c] = float32(m.quantum(r, b, i)) * scale
			}
		}
	}
}

// rowStart returns where the values of a mask's row begin in Data.
func (m *Matrix) rowStart(row int) int {
	panel, words := row/PanelRows, m.words()
	before := m.Index[panel*PanelRows*words*8 : row*words*8]
	return int(m.Offsets[panel]) + ones(before)*m.Values.bits()/8
}

// ones counts the bits of whole words.
func ones(words []byte) (n int) {
	for ; len(words) > 0; words = words[8:] {
		n += bits.OnesCount64(binary.LittleEndian.Uint64(words))
	}
	return n
}

// unpackMasked returns where the values of the next row begin.
func (m *Matrix) unpackMasked(r int, dst []float32, next int) int {
	clear(dst)
	mask := m.Index[r*m.words()*8:][:m.words()*8]
	size := m.Values.bits() / 8
	kept := ones(mask)
	var wide []float32
	if m.Values != Q8 {
		wide = slices.Grow(wide, kept)[:kept]
		m.floats(wide, m.Data[next:])
	}
	i := 0
	for word := range m.words() {
		for w := binary.LittleEndian.Uint64(mask[8*word:]); w != 0; w &= w - 1 {
			c := word*64 + bits.TrailingZeros64(w)
			if m.Values == Q8 {
				dst[c] = float32(int8(m.Data[next+i])) * m.scale(r, c)
			} else {
				dst[c] = wide[i]
			}
			i++
		}
	}
	return next + kept*size
}
