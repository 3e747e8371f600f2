package chat

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// now is the time that templates write: that of SOURCE_DATE_EPOCH, in seconds
// since 1970 and UTC, if it is set, as https://reproducible-builds.org has it.
func now() time.Time {
	if seconds, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		return time.Unix(seconds, 0).UTC()
	}
	return time.Now()
}

// directives are those of Python's strftime that templates use, in the C locale.
var directives = map[byte]string{
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'd': "02", 'm': "01", 'y': "06", 'Y': "2006",
	'H': "15", 'I': "03", 'M': "04", 'S': "05", 'p': "PM", 'F': "2006-01-02", 'T': "15:04:05", 'j': "002",
}

// strftime is Python's t.strftime(format).
func strftime(t time.Time, a ...any) (string, error) {
	format := ""
	ok := len(a) == 1
	if ok {
		format, ok = a[0].(string)
	}
	if !ok {
		return "", errors.New("strftime_now takes a format")
	}
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		layout, ok := directives[format[i]]
		switch {
		case format[i] == '%':
			b.WriteByte('%')
		case ok:
			b.WriteString(t.Format(layout))
		default:
			return "", fmt.Errorf("strftime_now does not know %%%c here", format[i])
		}
	}
	return b.String(), nil
}
