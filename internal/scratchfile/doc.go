// Package scratchfile makes files for data that one process needs while it
// runs: no name of such a file is left behind, whatever ends the process.
//
// Linux makes the file without a name. Other Unix systems take the name away
// as soon as the file is open, so that only a process killed between two
// system calls leaves an empty file. In both, the space goes back when the last
// descriptor is closed, by Close or by the system when the process ends.
// Windows removes no open file: there Close removes it, and a process that is
// killed leaves it where the caller has asked for it.
package scratchfile
