package tokenizer_test

import (
	"fmt"

	"sparsellm/tokenizer"
)

func ExampleOpen() {
	tok, err := tokenizer.Open("../testdata/llama-micro")
	if err != nil {
		fmt.Println(err)
		return
	}
	ids, err := tok.Encode("Hello world", true)
	fmt.Println(ids, err)
	fmt.Println(tok.Decode(ids))
	// Output:
	// [0 43 507 82 267 276 335] <nil>
	// <s>Hello world
}
