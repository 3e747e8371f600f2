package report

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestInChromium opens reports in a browser: its script must run without an
// error, and charts and the picture must be there.
func TestInChromium(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes seconds to start")
	}
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("there is no chromium (Debian: apt-get install chromium)")
	}
	d := prunedModel(t, 2, 64, 4)
	for _, c := range []struct {
		name   string
		data   *Data
		charts int
		mask   bool
	}{
		// Two overviews in two sizes each, a chart per block, fourteen
		// histograms, and one of the time.
		{"pruned", d, 2*2 + 2 + 14 + 1, true},
		{"compared", compared(), 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "report.html")
			if err := os.WriteFile(path, written(t, c.data), 0o644); err != nil {
				t.Fatal(err)
			}
			dom, log := opened(t, browser, path)
			if strings.Contains(log, "CONSOLE") {
				t.Errorf("the browser's console: %s", log)
			}
			if n := strings.Count(dom, `<svg class="chart"`); n != c.charts {
				t.Errorf("%d charts, want %d", n, c.charts)
			}
			if has := regexp.MustCompile(`<img id="picture"[^>]* src="data:image/png;base64,`).MatchString(dom); has != c.mask {
				t.Errorf("a picture of a mask: %v, want %v", has, c.mask)
			}
			if c.mask && !regexp.MustCompile(`<select id="matrix">(<option[^>]*>[a-z_]+</option>){7}`).MatchString(dom) {
				t.Error("there are not seven matrices to choose from")
			}
		})
	}
	t.Run("an error would be seen", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "report.html")
		text := bytes.Replace(written(t, d), []byte(`<select id="matrix">`), []byte(`<select>`), 1)
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, log := opened(t, browser, path); !strings.Contains(log, "CONSOLE") {
			t.Error("a page with a broken script leaves no trace in the console")
		}
	})
}

// opened returns the page's elements after its script has run, and the
// browser's log.
func opened(t *testing.T, browser, path string) (dom, log string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
		"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--user-data-dir="+t.TempDir(), "--enable-logging=stderr", "--virtual-time-budget=2000", "--dump-dom", "file://"+path)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	return out.String(), errs.String()
}
