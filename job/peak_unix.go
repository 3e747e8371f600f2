//go:build unix

package job

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// peakBytes returns the most memory that the process has had resident, the
// pages of mapped files included, or 0 where the system does not tell.
func peakBytes() int64 {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	peak := int64(u.Maxrss)
	if runtime.GOOS != "darwin" && runtime.GOOS != "ios" {
		peak *= 1024 // the others count KiB
	}
	return peak
}
