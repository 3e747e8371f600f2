package asm_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"sparsellm/asm"
	"sparsellm/asm/asmtest"
)

func randomBytes(rng *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

// randomWeights returns bytes of -127..127.
func randomWeights(rng *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.IntN(255) - 127)
		if rng.IntN(4) == 0 {
			b[i] = byte(127 - 254*rng.IntN(2)&0xff)
		}
	}
	return b
}

// randomScales returns float16s, subnormal and negative ones among them.
func randomScales(rng *rand.Rand, n int) []uint16 {
	f, h := make([]float32, n), make([]uint16, n)
	for i := range f {
		f[i] = float32(rng.NormFloat64() * math.Exp2(float64(rng.IntN(30)-20)))
	}
	asm.F32ToF16(h, f)
	return h
}

func randomActivations(rng *rand.Rand, n int) *asm.Activations {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
		if rng.IntN(8) == 0 {
			x[i] = float32(3 - 6*rng.IntN(2))
		}
	}
	a := asm.NewActivations(n)
	asm.Quantize(a, x)
	return a
}

// eachTier runs f for each tier, with and without what its kernels use besides.
func eachTier(t *testing.T, f func()) {
	asmtest.EachTier(t, func(*testing.T) { asm.WithoutExtras(f) })
}

// panelRoutines are the products of panels, by name, with the bytes of values of
// a row's block.
var panelRoutines = []struct {
	name  string
	bytes int
	run   func(dst []float32, values, index []byte, scales []uint16, x *asm.Activations, blocks int)
}{
	{"Q8", 32, func(dst []float32, values, _ []byte, scales []uint16, x *asm.Activations, blocks int) {
		asm.GemvQ8(dst, values, scales, x, blocks)
	}},
	{"Q4", 16, func(dst []float32, values, _ []byte, scales []uint16, x *asm.Activations, blocks int) {
		asm.GemvQ4(dst, values, scales, x, blocks)
	}},
	{"24Q8", 16, asm.Gemv24Q8},
	{"24Q4", 8, asm.Gemv24Q4},
}

// TestGemvPanels holds every tier to the bits of the loop in Go.
func TestGemvPanels(t *testing.T) {
	eachTier(t, func() {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, k := range panelRoutines {
			for _, panels := range []int{0, 1, 2, 5} {
				for _, blocks := range []int{0, 1, 2, 3, 4, 5, 7, 8, 18} {
					groups := (blocks + 3) / 4
					values := guardedBytes(t, randomWeights(rng, panels*blocks*16*k.bytes))
					if k.name[len(k.name)-1] == '4' {
						values = guardedBytes(t, randomBytes(rng, len(values)))
					}
					index := guardedBytes(t, randomBytes(rng, panels*blocks*64))
					scales := randomScales(rng, panels*groups*16)
					x := randomActivations(rng, max(0, blocks*32-rng.IntN(32)))
					dst := asmtest.Guard[float32](panels*16, panels, 1234.5)
					k.run(dst.Data, values, index, scales, x, blocks)
					dst.Check(t)
					want := make([]float32, len(dst.Data))
					old := asm.SetTier(asm.Generic)
					k.run(want, values, index, scales, x, blocks)
					asm.SetTier(old)
					if !slices.Equal(dst.Data, want) {
						t.Fatalf("%s, %d panels of %d blocks: %v, want %v", k.name, panels, blocks, dst.Data, want)
					}
				}
			}
		}
	})
}

func TestQuantize(t *testing.T) {
	asmtest.EachTier(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 3))
		for n := range 300 {
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(rng.NormFloat64() * math.Exp2(float64(rng.IntN(20)-10)))
				switch rng.IntN(300) {
				case 0:
					x[i] = float32(math.Inf(1))
				case 1:
					x[i] = float32(math.NaN())
				}
				if n%7 == 0 {
					x[i] *= 0x1p-110
				}
				if n%11 == 0 { // ties
					x[i] = float32(rng.IntN(255)) - 127
				}
			}
			got, want := asm.NewActivations(n), asm.NewActivations(n)
			asm.Quantize(got, x)
			old := asm.SetTier(asm.Generic)
			asm.Quantize(want, x)
			asm.SetTier(old)
			if fmt.Sprint(*got) != fmt.Sprint(*want) {
				t.Fatalf("%d: %v, want %v, of %v", n, *got, *want, x)
			}
		}
	})
}

