package scratchfile

import "os"

// File is a scratch file, open for reading and writing. Its Name is for
// messages: on Unix it names no file.
type File struct{ *os.File }

// Create makes an empty scratch file in the folder dir, or in os.TempDir() if
// dir is empty. Where the file has a name for a while, pattern says which, as
// of os.CreateTemp. The caller closes the file.
func Create(dir, pattern string) (*File, error) {
	if dir == "" {
		dir = os.TempDir()
	}
	return create(dir, pattern)
}
