package decoder

import (
	"math"

	"sparsellm/asm"
	"sparsellm/linalg"
	"sparsellm/model"
)

// Queries of a sequence that has been run up to there come one or a few at a
// time. Packing keys and values for them would take longer than all else, so
// that each head of each of them goes over the cache as it is.
const (
	fewQueries = 4
	// scoreStep is how many more scores there is memory for than positions, so
	// that not every token asks for more.
	scoreStep = 256
	// soloScores is the number of multiplications below which waking another
	// thread takes longer than doing its share.
	soloScores = 1 << 15
)

// attendFew is Attend for a few queries after others, and reports whether they
// are.
func attendFew[T linalg.Float](pool *linalg.Pool, a Attention, s *model.Scratch[T], dst, q, k, v linalg.Matrix[T], before, dropped int) bool {
	query, ok := any(q).(linalg.Matrix[float32])
	if !ok || q.Rows > fewQueries || before == 0 {
		return false
	}
	out, keys, values := any(dst).(linalg.Matrix[float32]), any(k).(linalg.Matrix[float32]), any(v).(linalg.Matrix[float32])
	n := k.Rows
	scores := any(s.Matrix(q.Rows*a.Heads, (n+scoreStep-1)/scoreStep*scoreStep)).(linalg.Matrix[float32])
	if q.Rows*a.Heads*n*a.HeadDim <= soloScores {
		pool = nil
	}
	pool.For(q.Rows*a.Heads, func(i int) {
		r, h := i/a.Heads, i%a.Heads
		a.attendOne(out.Row(r), query.Row(r), keys, values, scores.Row(i), h, before+r, dropped)
	})
	return true
}

// attendOne is attention of head h of the query at position t: dst and q are
// rows of all heads. scores is memory for as many as there are keys.
func (a Attention) attendOne(dst, q []float32, keys, values linalg.Matrix[float32], scores []float32, h, t, dropped int) {
	first := a.first(t) - dropped
	scores = scores[:t+1-dropped-first]
	kv := h / (a.Heads / a.KVHeads)
	at := first*keys.Stride + kv*a.HeadDim
	asm.RowDots(scores, q[h*a.HeadDim:][:a.HeadDim], keys.Data[at:], keys.Stride)
	scale := float32(a.Scale)
	if scale == 0 {
		scale = float32(1 / math.Sqrt(float64(a.HeadDim)))
	}
	asm.Scale(scale, scores)
	if a.Cap != 0 {
		for j, x := range scores {
			scores[j] = float32(a.Cap * math.Tanh(float64(x)/a.Cap))
		}
	}
	if a.Slopes != nil {
		for j := range scores {
			scores[j] -= float32(a.Slopes[h] * float64(len(scores)-1-j))
		}
	}
	sum := asm.ExpSum(scores, scores, asm.Max(scores))
	out := dst[h*a.HeadDim:][:a.HeadDim]
	asm.RowSum(out, scores, values.Data[at:], values.Stride)
	asm.Scale(1/sum, out)
}
