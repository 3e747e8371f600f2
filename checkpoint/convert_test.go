package checkpoint

import (
	"math"
	"math/rand/v2"
	"sort"
	"testing"
)

// value is what a float16 or bfloat16 means, by the definition.
func value(d DType, h uint16) float64 {
	mantissa, bias := 10, 15
	if d == BF16 {
		mantissa, bias = 7, 127
	}
	e := int(h&0x7fff) >> mantissa
	m := float64(int(h) & (1<<mantissa - 1))
	v := 0.0
	switch {
	case e == 0:
		v = math.Ldexp(m, 1-bias-mantissa)
	case e == 2*bias+1 && m == 0:
		v = math.Inf(1)
	case e == 2*bias+1:
		v = math.NaN()
	default:
		v = math.Ldexp(m+float64(int(1)<<mantissa), e-bias-mantissa)
	}
	if h&0x8000 != 0 {
		return -v
	}
	return v
}

func TestHalvesDecode(t *testing.T) {
	for _, d := range []DType{F16, BF16} {
		src := make([]byte, 2<<16)
		for i := range 1 << 16 {
			src[2*i], src[2*i+1] = byte(i), byte(i>>8)
		}
		f32, f64 := make([]float32, 1<<16), make([]float64, 1<<16)
		decode(d, f32, src)
		decode(d, f64, src)
		for i := range f32 {
			want := value(d, uint16(i))
			if want != want {
				if f32[i] == f32[i] || f64[i] == f64[i] {
					t.Fatalf("%v %#04x: %v, %v, want NaN", d, i, f32[i], f64[i])
				}
				continue
			}
			if float64(f32[i]) != want || f64[i] != want || math.Signbit(want) != math.Signbit(f64[i]) {
				t.Fatalf("%v %#04x: %v, %v, want %v", d, i, f32[i], f64[i], want)
			}
		}
		back := make([]byte, len(src))
		encode(d, back, f32)
		for i := range f32 {
			if f32[i] == f32[i] && (back[2*i] != src[2*i] || back[2*i+1] != src[2*i+1]) {
				t.Fatalf("%v %#04x comes back as %#02x%02x", d, i, back[2*i+1], back[2*i])
			}
		}
	}
}

// nearest rounds x by searching the table of all non-negative finite values of
// a 16-bit type: to the nearest, ties to the even bit pattern.
func nearest(table []float64, x float64) float64 {
	a := math.Abs(x)
	i := sort.SearchFloat64s(table, a)
	switch {
	case i == len(table):
		last := table[i-1]
		if half := (last - table[i-2]) / 2; a-last < half {
			i--
		} else {
			return math.Inf(int(math.Copysign(1, x)))
		}
	case i > 0 && table[i] != a:
		below, above := a-table[i-1], table[i]-a
		if below < above || below == above && (i-1)%2 == 0 {
			i--
		}
	}
	return math.Copysign(table[i], x)
}

func TestHalvesRound(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, d := range []DType{F16, BF16} {
		var table []float64
		for h := range 1 << 15 {
			if v := value(d, uint16(h)); v == v && !math.IsInf(v, 0) {
				table = append(table, v)
			}
		}
		var x []float64
		for range 200_000 {
			i := 1 + r.IntN(len(table)-1)
			lo, hi := table[i-1], table[i]
			mid := lo + (hi-lo)/2
			v := [...]float64{lo, mid, math.Nextafter(mid, 0), math.Nextafter(mid, hi), lo + (hi-lo)*r.Float64(),
				math.Nextafter(hi, 0), mid * (1 + 1e-9)}[r.IntN(7)]
			if r.IntN(2) == 0 {
				v = -v
			}
			x = append(x, v)
		}
		last := table[len(table)-1]
		x = append(x, 0, math.Copysign(0, -1), 5e-324, last, last*1.0001, math.Inf(1), math.Inf(-1), 1e300, -1e300)
		got := append([]float64(nil), x...)
		round(d, got)
		for i, v := range x {
			if want := nearest(table, v); !math.IsInf(v, 0) && (got[i] != want || math.Signbit(got[i]) != math.Signbit(want)) {
				t.Fatalf("%v: %g rounds to %g, want %g", d, v, got[i], want)
			}
		}
		single := make([]float32, len(x))
		for i, v := range x {
			single[i] = float32(v)
		}
		got32 := append([]float32(nil), single...)
		round(d, got32)
		for i, v := range single {
			if want := nearest(table, float64(v)); !math.IsInf(float64(v), 0) && float64(got32[i]) != want {
				t.Fatalf("%v: float32 %g rounds to %g, want %g", d, v, got32[i], want)
			}
		}
	}
}

func TestRoundWide(t *testing.T) {
	x := []float64{1 + 1e-12, math.Pi}
	round(F64, x)
	if x[0] != 1+1e-12 {
		t.Errorf("F64 changed %v", x[0])
	}
	round(F32, x)
	if x[0] != 1 || x[1] != float64(float32(math.Pi)) {
		t.Errorf("F32 gives %v", x)
	}
}

func TestEncodeFindsOverflow(t *testing.T) {
	b := make([]byte, 64<<10)
	for _, c := range []struct {
		d    DType
		v    float64
		over bool
	}{
		{F16, 65504, false}, {F16, 65519.99, false}, {F16, 65520, true}, {F16, -1e6, true},
		{F16, math.Inf(1), false}, {F16, math.NaN(), false}, {BF16, 1e38, false}, {BF16, 3.4e38, true},
		{F32, 1e39, true}, {F32, 1e38, false}, {F64, 1e300, false},
	} {
		x := make([]float64, 5000)
		x[4321] = c.v
		want := -1
		if c.over {
			want = 4321
		}
		if got := encode(c.d, b, x); got != want {
			t.Errorf("%v %g: overflow at %d, want %d", c.d, c.v, got, want)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	const n = 1 << 20
	for _, d := range []DType{F16, BF16, F32, F64} {
		src, dst := make([]byte, n*d.Size()), make([]float32, n)
		b.Run(d.String(), func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				decode(d, dst, src)
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	const n = 1 << 20
	src := make([]float32, n)
	for _, d := range []DType{F16, BF16, F32} {
		dst := make([]byte, n*d.Size())
		b.Run(d.String(), func(b *testing.B) {
			b.SetBytes(int64(len(dst)))
			for b.Loop() {
				encode(d, dst, src)
			}
		})
	}
}
