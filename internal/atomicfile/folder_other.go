//go:build !unix

package atomicfile

// SyncFolder brings a folder's names to the disk, where the system lets a
// program do so.
func SyncFolder(string) error { return nil }
