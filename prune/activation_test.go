package prune

import (
	"strings"
	"testing"
)

func TestCheckNetwork(t *testing.T) {
	for _, c := range []struct {
		activation string
		gated      bool
		released   bool
		want       string // nothing: it is no error
	}{
		{"relu", false, false, ""},
		{"relu", true, false, ""},
		{"relu2", false, false, ""},
		{"silu", true, false, ""},
		{"swish", false, false, ""},
		{"gelu_pytorch_tanh", true, false, ""},
		{"gelu", false, false, ""},
		{"relu2", false, true, ""},
		{"swish", true, true, ""},
		{"gelu", true, true, `"gelu" with a gate`},
		{"mish", false, false, `"mish"`},
		{"", true, false, "does not say"},
	} {
		err := CheckNetwork(c.activation, c.gated, c.released)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q, gated %v, released %v: %v, want %q", c.activation, c.gated, c.released, err, c.want)
		}
	}
}
