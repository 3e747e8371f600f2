//go:build !unix

package job

import "runtime"

// peakBytes returns the memory that the Go runtime has taken from the system:
// it never gives back address space, so this is the peak of its own part.
func peakBytes() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}
