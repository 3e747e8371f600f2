package calib_test

import (
	"fmt"

	"sparsellm/calib"
)

// The rows of token ids of a file are the samples, in order, cut to length.
func ExampleCalibration() {
	samples, err := calib.Calibration("../testdata/opt-micro/calib.rows.json", nil,
		calib.Options{Samples: 2, SeqLen: 4})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range samples {
		fmt.Println(s)
	}
	// Output:
	// [2 313 68 366]
	// [2 304 287 339]
}
