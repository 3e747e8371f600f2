package activation

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"sparsellm/linalg"
)

// Function is an activation φ and its slope φ′.
type Function struct{ Value, Slope func(x float64) float64 }

// functions are the activations by transformers' names for them.
var functions = map[string]Function{
	"relu": {
		Value: func(x float64) float64 { return max(x, 0) },
		Slope: func(x float64) float64 {
			if x > 0 {
				return 1
			}
			return 0
		},
	},
	"gelu": {
		Value: func(x float64) float64 { return 0.5 * x * math.Erfc(-x/math.Sqrt2) },
		Slope: func(x float64) float64 {
			return 0.5*math.Erfc(-x/math.Sqrt2) + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
		},
	},
	"gelu_new":          geluTanh,
	"gelu_pytorch_tanh": geluTanh,
	"silu": { // x·σ(x), σ(x) = 1/(1 + e⁻ˣ)
		Value: func(x float64) float64 { return x / (1 + math.Exp(-x)) },
		Slope: func(x float64) float64 {
			c := 1 / (1 + math.Exp(-x))
			return c * (1 + x*(1-c))
		},
	},
}

var geluTanh = Function{
	Value: func(x float64) float64 {
		return 0.5 * x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
	},
	Slope: func(x float64) float64 {
		c := math.Sqrt(2 / math.Pi)
		t := math.Tanh(c * (x + 0.044715*x*x*x))
		return 0.5*(1+t) + 0.5*x*(1-t*t)*c*(1+3*0.044715*x*x)
	},
}

// Named returns the activation of that name, and whether there is one.
func Named(name string) (Function, bool) {
	f, ok := functions[name]
	return f, ok
}

// Names returns those of all activations, in order.
func Names() []string { return slices.Sorted(maps.Keys(functions)) }

// Row returns what writes p = φ(z) or, with a gate, p = φ(s)∘z to dst, entry by
// entry. dst may be z or s, which is not looked at where there is no gate.
func Row[T linalg.Float](name string, gated bool) (func(dst, z, s []T), error) {
	f, ok := functions[name]
	switch {
	case !ok && name == "":
		return nil, fmt.Errorf("the feed-forward network does not say what its activation is")
	case !ok:
		return nil, fmt.Errorf("there is no activation %q", name)
	case name == "relu" && !gated:
		return func(dst, z, _ []T) {
			for i, v := range z {
				dst[i] = max(v, 0)
			}
		}, nil
	case name == "silu" && gated:
		return func(dst, z, s []T) { linalg.SwiGLU(dst, s, z) }, nil
	case gated:
		return func(dst, z, s []T) {
			for i, v := range s {
				dst[i] = T(f.Value(float64(v)) * float64(z[i]))
			}
		}, nil
	}
	return func(dst, z, _ []T) {
		for i, v := range z {
			dst[i] = T(f.Value(float64(v)))
		}
	}, nil
}
