package main

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// TestCompareGoesOnAtTheSamePeak: runs that fail in the middle, here since the
// released code cannot factor the Hessian of few tokens, leave nothing behind
// for those after them to pay for.
func TestCompareGoesOnAtTheSamePeak(t *testing.T) {
	// most returns the bytes that the methods had of the pool at once at most.
	most := func(methods string, failures int) int {
		f := &compareFlags{}
		var s *session
		var result compareResult
		cmd := f.command(func(ctx context.Context) error {
			jobs, err := f.check()
			if err != nil {
				return err
			}
			if s, err = openSession(ctx, &console{out: io.Discard, err: io.Discard, quiet: true}, &f.modelFlags); err != nil {
				return err
			}
			defer s.close()
			return f.compare(ctx, s, jobs, newClock("test"), &result)
		})
		dir := micro("llama-micro")
		cmd.SetArgs([]string{"--model", dir, "--calib", filepath.Join(dir, "calib.rows.json"), "--nsamples", "1", "--seqlen", "24", "--percdamp", "0",
			"--eval", filepath.Join(dir, "test.rows.json"), "--eval-windows", "1", "--methods", methods, "--sparsities", "0.5,0.6,2:4"})
		if err := cmd.ExecuteContext(context.Background()); err != nil {
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
