package sparsellm

import (
	"embed"
	"io/fs"
)

//go:embed testdata/opt-micro testdata/llama-micro
var micro embed.FS

// Micro returns the small models by the name of their folders, opt-micro and
// llama-micro: each a Hugging Face folder with calib.rows.json and
// test.rows.json, token ids to calibrate with and to evaluate on.
func Micro() fs.FS {
	sub, err := fs.Sub(micro, "testdata")
	if err != nil {
		panic(err) // the path is a constant of this file
	}
	return sub
}
