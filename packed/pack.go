package packed

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"sparsellm/asm"
	"sparsellm/linalg"
)

// Pack stores w in a format, each weight rounded to the nearest that it has.
// Where w lies on the grid of float16 scales already, group by group, nothing is
// lost. It fails where more than N of M weights are not zero, and on weights that
// the format cannot hold.
func Pack(f Format, w linalg.Matrix[float32]) (*Matrix, error) {
	sizes, err := SizesOf(f, w.Rows, w.Cols)
	if err != nil {
		return nil, err
	}
	m := &Matrix{Rows: w.Rows, Cols: w.Cols, Format: f}
	m.Index = make([]byte, sizes.Index)
	m.Scales = make([]uint16, sizes.Scales)
	switch {
	case f.Mask:
		m.Data = make([]byte, 0, w.Rows*w.Cols/2*f.Values.bits()/8+readAhead)
		m.Offsets = make([]uint32, 0, sizes.Offsets)
	default:
		m.Data = make([]byte, sizes.Data)
	}
	if f.M != 0 {
		for i := 1; i < len(m.Index); i += 2 {
			m.Index[i] = 0x55 // rows past the last, too, keep the first two of four
		}
	}
	if f.Values == Q4 {
		for i := range m.Data {
			m.Data[i] = 0x88 // zeros
		}
	}
	for r := range w.Rows {
		row := w.Row(r)
		for c, x := range row {
			if !finite(x) {
				return nil, fmt.Errorf("a matrix that is not finite cannot be packed: row %d, column %d is %v", r, c, x)
			}
		}
		if err := m.packRow(r, row); err != nil {
			return nil, err
		}
	}
	if f.Mask {
		if err := m.endPanel(); err != nil {
			return nil, err
		}
		m.Data = slices.Clip(append(m.Data, make([]byte, readAhead)...))
	}
	return m, nil
}

func finite(x float32) bool { return math.Float32bits(x)&0x7f800000 != 0x7f800000 }

func (m *Matrix) packRow(r int, row []float32) error {
	var scales []float32
	if m.Values.Quantised() {
		for g := range m.groups() {
			s := Scale(m.Values, row[g*GroupCols:min((g+1)*GroupCols, m.Cols)])
			if !finite(s) {
				return fmt.Errorf("weights of row %d, columns from %d, are too great for %v", r, g*GroupCols, m.Values)
			}
			m.Scales[m.scaleAt(r, g)] = toHalf(s)
			scales = append(scales, s)
		}
	}
	switch {
	case m.Mask:
		return m.packMasked(r, row, scales)
	case m.M != 0:
		return m.packPattern(r, row, scales)
	case m.Values.Quantised():
		for c, x := range row {
			m.setQuantum(r, c/blockCols, c%blockCols, quantum(m.Values, scales[c/GroupCols], x))
		}
		return nil
	}
	size := m.Cols * m.Values.bits() / 8
	_, err := m.appendFloats(m.Data[r*size:r*size], r, row)
	return err
}

// appendFloats adds a row of F32, F16 or BF16 to dst.
func (m *Matrix) appendFloats(dst []byte, r int, row []float32) ([]byte, error) {
	if m.Values == F32 {
		for _, x := range row {
			dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(x))
		}
		return dst, nil
	}
	narrow := make([]uint16, len(row))
	most := uint16(0x7c00) // infinity
	if m.Values == F16 {
		asm.F32ToF16(narrow, row)
	} else {
		asm.F32ToBF16(narrow, row)
		most = 0x7f80
	}
	for i, h := range narrow {
		if h&0x7fff == most {
			return nil, fmt.Errorf("weight %v of row %d is too great for %v", row[i], r, m.Values)
		}
		dst = binary.LittleEndian.AppendUint16(dst, h)
	}
	return dst, nil
}

// packMasked adds a row to Data. A weight that is rounded to zero is kept as one.
func (m *Matrix) packMasked(r int, row, scales []float32) (err error) {
	if r%PanelRows == 0 {
		if err := m.endPanel(); err != nil {
			return err
		}
	}
	mask := m.Index[r*m.words()*8:]
	var kept []float32
	for c, x := range row {
		if x == 0 {
			continue
		}
		mask[c/8] |= 1 << (c % 8)
		if m.Values == Q8 {
			m.Data = append(m.Data, byte(quantum(Q8, scales[c/GroupCols], x)))
		} else {
			kept = append(kept, x)
		}
	}
	m.Data, err = m.appendFloats(m.Data, r, kept)
	return err
}

// endPanel says that the values so far are those of whole panels.
func (m *Matrix) endPanel() error {
	if len(m.Data) > math.MaxUint32 {
		return fmt.Errorf("a matrix of %d × %d has more than 4 GiB of values: too many for a mask", m.Rows, m.Cols)
	}
	m.Offsets = append(m.Offsets, uint32(len(m.Data)))
	return nil
}

// packPattern stores a row of 2:4. Where fewer than two of four weights are not
// zero, zeros are kept along.
func (m *Matrix) packPattern(r int, row, scales []float32) error {
	for c := 0; c < m.blocks()*blockCols; c += 4 {
		var four [4]float32
		if c < m.Cols {
			copy(four[:], row[c:])
		}
		first, second, n := -1, -1, 0
		for i, x := range four {
			switch {
			case x == 0:
			case n == 0:
				first, n = i, 1
			default:
				second = i
				n++
			}
		}
		if n > 2 {
			return fmt.Errorf("row %d has %d weights in the four from column %d, not 2:4", r, n, c)
		}
		if first < 0 {
			first, second = 0, 1
		} else if second < 0 {
			first, second = min(first, 2), max(first, 1)
			if second == first {
				second++
			}
		}
		block, i := c/blockCols, c%blockCols/2
		for k, col := range [2]int{first, second} {
			at, shift := m.indexAt(r, block, i+k)
			m.Index[at] = m.Index[at]&^(3<<shift) | byte(col<<shift)
			q := 0
			if four[col] != 0 {
				q = quantum(m.Values, scales[c/GroupCols], four[col])
			}
			m.setQuantum(r, block, i+k, q)
		}
	}
	return nil
}
