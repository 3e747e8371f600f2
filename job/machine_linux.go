package job

import "golang.org/x/sys/unix"

// machineMemory returns the machine's memory and swap space in bytes, or 0
// where the system does not tell.
func machineMemory() int64 {
	var s unix.Sysinfo_t
	if unix.Sysinfo(&s) != nil {
		return 0
	}
	return int64((uint64(s.Totalram) + uint64(s.Totalswap)) * uint64(s.Unit))
}
