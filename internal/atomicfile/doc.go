// Package atomicfile puts whole files in place: whoever opens the path sees the
// file that was there before, or the new one with all its bytes, whatever ends
// the process or the system on the way.
//
// Linux writes the new file without a name and gives it one when it is complete
// and on the disk, so that a process that is killed leaves nothing, but between
// the last two system calls. Other systems write it under a name beside the
// path, which the next call for that path uses again.
package atomicfile
