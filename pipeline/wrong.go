package pipeline

import (
	"fmt"
	"regexp"
)

// SettingError is what is wrong with settings, for whoever chose them.
type SettingError struct{ err error }

// Wrong returns a SettingError of a text as of fmt.Errorf. In it settings stand
// in angle brackets, by their names in JSON.
func Wrong(format string, args ...any) error {
	for i, a := range args {
		if e, ok := a.(*SettingError); ok {
			args[i] = e.err
		}
	}
	return &SettingError{fmt.Errorf(format, args...)}
}

func (e *SettingError) Error() string { return e.Named(func(setting string) string { return setting }) }
func (e *SettingError) Unwrap() error { return e.err }

var bracketed = regexp.MustCompile(`<([a-z_]+)>`)

// Named is Error with the settings as call calls them.
func (e *SettingError) Named(call func(setting string) string) string {
	return bracketed.ReplaceAllStringFunc(e.err.Error(), func(s string) string { return call(s[1 : len(s)-1]) })
}
