package activation

import (
	"fmt"
	"maps"
	"slices"

	"sparsellm/asm"
	"sparsellm/linalg"
)

// Function is an activation φ: one that is smooth, or relu(x), or its square.
type Function struct {
	Smooth  *asm.Smooth // nil where it is not
	Squared bool        // relu(x)²
}

// functions are the activations by transformers' names for them (ACT2FN of its
// activations.py). Those that share a formula there differ by rounding alone.
var functions = map[string]Function{
	"relu":              {},                      // max(x, 0)
	"relu2":             {Squared: true},         // max(x, 0)²
	"silu":              {Smooth: asm.SiLU},      // x·σ(x), σ(x) = 1/(1 + e⁻ˣ)
	"swish":             {Smooth: asm.SiLU},      //
	"quick_gelu":        {Smooth: asm.QuickGELU}, // x·σ(1.702x)
	"gelu":              {Smooth: asm.GELU},      // x·Φ(x), Φ(x) = (1 + erf(x/√2))/2
	"gelu_python":       {Smooth: asm.GELU},
	"gelu_new":          {Smooth: asm.GELUTanh}, // x·(1 + tanh(√(2/π)·(x + 0.044715x³)))/2
	"gelu_fast":         {Smooth: asm.GELUTanh},
	"gelu_accurate":     {Smooth: asm.GELUTanh},
	"gelu_pytorch_tanh": {Smooth: asm.GELUTanh},
	"gelu_python_tanh":  {Smooth: asm.GELUTanh},
}

// Named returns the activation of that name.
func Named(name string) (Function, error) {
	f, ok := functions[name]
	switch {
	case !ok && name == "":
		return f, fmt.Errorf("the feed-forward network does not say what its activation is")
	case !ok:
		return f, fmt.Errorf("there is no activation %q", name)
	}
	return f, nil
}

// Names returns those of all activations, in order.
func Names() []string { return slices.Sorted(maps.Keys(functions)) }

// Row returns what writes p = φ(z) or, with a gate, p = φ(s)∘z to dst, entry by
// entry. dst may be z or s, which is not looked at where there is no gate.
func Row[T linalg.Float](name string, gated bool) (func(dst, z, s []T), error) {
	f, err := Named(name)
	switch {
	case err != nil:
		return nil, err
	case f.Smooth == asm.SiLU && gated:
		return func(dst, z, s []T) { linalg.SwiGLU(dst, s, z) }, nil
	case gated:
		return func(dst, z, s []T) { apply(f, dst, s, z) }, nil
	}
	return func(dst, z, _ []T) { apply(f, dst, z, nil) }, nil
}

// apply writes φ(x)∘up to dst, which may be either, and φ(x) where up is nil.
func apply[T linalg.Float](f Function, dst, x, up []T) {
	if f.Smooth != nil {
		asm.Activate(f.Smooth, dst, x, up)
		return
	}
	for i, v := range x {
		v = max(v, 0)
		if f.Squared {
			v *= v
		}
		if up != nil {
			v *= up[i]
		}
		dst[i] = v
	}
}
