package packed

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sparsellm/asm/asmtest"
	"sparsellm/linalg"
	"sparsellm/model"
)

var _ model.Weight[float32] = (*Matrix)(nil)

// formats are all that there are.
var formats = func() (all []Format) {
	for v := F32; v <= Q4; v++ {
		for _, f := range []Format{{Values: v}, {Values: v, Mask: true}, {Values: v, N: 2, M: 4}} {
			if f.Check() == nil {
				all = append(all, f)
			}
		}
	}
	return all
}()

// random returns a matrix whose zeros suit a format.
func random(rng *rand.Rand, f Format, rows, cols int) linalg.Matrix[float32] {
	w := linalg.NewMatrix[float32](rows, cols)
	for r := range rows {
		row := w.Row(r)
		for c := range row {
			row[c] = float32(rng.NormFloat64()) * 0.05
		}
		switch {
		case f.Mask:
			for c := range row {
				if rng.IntN(10) < 6 {
					row[c] = 0
				}
			}
		case f.M != 0:
			for c := 0; c < cols; c += 4 {
				p := rng.Perm(4)
				for _, i := range p[:2+rng.IntN(3)] {
					if c+i < cols {
						row[c+i] = 0
					}
				}
			}
		}
	}
	return w
}

var shapes = [][2]int{{1, 1}, {16, 128}, {15, 127}, {17, 129}, {3, 31}, {40, 33}, {33, 64}, {48, 320}, {5, 700}, {130, 36}}

func unpacked(m *Matrix) linalg.Matrix[float32] {
	w := linalg.NewMatrix[float32](m.Rows, m.Cols)
	for r := range m.Rows {
		m.Unpack(r, w.Row(r))
	}
	return w
}

// TestRoundTrip: what is unpacked is within half a step of what was packed, and
// comes out the same when it is packed once more.
func TestRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, f := range formats {
		for _, s := range shapes {
			w := random(rng, f, s[0], s[1])
			m, err := Pack(f, w)
			if err != nil {
				t.Fatalf("%v, %v: %v", f, s, err)
			}
			if err := m.Check(); err != nil {
				t.Fatalf("%v, %v: %v", f, s, err)
			}
			got := unpacked(m)
			for r := range w.Rows {
				for c, x := range w.Row(r) {
					bound := float32(0)
					switch {
					case f.Values == F16:
						bound = max(0x1p-11*abs(x), 0x1p-25)
					case f.Values == BF16:
						bound = 0x1p-8 * abs(x)
					case f.Values.Quantised():
						bound = 0.5001 * abs(m.scale(r, c))
					}
					if y := got.At(r, c); abs(x-y) > bound || x == 0 && y != 0 {
						t.Fatalf("%v, %v: %v at (%d, %d) becomes %v", f, s, x, r, c, y)
					}
				}
			}
			again, err := Pack(f, got)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(unpacked(again).Data, got.Data) {
				t.Errorf("%v, %v: packed once more it is another matrix", f, s)
			}
		}
	}
}

// TestRows: panels of rows that are packed on their own are those of the whole.
func TestRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	for _, f := range formats {
		w := random(rng, f, 80, 200)
		whole, err := Pack(f, w)
		if err != nil {
			t.Fatal(err)
		}
		var data, index []byte
		var scales []uint16
		for r := 0; r < 80; r += 32 {
			m, err := Pack(f, w.Slice(r, min(r+32, 80), 0, 200))
			if err != nil {
				t.Fatal(err)
			}
			if f.Mask {
				m.Data = m.Data[:len(m.Data)-ReadAhead]
			}
			data, index, scales = append(data, m.Data...), append(index, m.Index...), append(scales, m.Scales...)
		}
		if f.Mask {
			data = append(data, make([]byte, ReadAhead)...)
		}
		if !slices.Equal(data, whole.Data) || !slices.Equal(index, whole.Index) || !slices.Equal(scales, whole.Scales) {
			t.Errorf("%v: parts of the matrix are not the whole's", f)
		}
	}
}

