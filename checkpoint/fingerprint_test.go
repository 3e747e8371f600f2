package checkpoint

import (
	"hash/crc32"
	"path/filepath"
	"testing"
)

// TestFingerprintInPassing: to start an output reads no weights, and a checksum
// that is made of bytes that go by is that of the bytes.
func TestFingerprintInPassing(t *testing.T) {
	c, _ := fused(t, BF16)
	w, err := Create(c, filepath.Join(t.TempDir(), "out"), Options{})
	must(t, err)
	defer w.Abort()
	x := c.byName["w"]
	if x.sum.Load() != 0 {
		t.Error("Create has read the weights")
	}
	must(t, c.ReadFloat32("w", make([]float32, 120)))
	if x.sum.Load() == 0 {
		t.Error("a read leaves no checksum")
	}
	passing, err := x.checksum()
	must(t, err)
	var want uint32
	must(t, x.file.use(x.off, x.size, func(b []byte) error {
		want = crc32.Checksum(b, castagnoli)
		return nil
	}))
	x.sum.Store(0)
	read, err := x.checksum()
	must(t, err)
	if passing != want || read != want {
		t.Errorf("the checksums are %x and %x, want %x", passing, read, want)
	}
}
