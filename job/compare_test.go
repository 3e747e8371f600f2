package job

import (
	"strings"
	"testing"
)

// TestCompareGoesOnAtTheSamePeak: runs that fail in the middle, here since the
// released code cannot factor the Hessian of few tokens, leave nothing behind
// for those after them to pay for.
func TestCompareGoesOnAtTheSamePeak(t *testing.T) {
	// most returns the bytes that the methods had of the pool at once at most.
	most := func(methods string, failures int) int {
		set := Default()
		set.Model = "../testdata/llama-micro"
		set.Calib, set.Samples, set.SeqLen, set.Damping = set.Model+"/calib.rows.json", 1, 24, 0
		set.Eval, set.Windows = []string{set.Model + "/test.rows.json"}, 1
		set.Methods, set.Targets = strings.Split(methods, ","), []string{"0.5", "0.6", "2:4"}
		cells, err := set.cells()
		if err != nil {
			t.Fatal(err)
		}
		s, err := open(t.Context(), set, Hooks{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.close()
		var result Comparison
		if err := s.compare(t.Context(), cells, newClock("test"), &result); err != nil {
			t.Fatal(err)
		}
		failed := 0
		for _, run := range result.Runs {
			if run.Error != "" {
				failed++
			}
			if run.Error != "" && !strings.Contains(run.Error, "feed-forward network") {
				t.Errorf("%s fails: %s", run.Method, run.Error)
			}
		}
		if failed != failures {
			t.Errorf("%s: %d runs fail, want %d", methods, failed, failures)
		}
		if b := s.pool.InUse(); b != 0 {
			t.Errorf("%s: %d bytes are not given back", methods, b)
		}
		return s.pool.MostInUse()
	}
	alone := max(most("sparsellm-compat", 3), most("sparsegpt,sparsellm", 0))
	if both := most("sparsellm-compat,sparsegpt,sparsellm", 3); both != alone {
		t.Errorf("%d bytes in use at once after runs that failed, %d without", both, alone)
	}
}
