package checkpoint_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"sparsellm/checkpoint"
	"sparsellm/linalg"
	"sparsellm/model"
)

// A copy of a model in half precision, one of its matrices zeroed.
func Example() {
	dense, err := checkpoint.Open("../testdata/opt-micro")
	if err != nil {
		log.Fatal(err)
	}
	defer dense.Close()
	parent, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(parent)

	w, err := checkpoint.Create(dense, filepath.Join(parent, "zeroed"), checkpoint.Options{DType: checkpoint.F16})
	if err != nil {
		log.Fatal(err)
	}
	const name = "model.decoder.layers.0.fc1.weight"
	shape, _ := dense.Shape(name)
	if err := checkpoint.SinkOf[float32](w).Store(model.Whole(name), linalg.NewMatrix[float32](shape[0], shape[1])); err != nil {
		log.Fatal(err)
	}
	if err := w.Commit(); err != nil {
		log.Fatal(err)
	}

	zeroed, err := checkpoint.Open(filepath.Join(parent, "zeroed"))
	if err != nil {
		log.Fatal(err)
	}
	defer zeroed.Close()
	dtype, _ := zeroed.DType(name)
	fmt.Println(name, shape, dtype)
	// Output: model.decoder.layers.0.fc1.weight [128 32] F16
}
