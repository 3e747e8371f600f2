package pipeline

import "fmt"

// checkZeros refuses to keep the zeros of a model that has more of them than
// are asked for. Shares are compared to a tenth of a percent: a sweep zeroes
// more than its share by a weight, and storing rounds some more to zero.
func (r *run[T]) checkZeros() error {
	zeros, weights := 0, 0
	err := r.eachSelected(func(w T) {
		weights++
		if w == 0 {
			zeros++
		}
	})
	if err != nil {
		return err
	}
	share, target := float64(zeros)/float64(max(weights, 1)), r.opt.Spec.Target()
	if share >= target+0.0005 {
		return fmt.Errorf("%.1f%% of the weights are zero already, more than the %.1f%% that are asked for: their mask cannot be kept", 100*share, 100*target)
	}
	return nil
}
