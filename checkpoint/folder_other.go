//go:build !unix

package checkpoint

import "os"

// lock opens path, made if need be; it holds no one back.
func lock(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
}
