package plan_test

import (
	"fmt"
	"log"

	"sparsellm/pipeline"
	"sparsellm/plan"
	"sparsellm/prune"
)

// What SparseLLM would take of a model that is not here.
func Example() {
	cfg, _ := plan.Shape("LLaMA-2-7B")
	how := pipeline.Settings{
		Method: "sparsellm",
		Spec:   prune.Spec{Sparsity: 0.5, BlockSize: 128, Damping: 0.01, Bits: 16},
	}
	if err := how.Complete(cfg); err != nil {
		log.Fatal(err)
	}
	set := plan.SettingsOf(how, 4)
	set.Samples, set.SeqLen, set.Threads = 64, 2048, 16

	// A machine that does all at 1 TFLOP/s, and moves 100 GB/s; Measure returns
	// the rates of this one.
	rates := plan.Rates{
		Product: 1e12, Attention: 1e12, Gram: 1e12, Factor: 1e12, Sweep: 1e12, Double: 1e12,
		Exp: 1e10, Bytes: 1e11,
	}
	p, err := plan.Make(cfg, set, rates)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.0f PFLOP in %.0f h, with %.0f GB\n", p.Flops/1e15, p.Seconds/3600, p.Bytes/1e9)

	// And in less memory?
	where, bytes, err := plan.Fit(cfg, set, 24e9)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("auxiliary variables: %s, with %.0f GB\n", where, bytes/1e9)
	// Output:
	// 11 PFLOP in 3 h, with 32 GB
	// auxiliary variables: anew, with 24 GB
}
