package asm_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"sparsellm/asm"
	"sparsellm/asm/asmtest"
)

// randomMask returns rows of whole words that mark about a share of columns.
func randomMask(rng *rand.Rand, rows, words int, share float64) (mask []byte, kept int) {
	mask = make([]byte, rows*words*8)
	for i := range mask {
		for b := range 8 {
			if rng.Float64() < share {
				mask[i] |= 1 << b
			}
		}
		kept += bits.OnesCount8(mask[i])
	}
	return mask, kept
}

// TestGemvMaskQ8 holds every tier to the bits of the loop in Go.
func TestGemvMaskQ8(t *testing.T) {
	eachTier(t, func() {
		rng := rand.New(rand.NewPCG(1, 5))
		for _, rows := range []int{0, 1, 2, 15, 16} {
			for words := range 12 {
				for _, share := range []float64{0, 0.3, 0.5, 1} {
					mask, kept := randomMask(rng, rows, words, share)
					values := guardedBytes(t, append(randomWeights(rng, kept), make([]byte, asm.ReadAhead)...))
					mask = guardedBytes(t, mask)
					x := randomActivations(rng, words*64)
					scales := randomScales(rng, len(x.Q)/asm.Group*16)
					dst := asmtest.Guard[float32](rows, words, 1234.5)
					asm.GemvMaskQ8(dst.Data, mask, values, scales, x)
					dst.Check(t)
					want := make([]float32, rows)
					old := asm.SetTier(asm.Generic)
					asm.GemvMaskQ8(want, mask, values, scales, x)
					asm.SetTier(old)
					if !slices.Equal(dst.Data, want) {
						t.Fatalf("%d rows of %d words: %v, want %v", rows, words, dst.Data, want)
					}
				}
			}
		}
	})
}

// floatKinds are how float weights are stored.
var floatKinds = []struct {
	name  string
	size  int
	put   func(x float32) (float32, []byte)
	dense func(dst []float32, w []byte, x []float32)
	mask  func(dst []float32, mask, values []byte, x []float32)
}{
	{"F16", 2, func(x float32) (float32, []byte) {
		h, f := make([]uint16, 1), make([]float32, 1)
		asm.F32ToF16(h, []float32{x})
		asm.F16ToF32(f, h)
		return f[0], binary.LittleEndian.AppendUint16(nil, h[0])
	}, asm.GemvF16, asm.GemvMaskF16},
	{"BF16", 2, func(x float32) (float32, []byte) {
		h := uint16(math.Float32bits(x) >> 16)
		return math.Float32frombits(uint32(h) << 16), binary.LittleEndian.AppendUint16(nil, h)
	}, asm.GemvBF16, asm.GemvMaskBF16},
	{"F32", 4, func(x float32) (float32, []byte) {
		return x, binary.LittleEndian.AppendUint32(nil, math.Float32bits(x))
	}, asm.GemvF32, asm.GemvMaskF32},
}

