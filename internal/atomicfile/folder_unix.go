//go:build unix

package atomicfile

import (
	"errors"
	"os"
)

// SyncFolder brings a folder's names to the disk.
func SyncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
