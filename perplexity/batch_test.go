package perplexity

import (
	"testing"

	"sparsellm/model"
)

// TestBatch cuts rows at the memory that their hidden states may take.
func TestBatch(t *testing.T) {
	row := make([]int, 1024)
	rows := [][]int{row, row, row, row, row}
	for _, c := range []struct{ hidden, want int }{
		{BatchBytes / 4 / 1024 / 5, 5},
		{BatchBytes / 4 / 1024 / 2, 2},
		{BatchBytes/4/1024/2 + 1, 1},
		{BatchBytes, 1}, // one at least
	} {
		e := evaluation[float32]{cfg: model.Config{Hidden: c.hidden}}
		if got := e.batch(rows); got != c.want {
			t.Errorf("hidden size %d: batch of %d, want %d", c.hidden, got, c.want)
		}
	}
}
