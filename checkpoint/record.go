package checkpoint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// recordName is the file of a complete output that says what it was made from.
const recordName = "sparsellm.json"

// record is what that file holds.
type record struct {
	Model    string          `json:"model"`    // fingerprint of the input
	Settings json.RawMessage `json:"settings"` // Options.Record
}

// CompleteError is Create's error where it should resume and the folder holds
// a run's complete output.
type CompleteError struct {
	Dir    string
	Record []byte // Options.Record of that run
	Other  bool   // it was of another model
}

func (e *CompleteError) Error() string { return fmt.Sprintf("checkpoint: %s is complete", e.Dir) }

// recorded says whether folder dir has a record.
func recorded(dir string) bool { return exists(filepath.Join(dir, recordName)) }

func (w *Writer) recordJSON() ([]byte, error) {
	model, err := w.model()
	if err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(record{model, w.opt.Record}, "", "  ")
	return append(text, '\n'), err
}

// complete returns a CompleteError if the folder has a record: where it is the
// one that w would leave, only with the weights that go with it, as far as
// sizes and headers show that.
func (w *Writer) complete() error {
	text, err := readSmall(filepath.Join(w.dir, recordName))
	if err != nil {
		return nil // there is none, or none that says anything
	}
	var r record
	var settings bytes.Buffer
	if json.Unmarshal(text, &r) != nil || json.Compact(&settings, r.Settings) != nil {
		return nil
	}
	model, err := w.model()
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	found := &CompleteError{Dir: w.dir, Record: settings.Bytes(), Other: r.Model != model}
	if found.Other || !bytes.Equal(found.Record, w.opt.Record) {
		return found
	}
	if w.opt.Pack != nil {
		x, err := openFile(filepath.Join(w.dir, packedName))
		if err != nil {
			return nil
		}
		_, err = readSafetensors(x)
		x.Close()
		if err != nil {
			return nil
		}
		return found
	}
	for _, o := range w.shards {
		f, err := os.Open(filepath.Join(w.dir, o.name))
		if err != nil {
			return nil
		}
		whole := o.begins(f)
		f.Close()
		if !whole {
			return nil
		}
	}
	return found
}

// begins says whether f has the shard's size and its header.
func (o *outShard) begins(f *os.File) bool {
	st, err := f.Stat()
	if err != nil || st.Size() != o.size {
		return false
	}
	head := make([]byte, len(o.head))
	_, err = f.ReadAt(head, 0)
	return err == nil && bytes.Equal(head, o.head)
}

// Resumes says whether w goes on with an earlier run, and returns its Record:
// that run's, if so.
func (w *Writer) Resumes() (record []byte, ok bool) { return w.opt.Record, w.resumes }
