package asm_test

import (
	"encoding/binary"
	"math"
	"testing"

	"sparsellm/asm"
	"sparsellm/asm/asmtest"
)

// halfValue returns the value of a binary16 by its definition.
func halfValue(h uint16) float64 {
	sign := 1 - 2*float64(h>>15)
	e, m := int(h>>10&0x1f), float64(h&0x3ff)
	switch {
	case e == 0x1f && m != 0:
		return math.NaN()
	case e == 0x1f:
		return math.Inf(int(sign))
	case e == 0:
		return sign * math.Ldexp(m, -24)
	}
	return sign * math.Ldexp(m+1024, e-25)
}

func TestF16ToF32(t *testing.T) {
	asmtest.EachTier(t, func(t *testing.T) {
		src := make([]uint16, 1<<16)
		for i := range src {
			src[i] = uint16(i)
		}
		dst := make([]float32, len(src))
		asm.F16ToF32(dst, src)
		for i, got := range dst {
			want := float32(halfValue(uint16(i)))
			if math.Float32bits(got) != math.Float32bits(want) && want == want {
				t.Fatalf("%#04x is %v, want %v", i, got, want)
			}
			if b := math.Float32bits(got); want != want && (got == got || b&0x400000 == 0 || b>>31 != uint32(i)>>15 || b>>13&0x1ff != uint32(i)&0x1ff) {
				t.Fatalf("NaN %#04x becomes %#08x", i, b)
			}
		}
	})
}

// TestF32ToF16 tries every binary16, the midpoints between neighbours, and the
// float32 next to these on both sides.
func TestF32ToF16(t *testing.T) {
	asmtest.EachTier(t, func(t *testing.T) {
		var src []float32
		var want []uint16
		add := func(f float32, h uint16) { src, want = append(src, f, -f), append(want, h, h|0x8000) }
		const inf = 0x7c00
		for h := uint16(0); h < inf; h++ {
			x, next := halfValue(h), halfValue(h+1)
			if h+1 == inf {
				next = 65536
			}
			mid := float32((x + next) / 2) // exact
			add(float32(x), h)
			add(mid, h+h&1)
			add(math.Nextafter32(mid, 0), h)
			add(math.Nextafter32(mid, math.MaxFloat32), h+1)
		}
		add(float32(math.Inf(1)), inf)
		add(math.MaxFloat32, inf)
		add(math.SmallestNonzeroFloat32, 0)
		got := make([]uint16, len(src))
		asm.F32ToF16(got, src)
		for i, h := range got {
			if h != want[i] {
				t.Fatalf("%v becomes %#04x, want %#04x", src[i], h, want[i])
			}
		}
		nan := []uint32{0x7f800001, 0xff800001, 0x7fc00000, 0xffffffff, 0x7fabcdef, 0x7f802000, 0x7fffe000, 0xff812345}
		f, h := make([]float32, len(nan)), make([]uint16, len(nan))
		for i, b := range nan {
			f[i] = math.Float32frombits(b)
		}
		asm.F32ToF16(h, f)
		for i, b := range nan {
			if w := uint16(b>>16&0x8000 | 0x7e00 | b>>13&0x3ff); h[i] != w {
				t.Errorf("NaN %#08x becomes %#04x, want %#04x", b, h[i], w)
			}
		}
	})
}

func TestBF16(t *testing.T) {
	asmtest.EachTier(t, func(t *testing.T) {
		src := make([]uint16, 1<<16)
		for i := range src {
			src[i] = uint16(i)
		}
		wide := make([]float32, len(src))
		asm.BF16ToF32(wide, src)
		for i, f := range wide {
			if b := math.Float32bits(f); b != uint32(i)<<16 {
				t.Fatalf("%#04x becomes %#08x", i, b)
			}
		}
		// Just below, at and just above half of what is cut off.
		for _, low := range []uint32{0, 1, 0x7fff, 0x8000, 0x8001, 0xffff} {
			got := make([]uint16, len(src))
			for i := range wide {
				wide[i] = math.Float32frombits(uint32(i)<<16 | low)
			}
			asm.F32ToBF16(got, wide)
			for i, h := range got {
				want := uint16(i)
				switch up := low > 0x8000 || low == 0x8000 && i&1 == 1; {
				case wide[i] != wide[i]:
					want |= 0x40
				case up:
					want++
				}
				if h != want {
					t.Fatalf("%#08x becomes %#04x, want %#04x", uint32(i)<<16|low, h, want)
				}
			}
		}
	})
}

// FuzzHalf holds every tier to the loop in Go, at any length and alignment.
func FuzzHalf(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 0, 0, 0x80, 0x7f, 1, 0, 0x80, 0xff, 0, 0xf0, 0x7f, 0x47}, uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, offset uint8) {
		wide := make([]float32, len(data)/4)
		for i := range wide {
			wide[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		}
		narrow := make([]uint16, len(data)/2)
		for i := range narrow {
			narrow[i] = binary.LittleEndian.Uint16(data[2*i:])
		}
		type result struct {
			f16, bf16     []uint16
			fromF, fromBF []uint32
		}
		run := func() (r result) {
			h := asmtest.Guard[uint16](len(wide), int(offset%16), 0x1234)
			asm.F32ToF16(h.Data, wide)
			r.f16 = append(r.f16, h.Data...)
			asm.F32ToBF16(h.Data, wide)
			r.bf16 = append(r.bf16, h.Data...)
			h.Check(t)
			w := asmtest.Guard[float32](len(narrow), int(offset%16), 1234.5)
			asm.F16ToF32(w.Data, narrow)
			for _, v := range w.Data {
				r.fromF = append(r.fromF, math.Float32bits(v))
			}
			asm.BF16ToF32(w.Data, narrow)
			for _, v := range w.Data {
				r.fromBF = append(r.fromBF, math.Float32bits(v))
			}
			w.Check(t)
			return r
		}
		old := asm.SetTier(asm.Generic)
		defer asm.SetTier(old)
		want := run()
		for _, tier := range asm.Tiers() {
			asm.SetTier(tier)
			got := run()
			for i := range wide {
				if got.f16[i] != want.f16[i] || got.bf16[i] != want.bf16[i] {
					t.Fatalf("%v: %#08x becomes %#04x and %#04x, want %#04x and %#04x", tier, math.Float32bits(wide[i]), got.f16[i], got.bf16[i], want.f16[i], want.bf16[i])
				}
			}
			for i := range narrow {
				if got.fromF[i] != want.fromF[i] || got.fromBF[i] != want.fromBF[i] {
					t.Fatalf("%v: %#04x becomes %#08x and %#08x, want %#08x and %#08x", tier, narrow[i], got.fromF[i], got.fromBF[i], want.fromF[i], want.fromBF[i])
				}
			}
		}
	})
}

func BenchmarkHalf(b *testing.B) {
	const n = 4096
	f, h := make([]float32, n), make([]uint16, n)
	for _, tier := range asm.Tiers() {
		for name, convert := range map[string]func(){
			"F16ToF32":  func() { asm.F16ToF32(f, h) },
			"F32ToF16":  func() { asm.F32ToF16(h, f) },
			"BF16ToF32": func() { asm.BF16ToF32(f, h) },
			"F32ToBF16": func() { asm.F32ToBF16(h, f) },
		} {
			b.Run(name+"/"+tier.String(), func(b *testing.B) {
				defer asm.SetTier(asm.SetTier(tier))
				b.SetBytes(6 * n)
				for b.Loop() {
					convert()
				}
			})
		}
	}
}
