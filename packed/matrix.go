package packed

import (
	"fmt"
	"math"
)

// Matrix is a packed weight matrix, outputs × inputs. Its slices are what lies in
// a file; they are read only, and may be a mapped file's.
type Matrix struct {
	Rows, Cols int
	Format
	Data    []byte   // values, little-endian
	Index   []byte   // of N:M: positions; of a mask: bits
	Offsets []uint32 // of a mask: in Data, where the values of each panel of rows begin, and where the last end
	Scales  []uint16 // of quantised values: float16, [panel][group][row]
}

// Outputs implements model.Weight.
func (m *Matrix) Outputs() int { return m.Rows }

// Inputs implements model.Weight.
func (m *Matrix) Inputs() int { return m.Cols }

// Bytes returns what the matrix takes, in a file and in memory.
func (m *Matrix) Bytes() int {
	return len(m.Data) + len(m.Index) + 4*len(m.Offsets) + 2*len(m.Scales)
}

// Weights returns how many weights are stored: what a mask marks, or two of four
// of whole blocks, or all.
func (m *Matrix) Weights() int {
	switch {
	case m.Mask:
		return (len(m.Data) - ReadAhead) * 8 / m.Values.bits()
	case m.M != 0:
		return m.Rows * m.Cols / m.M * m.N
	}
	return m.Rows * m.Cols
}

// panels, blocks and groups count what rows and columns are rounded up to.
func (m *Matrix) panels() int { return ceilDiv(m.Rows, PanelRows) }
func (m *Matrix) blocks() int { return ceilDiv(m.Cols, blockCols) }
func (m *Matrix) groups() int { return ceilDiv(m.Cols, GroupCols) }

// words is how many 64 bits a row of a mask has.
func (m *Matrix) words() int { return ceilDiv(m.Cols, 64) }

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// Sizes is how long the parts of a matrix are.
type Sizes struct {
	Data    int // bytes; -1 if it depends on the mask
	Index   int // bytes
	Offsets int // numbers
	Scales  int // numbers
}

// SizesOf returns the lengths of the parts of a rows × cols matrix.
func SizesOf(f Format, rows, cols int) (Sizes, error) {
	if err := f.Check(); err != nil {
		return Sizes{}, err
	}
	if rows < 1 || cols < 1 || rows > math.MaxInt32 || cols > math.MaxInt32 || rows > 1<<40/cols {
		return Sizes{}, fmt.Errorf("a matrix cannot be of %d × %d", rows, cols)
	}
	m := &Matrix{Rows: rows, Cols: cols, Format: f}
	var s Sizes
	if f.Values.Quantised() {
		s.Scales = m.panels() * m.groups() * PanelRows
	}
	block := PanelRows * blockCols * f.Values.bits() / 8
	switch {
	case f.Mask:
		s.Data, s.Index, s.Offsets = -1, rows*m.words()*8, m.panels()+1
	case f.M != 0:
		s.Data, s.Index = m.panels()*m.blocks()*block/2, m.panels()*m.blocks()*PanelRows*4
	case f.Values.Quantised():
		s.Data = m.panels() * m.blocks() * block
	default:
		s.Data = rows * cols * f.Values.bits() / 8
	}
	return s, nil
}

// at returns where value i of a row's block lies in Data, of a form with panels:
// of Q4 the byte and whether it is the upper half. Of 2:4 a block has half as
// many values, each two of four columns'.
func (m *Matrix) at(row, block, i int) (at int, upper bool) {
	panel := (row/PanelRows*m.blocks() + block) * PanelRows * 4
	steps := blockCols / 4
	if m.M != 0 {
		steps /= 2
	}
	step := i / 4
	if m.Values == Q4 {
		upper = step%2 == 1
		step /= 2
		steps /= 2
	}
	return panel*steps + step*PanelRows*4 + row%PanelRows*4 + i%4, upper
}

// setQuantum stores the integer that value i of a row's block is.
func (m *Matrix) setQuantum(row, block, i, q int) {
	at, upper := m.at(row, block, i)
	switch {
	case m.Values == Q8:
		m.Data[at] = byte(q)
	case upper:
		m.Data[at] = m.Data[at]&15 | byte(q+8)<<4
	default:
		m.Data[at] = m.Data[at]&^15 | byte(q+8)
	}
}

// indexAt returns where value i of a row's block has the two bits that say which of
// its four columns it is of.
func (m *Matrix) indexAt(row, block, i int) (at, shift int) {
	return ((row/PanelRows*m.blocks()+block)*PanelRows+row%PanelRows)*4 + i%4, i / 4 * 2
}

// scaleAt returns where the scale of a row's group lies.
func (m *Matrix) scaleAt(row, group int) int {
	return (row/PanelRows*m.groups()+group)*PanelRows + row%PanelRows
}
