package tokenizer

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shared is where the checkpoints and texts that are not part of the
// repository lie, beside it.
const shared = "../../shared"

// needShared returns a path under shared, or skips the test.
func needShared(t testing.TB, path ...string) string {
	t.Helper()
	p := filepath.Join(append([]string{shared}, path...)...)
	if _, err := os.Stat(p); err != nil {
		t.Skipf("%s is not here", p)
	}
	return p
}

// golden is a text and the ids that Hugging Face gives it.
type golden struct {
	Text        string `json:"text"`
	IDs         []int  `json:"ids"`
	WithSpecial []int  `json:"ids_with_special"`
}

func readGolden(t testing.TB, path string) []golden {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []golden
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatalf("%s is empty", path)
	}
	return all
}

// wantIDs compares the ids of a text.
func wantIDs(t *testing.T, tok *Tokenizer, text string, special bool, want []int) {
	t.Helper()
	if got, err := tok.Encode(text, special); err != nil || !slices.Equal(got, want) {
		t.Errorf("Encode(%.60q, %v): %v, ids (-want +got):\n%s", text, special, err, cmp.Diff(want, got))
	}
}

// checkGolden compares both id lists of every text.
func checkGolden(t *testing.T, tok *Tokenizer, all []golden) {
	t.Helper()
	for _, g := range all {
		for _, c := range []struct {
			special bool
			want    []int
		}{{false, g.IDs}, {true, g.WithSpecial}} {
			wantIDs(t, tok, g.Text, c.special, c.want)
		}
	}
}

func TestGolden(t *testing.T) {
	for _, name := range []string{"opt", "llama2", "smollm2"} {
		t.Run(name, func(t *testing.T) {
			dir := needShared(t, "tokenizers", name)
			all := readGolden(t, needShared(t, "golden", "tokenizer", name+".json"))
			tok, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			checkGolden(t, tok, all)
		})
	}
}
