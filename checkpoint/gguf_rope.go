package checkpoint

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
)

// ropeFactors is the tensor in which GGUF has what Llama 3.1 and later divide
// the frequencies of the rotary embedding by, headDim/2 numbers.
const ropeFactors = "rope_freqs.weight"

type ropeScaling struct {
	Type   string      `json:"rope_type"`
	Factor json.Number `json:"factor"`
	Low    json.Number `json:"low_freq_factor,omitempty"`
	High   json.Number `json:"high_freq_factor,omitempty"`
	Old    int64       `json:"original_max_position_embeddings,omitempty"`
}

// scaleRope finds the parameters that the divisors came from: those of every
// Llama 3.x, but for the factor (8, and 32 of the small ones of 3.2), which is
// the divisor of the lowest frequency.
func (c *llamaConfig) scaleRope(x *file, in *ggufTensor) error {
	dim := c.HeadDim
	if dim == 0 {
		dim = c.Hidden / c.Heads
	}
	if len(in.dims) != 1 || in.dims[0] != dim/2 || ggmlTypes[in.kind].dtype != F32 || ggmlTypes[in.kind].block != 1 {
		return errors.New("is no list of divisors for the head's frequencies")
	}
	d := make([]float64, dim/2)
	err := x.use(in.off, in.size, func(b []byte) error {
		decode(F32, d, b)
		return nil
	})
	if err != nil {
		return err
	}
	theta, err := c.Theta.Float64()
	if err != nil {
		return err
	}
	const low, high, old = 1, 4, 8192
	factor := d[len(d)-1]
	for i, got := range d {
		wave := 2 * math.Pi * math.Pow(theta, 2*float64(i)/float64(dim))
		want := factor
		switch {
		case wave < old/high:
			want = 1
		case wave <= old/low:
			smooth := (old/wave - low) / (high - low)
			want = 1 / ((1-smooth)/factor + smooth)
		}
		if !(math.Abs(got-want) <= 1e-4*want) { // of float32 in its making
			return errors.New("scales the rotary embedding as no Llama 3.x does")
		}
	}
	c.Scaling = &ropeScaling{"llama3", decimal(factor), decimal(low), decimal(high), old}
	return nil
}

// decimal is the shortest text of a float32, with a point or an
// exponent, so that Python takes it for a float.
func decimal(x float64) json.Number {
	s := strconv.FormatFloat(x, 'g', -1, 32)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return json.Number(s)
}
