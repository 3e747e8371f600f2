package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"sparsellm/internal/atomicfile"
	"sparsellm/report"
)

// reportFile is the report's name in the folder that --report gives.
const reportFile = "report.html"

const reportUsage = "also write the result as a page, report.html, to this `folder`"

// checkReport says early whether writeReport will be able to make the folder.
func checkReport(dir string) error {
	for p := filepath.Clean(dir); dir != ""; p = filepath.Dir(p) {
		switch st, err := os.Stat(p); {
		case err == nil && st.IsDir():
			return nil
		case err == nil:
			return fmt.Errorf("cannot write a report to %s: %s is not a folder", dir, p)
		case !errors.Is(err, os.ErrNotExist):
			return fmt.Errorf("cannot write a report to %s: %w", dir, err)
		}
	}
	return nil
}

// writeReport writes a page to the folder dir, which it makes if need be; to none
// if dir is empty.
func (c *console) writeReport(dir string, page func() (*report.Data, error)) error {
	if dir == "" {
		return nil
	}
	d, err := page()
	if err != nil {
		return err
	}
	path := filepath.Join(dir, reportFile)
	if err = os.MkdirAll(dir, 0o755); err == nil {
		err = atomicfile.Write(path, func(w io.Writer) error { return report.Write(w, d) })
	}
	if err != nil {
		return fmt.Errorf("cannot write the report: %w", err)
	}
	c.remark("wrote %s", path)
	return nil
}
