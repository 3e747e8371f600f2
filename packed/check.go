package packed

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Check says what is wrong with a matrix that comes from a file, so that after it
// every other method is safe: lengths, positions, bits, offsets, scales.
func (m *Matrix) Check() error {
	sizes, err := SizesOf(m.Format, m.Rows, m.Cols)
	if err != nil {
		return err
	}
	if sizes.Data < 0 {
		sizes.Data = max(len(m.Data), readAhead)
	}
	for _, part := range []struct {
		name       string
		have, want int
	}{
		{"bytes of values", len(m.Data), sizes.Data},
		{"bytes of index", len(m.Index), sizes.Index},
		{"offsets", len(m.Offsets), sizes.Offsets},
		{"scales", len(m.Scales), sizes.Scales},
	} {
		if part.have != part.want {
			return fmt.Errorf("%v of %d × %d has %d %s, not %d", m.Format, m.Rows, m.Cols, part.have, part.name, part.want)
		}
	}
	for i, s := range m.Scales {
		if s&0x7c00 == 0x7c00 {
			return fmt.Errorf("scale %d is not finite", i)
		}
	}
	if m.Values == Q8 {
		if i := bytes.IndexByte(m.Data, 0x80); i >= 0 {
			return fmt.Errorf("value %d is -128: below the grid", i)
		}
	}
	switch {
	case m.Mask:
		return m.checkMask()
	case m.M != 0:
		return m.checkPositions()
	}
	return nil
}

// checkPositions: of each two of four weights the first is before the second.
func (m *Matrix) checkPositions() error {
	for i := 0; i < len(m.Index); i += 8 {
		word := binary.LittleEndian.Uint64(m.Index[i:])
		for shift := range 4 {
			const one = 0x0001000100010001
			first, second := word>>(2*shift)&(3*one), word>>(2*shift+8)&(3*one)
			if (second+4*one-one-first)&(4*one) != 4*one { // each no less than 4
				return fmt.Errorf("positions in byte %d of the index are not in order", i)
			}
		}
	}
	return nil
}

// checkMask: bits are of columns, and as many as there are values.
func (m *Matrix) checkMask() error {
	words := m.words()
	if past := m.Cols % 64; past != 0 {
		for r := range m.Rows {
			if last := binary.LittleEndian.Uint64(m.Index[(r+1)*words*8-8:]); last>>past != 0 {
				return fmt.Errorf("row %d of the mask has bits past its %d columns", r, m.Cols)
			}
		}
	}
	size, at := m.Values.bits()/8, 0
	for p := range m.panels() {
		if int(m.Offsets[p]) != at {
			return fmt.Errorf("the values of rows from %d begin at %d, not at %d as the mask has it", p*PanelRows, m.Offsets[p], at)
		}
		at += ones(m.Index[p*PanelRows*words*8:min((p+1)*PanelRows, m.Rows)*words*8]) * size
	}
	if end := int(m.Offsets[m.panels()]); end != at || len(m.Data) != at+readAhead {
		return fmt.Errorf("%d bytes of values, which end at %d: the mask marks %d, and %d follow", len(m.Data), end, at, readAhead)
	}
	return nil
}
