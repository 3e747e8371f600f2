package docs

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"

	"sparsellm/arch"
	"sparsellm/checkpoint"
	"sparsellm/linalg"
	"sparsellm/perplexity"
	"sparsellm/pipeline"
	"sparsellm/prune"
)

func Example_report() {
	const dir = "../testdata/llama-micro"
	ck, err := checkpoint.Open(dir)
	if err != nil {
		log.Fatal(err)
	}
	defer ck.Close()
	calibration, test := tokenRows(dir+"/calib.rows.json"), tokenRows(dir+"/test.rows.json")
	ctx, pool := context.Background(), linalg.NewPool(2)

	for _, method := range []string{"none", "magnitude", "sparsegpt", "sparsellm"} {
		// Pruned weights are laid over the checkpoint's, in memory.
		over, err := checkpoint.NewOverlay(ck, checkpoint.F64)
		if err != nil {
			log.Fatal(err)
		}
		model, err := arch.Open[float64](ck.Config(), over)
		if err != nil {
			log.Fatal(err)
		}
		var matrices []pipeline.MatrixReport
		if method != "none" {
			matrices, err = pipeline.Run(ctx, pool, model, calibration, pipeline.Options[float64]{
				Settings: pipeline.Settings{
					Method: method, Epochs: 4,
					Spec: prune.Spec{Sparsity: 0.5, BlockSize: 128, Damping: 0.01, Bits: 16},
				},
				Sink: checkpoint.SinkOf[float64](over),
			})
			if err != nil {
				log.Fatal(err)
			}
		}
		p, err := perplexity.Of(ctx, pool, model, test, nil)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%-10s perplexity %.1f", method, p.Perplexity)
		for _, m := range matrices {
			if m.Block == 1 && (m.Name == "self_attn.q_proj" || m.Name == "mlp.up_proj" || m.Name == "mlp.down_proj") {
				fmt.Printf(", %s %.2f", m.Name, m.Error)
			}
		}
		fmt.Println()
	}
	// Output:
	// none       perplexity 25.9
	// magnitude  perplexity 37.7, self_attn.q_proj 0.02, mlp.up_proj 0.08, mlp.down_proj 0.05
	// sparsegpt  perplexity 34.7, self_attn.q_proj 0.01, mlp.up_proj 0.06, mlp.down_proj 0.04
	// sparsellm  perplexity 30.2, self_attn.q_proj 0.08, mlp.up_proj 0.08, mlp.down_proj 0.08
}

// tokenRows reads rows of token ids.
func tokenRows(file string) (rows [][]int) {
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &rows)
	}
	if err != nil {
		log.Fatal(err)
	}
	return rows
}
