package packed

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"sparsellm/linalg"
)

// BenchmarkApply: weights multiplied in a second, times tokens, as the quickest
// run has them. The crossing of "packed" and "unpacked" is where fewTokens is.
func BenchmarkApply(b *testing.B) {
	const rows, cols = 1536, 2048
	rng := rand.New(rand.NewPCG(1, 1))
	pool := linalg.NewPool(2)
	for _, f := range formats {
		m, err := Pack(f, random(rng, f, rows, cols))
		if err != nil {
			b.Fatal(err)
		}
		for _, tokens := range []int{1, 2, 4, 8, 16, 32} {
			x, dst := linalg.NewMatrix[float32](tokens, cols), linalg.NewMatrix[float32](tokens, rows)
			for i := range x.Data {
				x.Data[i] = float32(rng.NormFloat64())
			}
			for name, apply := range map[string]func(){
				"packed":   func() { m.applyPacked(pool, dst, x) },
				"unpacked": func() { m.applyUnpacked(pool, dst, x, false) },
			} {
				if tokens == 1 && name == "unpacked" {
					continue
				}
				b.Run(fmt.Sprintf("%v/%d/%s", f, tokens, name), func(b *testing.B) {
					b.ReportAllocs()
					best := time.Hour
					for b.Loop() {
						start := time.Now()
						apply()
						best = min(best, time.Since(start))
					}
					b.ReportMetric(rows*cols*float64(tokens)/best.Seconds()/1e9, "Gweights/s")
				})
			}
		}
	}
}

func (m *Matrix) applyPacked(pool *linalg.Pool, dst, x linalg.Matrix[float32]) {
	multiplyFew(pool, []*Matrix{m}, []linalg.Matrix[float32]{dst}, x, false)
}
