package parquetrows

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
)

// mostRows is more rows than any data set has: the numbers in a damaged file can
// keep the library busy for ever.
const mostRows = 1 << 26

// Each calls use with each row of a file, as a JSON object of its columns in
// their order, which only lasts until use returns. Bytes that are no text are
// null. The error says what is wrong with the file, in words that follow its
// name, or is use's.
func Each(path string, use func(row []byte) error) (err error) {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	st, err := in.Stat()
	if err != nil {
		return err
	}
	var used error
	defer func() {
		if used == nil && recover() != nil { // of the library, on a damaged file
			err = errors.New("it is no parquet file that can be read")
		}
	}()
	if err := checkFooter(in, st.Size()); err != nil {
		return err
	}
	f, err := parquet.OpenFile(in, st.Size())
	if err != nil {
		return fmt.Errorf("it is no parquet file that can be read: %w", err)
	}
	if err := checkRows(f); err != nil {
		return err
	}
	r := parquet.NewGenericReader[any](f)
	defer r.Close()
	buf := make([]any, 64)
	var row []byte
	for {
		n, err := r.Read(buf)
		for _, v := range buf[:n] {
			row = appendGroup(row[:0], f.Schema(), v)
			if used = use(row); used != nil {
				return used
			}
		}
		clear(buf)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("it cannot be read: %w", err)
		}
	}
}

// checkFooter looks at the end of a parquet file of size bytes: the length of
// its metadata, for which the library takes memory before it looks, and a
// magic word.
func checkFooter(f io.ReaderAt, size int64) error {
	end := make([]byte, 8)
	if _, err := f.ReadAt(end, max(size-8, 0)); err != nil || string(end[4:]) != "PAR1" {
		return errors.New("it is no parquet file")
	}
	if n := int64(binary.LittleEndian.Uint32(end)); n > size-12 {
		return fmt.Errorf("it is cut short: metadata of %d bytes are not in %d", n, size)
	}
	return nil
}

func checkRows(f *parquet.File) error {
	total := f.NumRows()
	for _, g := range f.Metadata().RowGroups {
		if total < 0 || total > mostRows || g.NumRows < 0 || g.NumRows > total {
			return fmt.Errorf("it says that it has %d rows, more than any data set", max(total, g.NumRows))
		}
	}
	return nil
}

// appendGroup writes what the library makes of a group of columns: a map.
func appendGroup(b []byte, node parquet.Node, v any) []byte {
	group, ok := v.(map[string]any)
	if !ok {
		return append(b, "null"...)
	}
	b = append(b, '{')
	for i, f := range node.Fields() {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSON(b, f.Name())
		b = append(b, ':')
		b = appendValue(b, f, group[f.Name()])
	}
	return append(b, '}')
}

// appendValue writes a value of a column, or of columns.
func appendValue(b []byte, node parquet.Node, v any) []byte {
	switch v := v.(type) {
	case map[string]any:
		if t := node.Type(); node.Leaf() || t.LogicalType() != nil && t.LogicalType().String() == "MAP" {
			return appendJSON(b, v)
		}
		return appendGroup(b, node, v)
	case []any:
		of := element(node)
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(b, of, e)
		}
		return append(b, ']')
	}
	return appendJSON(b, v)
}

// element is the node of a list's elements: list.element by the standard, or
// else whatever the node holds.
func element(node parquet.Node) parquet.Node {
	if fields := node.Fields(); !node.Repeated() && len(fields) == 1 {
		if inner := fields[0].Fields(); len(inner) == 1 {
			return inner[0]
		}
		return fields[0]
	}
	return node
}

// appendJSON writes a value without columns within.
func appendJSON(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		if !utf8.ValidString(v) {
			return append(b, "null"...)
		}
	case []byte:
		if !utf8.Valid(v) {
			return append(b, "null"...)
		}
		return appendJSON(b, string(v))
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return append(b, "null"...)
		}
	}
	text, err := json.Marshal(v)
	if err != nil {
		return append(b, "null"...)
	}
	return append(b, text...)
}
