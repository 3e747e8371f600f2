package report_test

import (
	"bytes"
	"fmt"
	"log"

	"sparsellm/report"
)

// A page about one matrix of four weights. Sections without anything to show are
// left out.
func Example() {
	mask, err := report.NewMask(2, 2, []float32{1, 0, 0, -2}, report.PictureBytes)
	if err != nil {
		log.Fatal(err)
	}
	var page bytes.Buffer
	if err := report.Write(&page, &report.Data{
		Title: "A model of one matrix",
		Facts: []report.Fact{{Value: "50%", Label: "zeros"}},
		Texts: []report.Text{{Name: "test.txt", SeqLen: 512, Tokens: 4096, Dense: 27.6, Pruned: 43.1}},
		Matrices: []report.Matrix{
			{Block: 0, Name: "fc1", Rows: 2, Cols: 2, Sparsity: 0.5, Error: 0.01, Mask: mask},
		},
	}); err != nil {
		log.Fatal(err)
	}
	for _, section := range []string{"perplexity", "matrices", "masks", "time"} {
		fmt.Println(section, bytes.Contains(page.Bytes(), []byte(`<section id="`+section+`">`)))
	}
	fmt.Println("from elsewhere", bytes.Contains(page.Bytes(), []byte("https://")))
	// Output:
	// perplexity true
	// matrices true
	// masks true
	// time false
	// from elsewhere false
}
