package perplexity_test

import (
	"context"
	"fmt"
	"log"

	"sparsellm/arch"
	"sparsellm/checkpoint"
	"sparsellm/linalg"
	"sparsellm/perplexity"
)

func Example() {
	c, err := checkpoint.Open("../testdata/llama-micro")
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	m, err := arch.Open[float32](c.Config(), c)
	if err != nil {
		log.Fatal(err)
	}
	rows := [][]int{{0, 92, 292, 354, 22, 290, 497, 266}, {0, 92, 292, 354}}
	r, err := perplexity.Of(context.Background(), linalg.NewPool(2), m, rows, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("perplexity %.2f over %d tokens\n", r.Perplexity, r.Tokens)
	// Output: perplexity 47.10 over 12 tokens
}