// TestGemvFloats compares products of float weights with sums in float64.
func TestGemvFloats(t *testing.T) {
	eachTier(t, func() {
		rng := rand.New(rand.NewPCG(1, 6))
		for _, k := range floatKinds {
			for _, rows := range []int{0, 1, 3, 16} {
				for _, cols := range []int{0, 1, 7, 31, 32, 33, 63, 64, 100, 192, 320} {
					masked := cols%64 == 0
					mask, kept := randomMask(rng, rows, cols/64, 0.4)
					mask = guardedBytes(t, mask)
					var dense, sparse []byte
					x := make([]float32, cols)
					for i := range x {
						x[i] = float32(rng.NormFloat64())
					}
					want, terms := make([][2]float64, rows), make([][2]float64, rows)
					for r := range rows {
						for c := range cols {
							w, b := k.put(float32(rng.NormFloat64()))
							p := float64(w) * float64(x[c])
							dense = append(dense, b...)
							want[r][0] += p
							terms[r][0] += math.Abs(p)
							if masked && mask[r*cols/8+c/8]>>(c%8)&1 == 1 {
								sparse = append(sparse, b...)
								want[r][1] += p
								terms[r][1] += math.Abs(p)
							}
						}
					}
					check := func(kind int, dst asmtest.Guarded[float32]) {
						t.Helper()
						dst.Check(t)
						for r, got := range dst.Data {
							if bound := float64(cols+8) * 0x1p-24 * terms[r][kind]; !(math.Abs(float64(got)-want[r][kind]) <= bound) {
								t.Fatalf("%s, %d × %d: row %d is %v, want %v within %v", k.name, rows, cols, r, got, want[r][kind], bound)
							}
						}
					}
					dst := asmtest.Guard[float32](rows, cols%5, 1234.5)
					k.dense(dst.Data, guardedBytes(t, dense), x)
					check(0, dst)
					for r := range rows { // the same alone
						alone := make([]float32, 1)
						k.dense(alone, dense[r*cols*k.size:][:cols*k.size], x)
						if alone[0] != dst.Data[r] {
							t.Fatalf("%s, %d columns: a row alone is %v, beside others %v", k.name, cols, alone[0], dst.Data[r])
						}
					}
					if masked {
						if len(sparse) != kept*k.size {
							t.Fatal("the test is wrong")
						}
						dst = asmtest.Guard[float32](rows, cols%5, 1234.5)
						k.mask(dst.Data, mask, guardedBytes(t, append(sparse, make([]byte, asm.ReadAhead)...)), x)
						check(1, dst)
					}
				}
			}
		}
	})
}

func BenchmarkGemvMask(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 7))
	for _, s := range benchmarkShapes {
		rows, cols := s[0], s[1]
		x, dst := make([]float32, cols), make([]float32, rows)
		q, scales := randomActivations(rng, cols), make([]uint16, 16*((cols+127)/128))
		for _, share := range []float64{0.3, 0.5} {
			mask, kept := randomMask(rng, 16, cols/64, share)
			panels := rows / 16
			masks := slices.Repeat(mask, panels)
			values := make([]byte, panels*kept*4+asm.ReadAhead)
			touch(values)
			for _, tier := range asm.Tiers()[1:] {
				for size, run := range map[int]func(p int){
					1: func(p int) {
						asm.GemvMaskQ8(dst[p*16:][:16], masks[p*len(mask):][:len(mask)], values[p*kept:], scales, q)
					},
					2: func(p int) {
						asm.GemvMaskF16(dst[p*16:][:16], masks[p*len(mask):][:len(mask)], values[p*kept*2:], x)
					},
				} {
					b.Run(fmt.Sprintf("%dx%d/%v/%d/%v", rows, cols, share, size*8, tier), func(b *testing.B) {
						defer asm.SetTier(asm.SetTier(tier))
						measure(b, rows, cols, len(masks)+panels*kept*size, func() {
							for p := range panels {
								run(p)
							}
						})
					})
				}
			}
		}
	}
}

// touch gives memory pages of its own.
func touch(b []byte) {
	for i := range b {
		b[i] = byte(i % 61)
	}
}

func BenchmarkGemvDense(b *testing.B) {
	for _, s := range benchmarkShapes {
		rows, cols := s[0], s[1]
		x, dst, w := make([]float32, cols), make([]float32, rows), make([]byte, rows*cols*4)
		touch(w)
		for _, tier := range asm.Tiers()[1:] {
			for _, k := range floatKinds {
				b.Run(fmt.Sprintf("%dx%d/%s/%v", rows, cols, k.name, tier), func(b *testing.B) {
					defer asm.SetTier(asm.SetTier(tier))
					measure(b, rows, cols, rows*cols*k.size, func() { k.dense(dst, w[:rows*cols*k.size], x) })
				})
			}
		}
	}
}

// BenchmarkMemory sums a buffer beyond the caches: what memory gives one thread.
func BenchmarkMemory(b *testing.B) {
	x := make([]float32, 128<<20)
	for i := range x {
		x[i] = 1
	}
	measure(b, 0, 0, 4*len(x), func() { asm.Max(x) })
}
