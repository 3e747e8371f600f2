package plan

// Work is how much there is to do of each kind that has a rate of its own.
// Products, Gram matrices, factors and sweeps are in operations (a
// multiplication and an addition are two), counted as the textbook does,
// without what a kernel computes twice or for nothing.
type Work struct {
	Product   float64 `json:"product"`   // matrix products, float32
	Attention float64 `json:"attention"` // the small products of attention
	Gram      float64 `json:"gram"`      // X·Xᵀ, one triangle
	Factor    float64 `json:"factor"`    // R of a Hessian, by Cholesky
	Sweep     float64 `json:"sweep"`     // a sweep within its blocks of columns
	Double    float64 `json:"double"`    // products and factors in float64
	Exp       float64 `json:"exp"`       // elements through an activation or a softmax
	Bytes     float64 `json:"bytes"`     // moved to and from memory, by what computes little
}

// Flops returns all that is counted in operations.
func (w Work) Flops() float64 {
	return w.Product + w.Attention + w.Gram + w.Factor + w.Sweep + w.Double
}

func (w Work) plus(v Work) Work {
	return Work{
		w.Product + v.Product, w.Attention + v.Attention, w.Gram + v.Gram, w.Factor + v.Factor,
		w.Sweep + v.Sweep, w.Double + v.Double, w.Exp + v.Exp, w.Bytes + v.Bytes,
	}
}

// double is w in float64, which moves twice the bytes.
func (w Work) double() Work {
	return Work{Attention: w.Attention, Double: w.Product + w.Gram + w.Factor + w.Sweep + w.Double, Exp: 2 * w.Exp, Bytes: 2 * w.Bytes}
}

func (w Work) times(n float64) Work {
	return Work{
		w.Product * n, w.Attention * n, w.Gram * n, w.Factor * n,
		w.Sweep * n, w.Double * n, w.Exp * n, w.Bytes * n,
	}
}

// Rates are how much of each kind of Work a machine does in a second.
type Rates Work

// Seconds returns how long w takes.
func (r Rates) Seconds(w Work) float64 {
	s := 0.0
	for _, k := range [][2]float64{
		{w.Product, r.Product}, {w.Attention, r.Attention}, {w.Gram, r.Gram}, {w.Factor, r.Factor},
		{w.Sweep, r.Sweep}, {w.Double, r.Double}, {w.Exp, r.Exp}, {w.Bytes, r.Bytes},
	} {
		if k[0] > 0 {
			s += k[0] / k[1]
		}
	}
	return s
}