// TestApply compares products with float64 ones of what is unpacked, in every
// tier, for few tokens and many.
func TestApply(t *testing.T) {
	asmtest.EachTier(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 1))
		pools := []*linalg.Pool{nil, linalg.NewPool(3)}
		for _, f := range formats {
			for _, s := range shapes {
				m, err := Pack(f, random(rng, f, s[0], s[1]))
				if err != nil {
					t.Fatal(err)
				}
				w := unpacked(m)
				for _, tokens := range []int{1, 2, fewTokens, fewTokens + 1, 20} {
					x := linalg.NewMatrix[float32](tokens, m.Cols)
					for i := range x.Data {
						x.Data[i] = float32(rng.NormFloat64())
					}
					for _, pool := range pools {
						dst := linalg.NewMatrix[float32](tokens, m.Rows)
						m.Apply(pool, dst, x)
						sum := dst.Clone()
						m.Add(pool, sum, x)
						for tok := range tokens {
							for r := range m.Rows {
								want, terms, most := 0.0, 0.0, 0.0
								for c, v := range w.Row(r) {
									p := float64(v) * float64(x.At(tok, c))
									want += p
									terms += math.Abs(p)
									most += math.Abs(float64(v))
								}
								bound := float64(m.Cols+8) * 0x1p-24 * terms
								if f.Values.Quantised() && tokens <= fewTokens {
									bound += most * 0.5001 * float64(peak(x.Row(tok))) / 127
								}
								if got := float64(dst.At(tok, r)); !(math.Abs(got-want) <= bound+1e-30) {
									t.Fatalf("%v %v, %d tokens: (%d, %d) is %v, want %v within %v", f, s, tokens, tok, r, got, want, bound)
								}
								if got := sum.At(tok, r); abs(got-2*dst.At(tok, r)) > float32(bound)+1e-6*abs(got) {
									t.Fatalf("%v %v: added (%d, %d) is %v, want %v", f, s, tok, r, got, 2*dst.At(tok, r))
								}
							}
						}
					}
				}
			}
		}
	})
}

func peak(x []float32) (most float32) {
	for _, v := range x {
		most = max(most, abs(v))
	}
	return most
}

// TestTokens: a token's products are the same bits alone and among few others, on
// any number of threads, and together with other matrices.
func TestTokens(t *testing.T) {
	asmtest.EachTier(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(4, 1))
		const cols = 640
		var ms []*Matrix
		var weights []model.Weight[float32]
		for _, f := range formats {
			m, err := Pack(f, random(rng, f, 500, cols))
			if err != nil {
				t.Fatal(err)
			}
			ms, weights = append(ms, m), append(weights, m)
		}
		x := linalg.NewMatrix[float32](fewTokens, cols)
		for i := range x.Data {
			x.Data[i] = float32(rng.NormFloat64())
		}
		dsts := make([]linalg.Matrix[float32], len(ms))
		for i := range dsts {
			dsts[i] = linalg.NewMatrix[float32](fewTokens, 500)
		}
		if !ms[0].ApplyEach(linalg.NewPool(2), weights, dsts, x) {
			t.Fatal("packed matrices are not applied together")
		}
		for i, m := range ms {
			for tok := range fewTokens {
				alone := linalg.NewMatrix[float32](1, 500)
				m.Apply(nil, alone, x.Slice(tok, tok+1, 0, cols))
				if !slices.Equal(alone.Data, dsts[i].Row(tok)) {
					t.Fatalf("%v: token %d alone has other products", m.Format, tok)
				}
			}
		}
		if ms[0].ApplyEach(nil, append(weights, model.Dense[float32]{}), dsts, x) {
			t.Error("a dense matrix is applied as a packed one")
		}
	})
}