// benchmarkShapes are rows × columns of SmolLM2's matrices, of a wide model's,
// and one beyond the caches.
var benchmarkShapes = [][2]int{{576, 576}, {1536, 576}, {576, 1536}, {2048, 2048}, {49152, 576}, {32768, 4096}}

// measure runs f, which reads so many bytes for rows × cols weights, and reports
// what the quickest run gives: others may have the machine in between.
func measure(b *testing.B, rows, cols, bytes int, f func()) {
	b.ReportAllocs()
	best := time.Hour
	for b.Loop() {
		start := time.Now()
		f()
		best = min(best, time.Since(start))
	}
	b.ReportMetric(float64(bytes)/best.Seconds()/1e9, "GB/s")
	b.ReportMetric(float64(rows)*float64(cols)/best.Seconds()/1e9, "Gweights/s")
}

func BenchmarkGemvPanels(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 4))
	for _, s := range benchmarkShapes {
		rows, cols := s[0], s[1]
		blocks := cols / 32
		values, index := make([]byte, rows*cols), make([]byte, rows*cols/8)
		for i := range values {
			values[i] = byte(i%255 - 127)
		}
		for i := range index {
			index[i] = byte(i * 37)
		}
		scales, x := make([]uint16, rows*((cols+127)/128)), randomActivations(rng, cols)
		dst := make([]float32, rows)
		for _, tier := range asm.Tiers()[1:] {
			for _, k := range panelRoutines {
				b.Run(fmt.Sprintf("%dx%d/%s/%v", rows, cols, k.name, tier), func(b *testing.B) {
					defer asm.SetTier(asm.SetTier(tier))
					bytes := rows*cols/32*k.bytes + 2*len(scales)
					if k.name[0] == '2' {
						bytes += len(index)
					}
					measure(b, rows, cols, bytes, func() { k.run(dst, values, index, scales, x, blocks) })
				})
			}
		}
	}
}

// FuzzGemv holds every tier to the bits of the loop in Go, whatever the weights.
func FuzzGemv(f *testing.F) {
	f.Add(uint64(1), uint8(1), uint8(5), []byte{127, 129, 0, 1, 255}, []byte{0x12, 0x00, 0x7b})
	f.Add(uint64(2), uint8(3), uint8(4), []byte{127, 127, 129, 127}, []byte{0xff, 0x3c})
	f.Fuzz(func(t *testing.T, seed uint64, panels, blocks uint8, weights, scale []byte) {
		if len(weights) == 0 || len(scale) == 0 {
			return
		}
		rng := rand.New(rand.NewPCG(seed, 0))
		rows, b := int(panels%4)*16, int(blocks%12)
		values, index := make([]byte, rows*b*32+asm.ReadAhead), make([]byte, rows*b*4)
		for i := range values {
			values[i] = weights[i%len(weights)] // as of 8 bits never -128
			if values[i] == 0x80 {
				values[i] = 0x81
			}
		}
		for i := range index {
			index[i] = weights[i*7%len(weights)]
		}
		scales := make([]uint16, rows*(b+3)/4+16*4)
		for i := range scales {
			scales[i] = uint16(scale[i%len(scale)])<<8 | uint16(scale[i*5%len(scale)])
		}
		x := randomActivations(rng, b*32)
		mask := make([]byte, 16*(b/2)*8)
		for i := range mask {
			mask[i] = weights[i%len(weights)] ^ byte(i*29)
		}
		run := func() (all []float32) {
			for _, k := range panelRoutines {
				dst := make([]float32, rows)
				k.run(dst, values, index, scales, x, b)
				all = append(all, dst...)
			}
			dst := make([]float32, 16)
			sparse := append(slices.Repeat(values[:1], 16*b*32), make([]byte, asm.ReadAhead)...)
			asm.GemvMaskQ8(dst, mask, sparse, slices.Repeat(scales[:16], b/4+1), x)
			return append(all, dst...)
		}
		old := asm.SetTier(asm.Generic)
		defer asm.SetTier(old)
		want := run()
		for _, tier := range asm.Tiers() {
			asm.SetTier(tier)
			for i, got := range run() {
				if got != want[i] && (got == got || want[i] == want[i]) {
					t.Fatalf("%v: %d is %v, want %v", tier, i, got, want[i])
				}
			}
		}
	})
}
