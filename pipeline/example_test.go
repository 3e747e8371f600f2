package pipeline_test

import (
	"context"
	"fmt"
	"log"
	"runtime"

	"sparsellm/arch"
	"sparsellm/calib"
	"sparsellm/checkpoint"
	"sparsellm/linalg"
	"sparsellm/pipeline"
	"sparsellm/prune"
)

// Half of each matrix of a model is zeroed, in memory: nothing is written.
func ExampleRun() {
	const dir = "../testdata/opt-micro"
	dense, err := checkpoint.Open(dir)
	if err != nil {
		log.Fatal(err)
	}
	defer dense.Close()
	samples, err := calib.Calibration(dir+"/calib.rows.json", nil, calib.Options{Samples: 64})
	if err != nil {
		log.Fatal(err)
	}
	pruned, err := checkpoint.NewOverlay(dense, 0)
	if err != nil {
		log.Fatal(err)
	}
	model, err := arch.Open[float32](dense.Config(), pruned)
	if err != nil {
		log.Fatal(err)
	}
	matrices, err := pipeline.Run(context.Background(), linalg.NewPool(runtime.GOMAXPROCS(0)), model, samples, pipeline.Options[float32]{
		Settings: pipeline.Settings{
			Method: "sparsegpt",
			Spec:   prune.Spec{Sparsity: 0.5, BlockSize: 128, Damping: 0.01, Bits: 16},
		},
		Sink: checkpoint.SinkOf[float32](pruned),
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, m := range matrices {
		if m.Block == 0 {
			fmt.Printf("%-18s %3d × %-3d  zeros %.0f%%  error %.3f\n", m.Name, m.Rows, m.Cols, 100*m.Sparsity, m.Error)
		}
	}
	// Output:
	// self_attn.k_proj    32 × 32   zeros 50%  error 0.025
	// self_attn.v_proj    32 × 32   zeros 50%  error 0.036
	// self_attn.q_proj    32 × 32   zeros 50%  error 0.039
	// self_attn.out_proj  32 × 32   zeros 50%  error 0.006
	// fc1                128 × 32   zeros 50%  error 0.049
	// fc2                 32 × 128  zeros 50%  error 0.016
}
