package checkpoint

import (
	"encoding/binary"
	"fmt"
	"math"

	"sparsellm/model"
	"sparsellm/packed"
)

// AsStored is a checkpoint whose matrices come into memory as they are stored,
// to be multiplied as they are: in half the bytes of float32, or fewer. Those of
// other types than packed.Values has are float32.
type AsStored struct{ *Checkpoint }

// Weight implements model.WeightSource.
func (c AsStored) Weight(at model.Slot, outputs, inputs int) (model.Weight[float32], bool, error) {
	if w, ok, err := c.Checkpoint.Weight(at, outputs, inputs); ok || err != nil { // packed
		return w, ok, err
	}
	t, ok := c.find(at.Tensor)
	if !ok || len(t.shape) != 2 {
		return nil, false, nil
	}
	all, across := t.shape[0], t.shape[1] // outputs and inputs of the tensor
	if at.Transposed {
		all, across = across, all
	}
	if across != inputs || at.First < 0 || outputs > all-at.First {
		return nil, false, nil // what reads it as numbers says so
	}
	m := &packed.Matrix{Rows: outputs, Cols: inputs}
	m.Values, ok = storedValues[t.dtype]
	var err error
	if ok {
		m.Data, err = t.outputs(at, outputs, inputs)
	} else {
		m.Data, err = t.singles(at, outputs, inputs)
	}
	if err != nil {
		return nil, false, fmt.Errorf("checkpoint: reading tensor %s: %w", t.name, err)
	}
	return m, true, nil
}

var storedValues = map[DType]packed.Values{F32: packed.F32, F16: packed.F16, BF16: packed.BF16}

// outputs returns the bytes of the outputs × inputs matrix in a slot, row-major.
func (t *tensor) outputs(at model.Slot, outputs, inputs int) ([]byte, error) {
	size := int(t.dtype.Size())
	data := make([]byte, outputs*inputs*size)
	first := int64(at.First * inputs * size)
	row := 0 // of a transposed tensor, in bytes
	if at.Transposed {
		row = t.shape[1] * size
	}
	err := t.pieces(func(off int64, b []byte) error {
		if !at.Transposed {
			if from := max(off, first); from < min(off+int64(len(b)), first+int64(len(data))) {
				copy(data[from-first:], b[from-off:])
			}
			return nil
		}
		for i := 0; i < len(b); i += size {
			j, o := (int(off)+i)/row, (int(off)+i)%row/size-at.First
			if o >= 0 && o < outputs {
				copy(data[(o*inputs+j)*size:][:size], b[i:])
			}
		}
		return nil
	})
	return data, err
}

// singles is outputs in float32.
func (t *tensor) singles(at model.Slot, outputs, inputs int) ([]byte, error) {
	all := make([]float32, t.elements())
	if err := read(t, all); err != nil {
		return nil, err
	}
	data := make([]byte, 0, 4*outputs*inputs)
	for o := at.First; o < at.First+outputs; o++ {
		for j := range inputs {
			i := o*inputs + j
			if at.Transposed {
				i = j*t.shape[1] + o
			}
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(all[i]))
		}
	}
	return data, nil
}