func TestPackRefuses(t *testing.T) {
	of := func(x ...float32) linalg.Matrix[float32] { return linalg.MatrixOf(1, len(x), x) }
	inf := float32(math.Inf(1))
	for _, c := range []struct {
		f    Format
		w    linalg.Matrix[float32]
		want string
	}{
		{Format{Values: F16}, of(1, inf), "not finite"},
		{Format{Values: F16}, of(1, float32(math.NaN())), "not finite"},
		{Format{Values: F16}, of(65536), "too great for f16"},
		{Format{Values: BF16, Mask: true}, of(math.MaxFloat32), "too great for bf16"},
		{Format{Values: Q8}, of(1e30), "too great for q8"},
		{Format{Values: Q8, N: 2, M: 4}, of(1, 2, 0, 3), "not 2:4"},
		{Format{Values: Q8, N: 4, M: 8}, of(1), "4:8 q8"},
		{Format{Values: F16, N: 2, M: 4}, of(1), "2:4 f16"},
		{Format{Values: Q4, Mask: true}, of(1), "mask q4"},
		{Format{Values: 9}, of(1), "unknown"},
		{Format{Values: Q8}, linalg.NewMatrix[float32](0, 3), "0 × 3"},
	} {
		if _, err := Pack(c.f, c.w); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.f, err, c.want)
		}
	}
}

// TestScale: the least scale that holds a group, tiny and great ones among them.
func TestScale(t *testing.T) {
	for _, v := range []Values{Q8, Q4} {
		top := float32(v.top())
		for _, most := range []float32{1e-38, 1e-9, 5.96e-8, 1e-6, 1e-3, 0.3, 1, 7e3, 65504 * 7} {
			s := Scale(v, []float32{most / 3.7, -most})
			if got := Round(v, s, -most); abs(got+most) > s/2*1.0001 {
				t.Errorf("%v: %v becomes %v with scale %v", v, -most, got, s)
			}
			if s*top > most*1.001 && s > 0x1p-24 && most > 1e-4 {
				t.Errorf("%v: scale %v for %v", v, s, most)
			}
		}
		if s := Scale(v, []float32{0, 0}); s != 0 || Round(v, s, 0) != 0 {
			t.Errorf("%v: scale %v of zeros", v, s)
		}
		// Of numbers that are on a grid, one on which they are.
		rng := rand.New(rand.NewPCG(5, 1))
		for range 300 {
			s := half(float32(math.Exp(rng.NormFloat64()*4 - 4)))
			group := make([]float32, 128)
			for i := range group {
				group[i] = float32(rng.IntN(2*v.top()+1)-v.top()) * s
			}
			found := Scale(v, group)
			for _, w := range group {
				if Round(v, found, w) != w {
					t.Fatalf("%v: %v of the grid of %v becomes %v on that of %v", v, w, s, Round(v, found, w), found)
				}
			}
		}
	}
}

// TestCheck: what is wrong with a matrix from a file is found.
func TestCheck(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 1))
	for _, f := range formats {
		w := random(rng, f, 20, 150)
		for name, spoil := range map[string]func(m *Matrix) bool{
			"short data":   func(m *Matrix) bool { m.Data = m.Data[:len(m.Data)-1]; return true },
			"long data":    func(m *Matrix) bool { m.Data = append(m.Data, 0); return true },
			"rows":         func(m *Matrix) bool { m.Rows += PanelRows; return true },
			"no rows":      func(m *Matrix) bool { m.Rows = 0; return true },
			"great":        func(m *Matrix) bool { m.Rows, m.Cols = math.MaxInt32, math.MaxInt32; return true },
			"negative":     func(m *Matrix) bool { m.Cols = -128; return true },
			"format":       func(m *Matrix) bool { m.Values = 17; return true },
			"short index":  func(m *Matrix) bool { m.Index = m.Index[:max(0, len(m.Index)-8)]; return len(m.Index) > 0 },
			"short scales": func(m *Matrix) bool { m.Scales = m.Scales[:max(0, len(m.Scales)-1)]; return len(m.Scales) > 0 },
			"scale":        func(m *Matrix) bool { return len(m.Scales) > 0 && set(m.Scales, 3, 0x7c00) },
			"-128":         func(m *Matrix) bool { return m.Values == Q8 && set(m.Data, 13, 0x80) },
			"mask":         func(m *Matrix) bool { m.Index[8] ^= 1; return m.Mask },
			"mask's end":   func(m *Matrix) bool { m.Index[m.words()*8-1] |= 0x80; return m.Mask },
			"positions":    func(m *Matrix) bool { m.Index[5] = m.Index[4] & 0x3f; return m.M != 0 },
			"offsets":      func(m *Matrix) bool { return m.Mask && set(m.Offsets, 1, m.Offsets[1]+1) },
			"last offset":  func(m *Matrix) bool { return m.Mask && set(m.Offsets, 2, m.Offsets[2]+1) },
			"few offsets":  func(m *Matrix) bool { m.Offsets = nil; return m.Mask },
		} {
			m, err := Pack(f, w)
			if err != nil {
				t.Fatal(err)
			}
			if len(m.Index) == 0 {
				m.Index = make([]byte, 600)
			}
			applies := spoil(m)
			if len(m.Index) == 600 && f.M == 0 && !f.Mask {
				m.Index = nil
			}
			if applies && m.Check() == nil {
				t.Errorf("%v: %s goes unnoticed", f, name)
			}
		}
	}
}

