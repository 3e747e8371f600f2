package decoder

import "fmt"

// CheckBlock says whether there is no block i of n.
func CheckBlock(i, n int) error {
	if i < 0 || i >= n {
		return fmt.Errorf("there is no block %d: the model has %d", i, n)
	}
	return nil
}
