package packed

import (
	"encoding/binary"
	"math"
	"math/bits"

	"sparsellm/asm"
)

// Unpack writes a row's weights, zeros included, to dst, which is as long as a row.
func (m *Matrix) Unpack(row int, dst []float32) { m.unpackRows(row, 1, dst) }

// unpackRows writes n rows from first on to dst. Going through the rows of a mask
// one by one would count those before it in its panel each time.
func (m *Matrix) unpackRows(first, n int, dst []float32) {
	next := -1 // where the values of a mask's row begin
	for r := first; r < first+n; r++ {
		out := dst[(r-first)*m.Cols:][:m.Cols]
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

// unpackQuantised goes by steps of four columns, as at has them in Data.
func (m *Matrix) unpackQuantised(r int, dst []float32) {
	var scale float32
	var four [4]float32
	for c := 0; c < m.Cols; c += 4 {
		if c%GroupCols == 0 {
			scale = m.scale(r, c)
		}
		at, upper := m.at(r, c/blockCols, c%blockCols)
		m.unpackFour(&four, at, upper, scale)
		copy(dst[c:], four[:])
	}
}

// unpackFour reads four values of a row that lie side by side.
func (m *Matrix) unpackFour(dst *[4]float32, at int, upper bool, scale float32) {
	w := m.Data[at:][:4]
	switch {
	case m.Values == Q8:
		for k, v := range w {
			dst[k] = float32(int8(v)) * scale
		}
	case upper:
		for k, v := range w {
			dst[k] = float32(int(v>>4)-8) * scale
		}
	default:
		for k, v := range w {
			dst[k] = float32(int(v&15)-8) * scale
		}
	}
}

// unpackPattern goes by steps of eight columns, of which four weights are kept.
func (m *Matrix) unpackPattern(r int, dst []float32) {
	clear(dst)
	var scale float32
	var four [4]float32
	for c := 0; c < m.Cols; c += 8 {
		if c%GroupCols == 0 {
			scale = m.scale(r, c)
		}
		block, i := c/blockCols, c%blockCols/2
		at, upper := m.at(r, block, i)
		m.unpackFour(&four, at, upper, scale)
		at, shift := m.indexAt(r, block, i)
		for k, which := range m.Index[at:][:4] {
			if col := c + k/2*4 + int(which>>shift&3); col < m.Cols {
				dst[col] = four[k]
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
	var scale float32
	var kept [64]float32
	for word := range m.words() {
		if m.Values == Q8 && word%(GroupCols/64) == 0 {
			scale = m.scale(r, word*64)
		}
		mask := binary.LittleEndian.Uint64(m.Index[(r*m.words()+word)*8:])
		n := bits.OnesCount64(mask)
		if m.Values == Q8 {
			for i, v := range m.Data[next:][:n] {
				kept[i] = float32(int8(v)) * scale
			}
		} else {
			m.floats(kept[:n], m.Data[next:])
		}
		next += n * m.Values.bits() / 8
		out := dst[word*64:]
		for i := 0; mask != 0; mask &= mask - 1 {
			out[bits.TrailingZeros64(mask)] = kept[i&63]
			i++
		}
	}
	return next
}
