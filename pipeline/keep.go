package pipeline

import "fmt"

// checkZeros refuses to keep the zeros of a model that has more of them, in all,
// than the share that is asked for: of such a model nothing is to be pruned.
// (Single matrices may have more, and stay as they are. A pattern asks for so
// many zeros in each group: of any model there are groups that lose some, or it
// has the pattern.) Shares are compared to a tenth of a percent: a sweep zeroes
// more than its share by a weight, and storing rounds some more to zero.
func (r *run[T]) checkZeros() error {
	if r.opt.Spec.Pattern.Structured() {
		return nil
	}
	zeros, weights := 0, 0
	err := r.eachSelected(func(_ int, w T) {
		weights++
		if w == 0 {
			zeros++
		}
	})
	if err != nil {
		return err
	}
	return r.mayKeep(float64(zeros), float64(weights))
}

// mayKeep is checkZeros of so many zeros among so many weights.
func (r *run[T]) mayKeep(zeros, weights float64) error {
	share, target := zeros/max(weights, 1), r.opt.Spec.Target()
	if share >= target+0.0005 {
		return fmt.Errorf("%.1f%% of the weights are zero already, more than the %.1f%% that are asked for: their mask cannot be kept; ask for more, or do not keep it", 100*share, 100*target)
	}
	return nil
}
