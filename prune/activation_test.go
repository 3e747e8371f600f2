package prune

import (
	"strings"
	"testing"
)

func TestCheckNetwork(t *testing.T) {
	for _, c := range []struct {
		activation string
		gated      bool
		want       string // nothing: it is no error
	}{
		{"relu", false, ""},
		{"relu", true, ""},
		{"relu2", false, ""},
		{"silu", true, ""},
		{"swish", false, ""},
		{"gelu_pytorch_tanh", true, ""},
		{"gelu", false, ""},
		{"mish", false, `"mish"`},
		{"", true, "does not say"},
	} {
		err := CheckNetwork(c.activation, c.gated)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q, gated %v: %v, want %q", c.activation, c.gated, err, c.want)
		}
	}
}
