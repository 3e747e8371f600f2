package docs

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime"

	"sparsellm/arch"
	"sparsellm/calib"
	"sparsellm/checkpoint"
	"sparsellm/job"
	"sparsellm/linalg"
	"sparsellm/perplexity"
	"sparsellm/pipeline"
	"sparsellm/prune"
	"sparsellm/report"
	"sparsellm/tokenizer"
)

func Example_job() {
	out, err := os.MkdirTemp("", "pruned-")
	check(err)
	defer os.RemoveAll(out)

	set := job.Default() // half zeros by SparseLLM, 64 samples, float32
	set.Model = "../testdata/llama-micro"
	set.Calib = set.Model + "/calib.rows.json"
	set.Eval = []string{set.Model + "/test.rows.json"}
	set.Out, set.Resume = out, true // goes on where an earlier run was stopped
	set.Report = true
	result, err := job.Prune(context.Background(), set, job.Hooks{
		Remark: func(text string) { log.Print(text) },
	})
	check(err)
	fmt.Printf("%d matrices pruned; perplexity %v, before %v\n", len(result.Layers), result.Eval[0].Pruned, result.Eval[0].Dense)

	page, err := result.Page()
	check(err)
	file, err := os.Create(filepath.Join(out, "report.html"))
	check(err)
	check(errors.Join(report.Write(file, page), file.Close()))
	// Output: 14 matrices pruned; perplexity 30.17, before 25.92
}

func Example_library() {
	const dir = "../testdata/llama-micro"
	out, err := os.MkdirTemp("", "pruned-")
	check(err)
	defer os.RemoveAll(out)
	dense, err := checkpoint.Open(dir)
	check(err)
	defer dense.Close()
	tok, err := tokenizer.Open(dir)
	check(err)
	samples, err := calib.Calibration(dir+"/calib.rows.json", tok, calib.Options{Samples: 64, SeqLen: 64})
	check(err)
	model, err := arch.Open[float32](dense.Config(), dense)
	check(err)
	written, err := checkpoint.Create(dense, out, checkpoint.Options{})
	check(err)
	defer written.Abort() // which does nothing after Commit

	ctx, pool := context.Background(), linalg.NewPool(runtime.GOMAXPROCS(0))
	matrices, err := pipeline.Run(ctx, pool, model, samples, pipeline.Options[float32]{
		Settings: pipeline.Settings{
			Method: "sparsellm",
			Spec:   prune.Spec{Sparsity: 0.5, BlockSize: 128, Damping: 0.01, Bits: 16},
		},
		Sink: checkpoint.SinkOf[float32](written),
	})
	check(err)
	check(written.Commit())

	pruned, err := checkpoint.Open(out)
	check(err)
	defer pruned.Close()
	model, err = arch.Open[float32](pruned.Config(), pruned)
	check(err)
	windows, err := calib.Evaluation(dir+"/test.rows.json", tok, 64, 0, calib.Reading{})
	check(err)
	p, err := perplexity.Of(ctx, pool, model, windows, nil)
	check(err)
	fmt.Printf("%d matrices pruned; perplexity %.2f\n", len(matrices), p.Perplexity)
	// Output: 14 matrices pruned; perplexity 30.17
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
