package checkpoint

import (
	"bytes"
	"errors"
	"fmt"

	"sparsellm/internal/placeholder"
)

// formats are what files begin with that are taken for weights in another
// format.
var formats = []struct{ magic, is string }{
	{"PK\x03\x04", "a PyTorch file (or another zip file) by its first bytes: such have names that end in .bin"},
	{"\x80\x02", "a Python pickle by its first bytes: load it in PyTorch and save it again"},
	{"GGUF", "a GGUF file by its first bytes: such have names that end in .gguf"},
	{"\x89HDF", "an HDF5 file of Keras by its first bytes: save the model with transformers' save_pretrained"},
	{"\x1f\x8b", "compressed by gzip: unpack it"},
	{"\x28\xb5\x2f\xfd", "compressed by Zstandard: unpack it"},
	{"\x00\x00\x00\x00\x00\x00\x00\x00", "full of zeros where it begins, as a download that was cut off leaves it: download it again"},
}

// foreign says, by the first bytes of a file of size bytes, what it is that
// should be of a kind such as "GGUF"; nil where that is not recognised.
func foreign(kind string, head []byte, size int64) error {
	if err := placeholder.Binary(head, size); err != nil {
		return fmt.Errorf("is no %s file: it %w", kind, err)
	}
	for _, f := range formats {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return fmt.Errorf("is no %s file: it is %s", kind, f.is)
		}
	}
	return nil
}

// foreign calls the function of that name with the file's first bytes.
func (x *file) foreign(kind string) error {
	var told error
	err := x.use(0, min(placeholder.Head, x.size), func(b []byte) error {
		told = foreign(kind, b, x.size)
		return nil
	})
	if err != nil {
		return err
	}
	return told
}

// tooShort is for files that end before they can say what they are.
func tooShort(kind string, size int64) error {
	if size == 0 {
		return fmt.Errorf("is no %s file: it is empty (has only 0 bytes), as a download that failed leaves it: download it again", kind)
	}
	return fmt.Errorf("is no %s file: it has only %d bytes", kind, size)
}

// errCut ends what is said of a file that promises more than there is.
var errCut = errors.New("the file is cut short: download it again")
