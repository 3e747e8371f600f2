package arch_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sparsellm/arch"
	"sparsellm/checkpoint"
)

// unread are what kinds.py makes and we refuse, and a part of the sentence that
// says so.
var unread = map[string]string{
	"bloom-post":                "apply_residual_connection_post_layernorm is true",
	"bloom-slow":                "slow_but_exact is true",
	"bloom-slow-tp":             "slow_but_exact is true",
	"gemma-bidirectional":       "use_bidirectional_attention is true",
	"gemma2-bidirectional":      "use_bidirectional_attention is true",
	"gemma3_text-bidirectional": "use_bidirectional_attention is true",
	"gemma3_text-caps":          "attn_logit_softcapping is 0.5", // transformers passes over it
	"within-aya_vision":         "a language model within a larger one (text_config) is not supported",
	"within-paligemma":          "a language model within a larger one (text_config) is not supported",
	"gpt_neox-no-factor":        "1 elements of a head turn, which must be an even number",
}

// TestKinds compares models that testdata/kinds.py made with the log-likelihood
// that transformers found of them: some, or those of the folder SPARSELLM_KINDS,
// which may be all that the configuration classes allow. What is not understood
// must be refused by name.
func TestKinds(t *testing.T) {
	folder := "testdata/kinds"
	if other := os.Getenv("SPARSELLM_KINDS"); other != "" {
		folder = other
	}
	files, err := filepath.Glob(folder + "/*/expect.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no models in %s", folder)
	}
	for _, file := range files {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) { compareKind(t, dir) })
	}
}

func compareKind(t *testing.T, dir string) {
	if refused := refusal(t, dir); refused != nil {
		words, known := unread[filepath.Base(dir)]
		if !known || !strings.Contains(refused.Error(), words) {
			t.Errorf("refused: %v", refused)
		}
		return
	}
	compareLoss(t, dir)
}

// refusal returns why a model cannot be opened.
func refusal(t *testing.T, dir string) error {
	c, err := checkpoint.Open(dir)
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = arch.Open[float32](c.Config(), c)
	return err
}
