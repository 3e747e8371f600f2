package checkpoint

import "fmt"

// fault is the first thing that was wrong with what is being read. Who reads on
// after it gets zeros, and looks at the fault once, at the end.
type fault struct{ err error }

func (f *fault) fail(format string, args ...any) {
	if f.err == nil {
		f.err = fmt.Errorf(format, args...)
	}
}
