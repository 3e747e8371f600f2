package calib

import "fmt"

// EachRow calls use with every row of a file of documents (*.json, *.jsonl or
// *.parquet), as JSON, and where it is. The row only lasts until use returns,
// whose error ends it.
func EachRow(path string, use func(place string, row []byte) error) error {
	s, err := find(path, test, "")
	if err != nil {
		return err
	}
	if !s.form.documents() || s.form == folderForm {
		return fmt.Errorf("calib: %s has no rows: they are JSON objects, in *.jsonl, *.json or *.parquet", path)
	}
	err = s.each(func(doc document, row []byte) error { return use(s.place(doc), row) })
	if err != nil {
		return fmt.Errorf("calib: %w", err)
	}
	return nil
}
