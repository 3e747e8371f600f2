package atomicfile

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// Write makes write fill a file and puts that under path, in place of what is
// there. The file's mode is 0666 less the umask, as of any file that a program
// makes. After an error path is as it was.
func Write(path string, write func(io.Writer) error) error {
	f, named, err := create(path)
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if err == nil && !named {
		err = name(f, aside(path))
		named = err == nil
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(aside(path), path)
	}
	if err != nil {
		if named {
			err = errors.Join(err, os.Remove(aside(path)))
		}
		return err
	}
	return SyncFolder(filepath.Dir(path))
}

// WriteBytes is Write of bytes that are there already.
func WriteBytes(path string, data []byte) error {
	return Write(path, func(w io.Writer) error {
		_, err := io.Copy(w, bytes.NewReader(data))
		return err
	})
}

// aside is the name that a file has on its way to path.
func aside(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".new")
}

// createAside makes the file under that name, in place of one that a killed
// process has left.
func createAside(path string) (*os.File, bool, error) {
	f, err := os.OpenFile(aside(path), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o666)
	return f, true, err
}
