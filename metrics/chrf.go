package metrics

import "strings"

// mostChrF is the longest run of characters that chrF counts, and beta how many
// times as much recall counts as precision.
const (
	mostChrF = 6
	beta     = 2
)

// ChrFCounts are those of a text, for runs of one to six characters without white
// space: of the text, of the reference that gives the best score, and of both.
func ChrFCounts(text string, references []string) []float64 {
	runs := characters(text)
	var counted []float64
	best := -1.0
	for _, r := range references {
		right := characters(r)
		var all []float64
		for n := 1; n <= mostChrF; n++ {
			own, other := max(len(runs)-n+1, 0), max(len(right)-n+1, 0)
			if other == 0 {
				own = 0
			}
			all = append(all, float64(own), float64(other), float64(overlap(counts(runs, n), counts(right, n))))
		}
		if score := ChrF(all); score > best {
			best, counted = score, all
		}
	}
	return counted
}

func characters(s string) []string {
	return strings.Split(strings.Join(strings.FieldsFunc(s, isSpace), ""), "")
}

// ChrF is the score, from 0 to 100, of the sums of counts.
func ChrF(sums []float64) float64 {
	precision, recall, orders := 0.0, 0.0, 0.0
	for n := range mostChrF {
		own, other, same := sums[3*n], sums[3*n+1], sums[3*n+2]
		if own > 0 && other > 0 {
			precision += same / own
			recall += same / other
			orders++
		}
	}
	if orders == 0 || precision+recall == 0 {
		return 0
	}
	precision, recall = precision/orders, recall/orders
	return 100 * (1 + beta*beta) * precision * recall / (beta*beta*precision + recall)
}
