package decoder

import "fmt"

// CheckLength says what is wrong with a sequence of n tokens, if anything.
func CheckLength(n, most int) error {
	if n == 0 {
		return fmt.Errorf("the sequence is empty")
	}
	if n > most {
		return fmt.Errorf("the sequence has %d tokens; the model takes %d at most", n, most)
	}
	return nil
}

// CheckBlock says whether there is no block i of n.
func CheckBlock(i, n int) error {
	if i < 0 || i >= n {
		return fmt.Errorf("there is no block %d: the model has %d", i, n)
	}
	return nil
}
