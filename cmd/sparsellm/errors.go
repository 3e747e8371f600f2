package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"sparsellm/job"
	"sparsellm/pipeline"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// usageError is a mistake in the command line.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// usagef returns a usageError.
func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// asUsage makes err, if there is one, a usageError.
func asUsage(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

// exitCode is the one that err calls for.
func exitCode(err error) int {
	var usage usageError
	var setting *pipeline.SettingError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage), errors.As(err, &setting):
		return exitUsage
	}
	return exitFailed
}

// packagePrefix is how errors begin that a package of this module made. It
// tells a programmer where to look, and a user nothing.
var packagePrefix = regexp.MustCompile(`(^|: |; )(?:arch|asm|calib|chat|checkpoint|decoder|generate|hub|likelihood|linalg|llama|model|opt|packed|perplexity|pipeline|plan|prune|pyjson|recovery|report|scratchfile|tasks|tokenizer): `)

// sentence is err for the user, on one line.
func sentence(err error) string {
	if i := (job.Interrupted{}); errors.As(err, &i) {
		return i.Error()
	}
	if stopped(err) {
		return "interrupted; nothing half-done is left behind"
	}
	s := strings.TrimSpace(err.Error())
	if e := (*pipeline.SettingError)(nil); errors.As(err, &e) {
		s = strings.Replace(s, e.Error(), e.Named(flagName), 1)
	}
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
	for {
		t := packagePrefix.ReplaceAllString(s, "$1")
		if t == s {
			return s
		}
		s = t
	}
}
