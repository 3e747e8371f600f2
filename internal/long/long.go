// Package long holds back the tests that take long: they run where the
// environment variable SPARSELLM_LONG is set, as .ci/run sets it. Only tests
// import it.
package long

import (
	"os"
	"testing"
)

// Asked says whether the tests that take long are to run.
func Asked() bool { return os.Getenv("SPARSELLM_LONG") != "" }

// Only skips a test unless those that take long are to run.
func Only(t testing.TB) {
	t.Helper()
	if !Asked() {
		t.Skip("takes long: set SPARSELLM_LONG=1 to run it")
	}
}
