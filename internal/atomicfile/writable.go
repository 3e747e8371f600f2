package atomicfile

import (
	"fmt"
	"os"
	"path/filepath"
)

// Writable says early whether Write will find a folder to put path in. An empty
// path and "-", which stands for standard output, always are.
func Writable(path string) error {
	if path == "" || path == "-" {
		return nil
	}
	dir := filepath.Dir(path)
	if st, err := os.Stat(dir); err != nil || !st.IsDir() {
		return fmt.Errorf("cannot write %s: there is no folder %s", path, dir)
	}
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return fmt.Errorf("cannot write %s: it is a folder", path)
	}
	return nil
}
