package checkpoint

import (
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	"sparsellm/asm"
	"sparsellm/model"
	"sparsellm/packed"
)

// TestAsStored compares matrices in memory with what is read as numbers.
func TestAsStored(t *testing.T) {
	for dtype, size := range map[string]int{"F64": 8, "F32": 4, "F16": 2, "BF16": 2} {
		const rows, cols = 6, 4
		var values []float32
		var data []byte
		for i := range rows * cols {
			v := float32(i) - 7.5
			values = append(values, v)
			switch dtype {
			case "F64":
				data = binary.LittleEndian.AppendUint64(data, math.Float64bits(float64(v)))
			case "F32":
				data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
			case "F16":
				var half [1]uint16
				asm.F32ToF16(half[:], []float32{v})
				data = binary.LittleEndian.AppendUint16(data, half[0])
			case "BF16":
				data = binary.LittleEndian.AppendUint16(data, uint16(math.Float32bits(v)>>16))
			}
		}
		header := fmt.Sprintf(`{"w":{"dtype":%q,"shape":[%d,%d],"data_offsets":[0,%d]}}`, dtype, rows, cols, len(data))
		dir := folder(t, map[string]string{"model.safetensors": safetensors(header, string(data)), "config.json": "{}"})
		c, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for _, at := range []model.Slot{
			{Tensor: "w"}, {Tensor: "w", First: 1, Outputs: 3}, {Tensor: "w", Transposed: true}, {Tensor: "w", First: 2, Outputs: 2, Transposed: true},
		} {
			t.Run(fmt.Sprint(dtype, at, at.Transposed), func(t *testing.T) {
				outputs, inputs := rows, cols
				if at.Transposed {
					outputs, inputs = cols, rows
				}
				if at.Outputs > 0 {
					outputs = at.Outputs
				}
				w, ok, err := AsStored{c}.Weight(at, outputs, inputs)
				if err != nil || !ok {
					t.Fatal(ok, err)
				}
				m := w.(*packed.Matrix)
				if m.Bytes() != min(size, 4)*outputs*inputs {
					t.Errorf("it takes %d bytes", m.Bytes())
				}
				got := make([]float32, inputs)
				for o := range outputs {
					m.Unpack(o, got)
					for j, v := range got {
						i := (at.First+o)*cols + j
						if at.Transposed {
							i = j*cols + at.First + o
						}
						if v != values[i] {
							t.Fatalf("output %d, input %d is %v, want %v", o, j, v, values[i])
						}
					}
				}
				if _, ok, err := (AsStored{c}).Weight(at, outputs, inputs+1); ok || err != nil {
					t.Errorf("of another shape: %v, %v", ok, err)
				}
			})
		}
	}
}
