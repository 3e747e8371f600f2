package metrics

import (
	"math"
	"regexp"
	"strings"
)

// mostBLEU is the longest run of words that BLEU counts.
const mostBLEU = 4

// BLEUCounts are those of a text: words, words of the reference nearest in
// length, runs of one to four words that a reference has too, and all those runs.
func BLEUCounts(text string, references []string) []float64 {
	words := bleuWords(text)
	all := make([]float64, 2+2*mostBLEU)
	all[0] = float64(len(words))
	nearest := -1
	var right [mostBLEU]map[string]int
	for _, r := range references {
		other := bleuWords(r)
		by, least := abs(len(other)-len(words)), abs(nearest-len(words))
		if nearest < 0 || by < least || by == least && len(other) < nearest {
			nearest = len(other)
		}
		for n := range right {
			c := counts(other, n+1)
			if right[n] == nil {
				right[n] = c
				continue
			}
			for run, count := range c {
				right[n][run] = max(right[n][run], count)
			}
		}
	}
	all[1] = float64(nearest)
	for n := range right {
		all[2+n] = float64(overlap(counts(words, n+1), right[n]))
		all[2+mostBLEU+n] = float64(max(len(words)-n, 0))
	}
	return all
}

// BLEU is the score, from 0 to 100, of the sums of counts. What no text has in
// common with its reference counts half, a quarter, … (exponential smoothing).
func BLEU(sums []float64) float64 {
	words, reference, correct, total := sums[0], sums[1], sums[2:2+mostBLEU], sums[2+mostBLEU:]
	if correct[0]+correct[1]+correct[2]+correct[3] == 0 {
		return 0
	}
	log, smooth := 0.0, 1.0
	for n := range mostBLEU {
		switch {
		case total[n] == 0: // sacreBLEU takes a very small precision then
			log += -9999999999
		case correct[n] == 0:
			smooth *= 2
			log += math.Log(100 / (smooth * total[n]))
		default:
			log += math.Log(100 * correct[n] / total[n])
		}
	}
	brevity := 1.0
	if words < reference {
		brevity = math.Exp(1 - reference/words)
	}
	return brevity * math.Exp(log/mostBLEU)
}

// The tokenizer 13a: mteval-v13a's for languages of the West.
var (
	bleuSteps = []struct {
		pattern *regexp.Regexp
		by      string
	}{
		{regexp.MustCompile("([{-~\\[-` -&(-+:-@/])"), " $1 "},
		{regexp.MustCompile(`([^0-9])([.,])`), "$1 $2 "}, // unless a digit is before
		{regexp.MustCompile(`([.,])([^0-9])`), " $1 $2"}, // or after
		{regexp.MustCompile(`([0-9])(-)`), "$1 $2 "},
	}
)

func bleuWords(s string) []string {
	s = strings.TrimRightFunc(s, isSpace)
	for _, r := range [][2]string{{"<skipped>", ""}, {"-\n", ""}, {"\n", " "}, {"&quot;", `"`}, {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}} {
		s = strings.ReplaceAll(s, r[0], r[1])
	}
	s = " " + s + " "
	for _, step := range bleuSteps {
		s = step.pattern.ReplaceAllString(s, step.by)
	}
	return strings.FieldsFunc(s, isSpace)
}

func abs(n int) int { return max(n, -n) }