func set[T any](s []T, i int, v T) bool { s[i] = v; return true }

// FuzzCheck: whatever Check lets pass can be unpacked and applied.
func FuzzCheck(f *testing.F) {
	rng := rand.New(rand.NewPCG(7, 1))
	for _, form := range formats {
		m, err := Pack(form, random(rng, form, 18, 70))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(18, 70, uint8(form.Values), uint8(form.N), uint8(form.M), form.Mask, m.Data, m.Index, bytesOf(m.Offsets), bytesOf(m.Scales))
	}
	f.Fuzz(func(t *testing.T, rows, cols int, values, n, mm uint8, mask bool, data, index, offsets, scales []byte) {
		m := &Matrix{Rows: rows, Cols: cols, Format: Format{Values(values), int(n), int(mm), mask}, Data: data, Index: index}
		for ; len(offsets) >= 4; offsets = offsets[4:] {
			m.Offsets = append(m.Offsets, binary.LittleEndian.Uint32(offsets))
		}
		for ; len(scales) >= 2; scales = scales[2:] {
			m.Scales = append(m.Scales, binary.LittleEndian.Uint16(scales))
		}
		if m.Check() != nil || cols > 1<<16 || rows > 1<<10 {
			return
		}
		row := make([]float32, cols)
		for r := range rows {
			m.Unpack(r, row)
		}
		x := linalg.NewMatrix[float32](1, cols)
		for i := range x.Data {
			x.Data[i] = float32(i%7) - 3
		}
		m.Apply(nil, linalg.NewMatrix[float32](1, rows), x)
	})
}

func bytesOf[T any](s []T) (b []byte) {
	b, err := binary.Append(nil, binary.LittleEndian, s)
	if err != nil {
		panic(fmt.Sprint(err))
	}
	return b
}

// TestLeastScale wants less lost in 4 bits than by the scale that reaches the
// greatest weight, and a grid that there is kept.
func TestLeastScale(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	var chosen, reaching float64
	for range 200 {
		group := make([]float32, 1+rng.IntN(GroupCols))
		for i := range group {
			group[i] = float32(rng.NormFloat64())
		}
		s := LeastScale(Q4, group)
		a, b := lost(Q4, s, group), lost(Q4, Scale(Q4, group), group)
		if a > b {
			t.Errorf("%v lost, %v by the scale that reaches all", a, b)
		}
		chosen, reaching = chosen+a, reaching+b
		for i, w := range group {
			group[i] = Round(Q4, s, w)
		}
		if l := lost(Q4, LeastScale(Q4, group), group); l != 0 {
			t.Errorf("%v is lost of what lies on a grid", l)
		}
	}
	if !(chosen < 0.9*reaching) {
		t.Errorf("%v lost in all, %v by scales that reach all", chosen, reaching)
	}
}
