package job

import (
	"strings"
	"testing"
)

func TestParseBytes(t *testing.T) {
	for text, want := range map[string]float64{"": 0, "4GiB": 4 << 30, "500MB": 5e8, "1.5 GB": 1.5e9, "3kB": 3e3} {
		if got, err := parseBytes(text); got != want || err != nil {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"4", "GiB", "-1GB", "0MB", "xGB", "NaNGB", "InfGB", "4Gib"} {
		if _, err := parseBytes(text); err == nil || !strings.Contains(err.Error(), "is not a size such as 4GiB") {
			t.Errorf("%q gives the error %v", text, err)
		}
	}
}
