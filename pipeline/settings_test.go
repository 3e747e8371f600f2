package pipeline

import (
	"errors"
	"fmt"
	"testing"

	"sparsellm/checkpoint"
)

// TestSettingError: a text names settings, as its reader calls them, also where
// one error holds another.
func TestSettingError(t *testing.T) {
	err := Wrong("wanda: %w", Wrong("<keep_mask> x < y goes with <method> z only: %w", checkpoint.ErrChanged))
	var s *SettingError
	if !errors.As(fmt.Errorf("around it: %w", err), &s) || !errors.Is(err, checkpoint.ErrChanged) {
		t.Fatalf("%#v", err)
	}
	rest := ": " + checkpoint.ErrChanged.Error()
	if got, want := s.Error(), "wanda: keep_mask x < y goes with method z only"+rest; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	call := func(name string) string { return "-" + name[:1] }
	if got, want := s.Named(call), "wanda: -k x < y goes with -m z only"+rest; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
