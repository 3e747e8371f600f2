package arch_test

import (
	"fmt"
	"log"

	"sparsellm/arch"
	"sparsellm/checkpoint"
)

func Example() {
	c, err := checkpoint.Open("../testdata/opt-micro")
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	m, err := arch.Open[float32](c.Config(), c)
	if err != nil {
		log.Fatal(err)
	}
	b, err := m.Block(0)
	if err != nil {
		log.Fatal(err)
	}
	for _, l := range b.Linears() {
		fmt.Println(l.Name, l.Weight.Outputs(), "×", l.Weight.Inputs())
	}
	// Output:
	// self_attn.k_proj 32 × 32
	// self_attn.v_proj 32 × 32
	// self_attn.q_proj 32 × 32
	// self_attn.out_proj 32 × 32
	// fc1 128 × 32
	// fc2 32 × 128
}
