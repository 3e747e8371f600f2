package metrics

import "strings"

// Rouge returns the F-measures of ROUGE-1, ROUGE-2 and ROUGE-L of a text, each the
// largest over the references.
func Rouge(text string, references []string) (one, two, longest float64) {
	words := rougeWords(text)
	for _, r := range references {
		right := rougeWords(r)
		one = max(one, rougeN(words, right, 1))
		two = max(two, rougeN(words, right, 2))
		longest = max(longest, f1(subsequence(words, right), len(words), len(right)))
	}
	return one, two, longest
}

// rougeWords are runs of a–z and 0–9.
func rougeWords(s string) []string {
	return strings.FieldsFunc(lower(s), func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') })
}

func rougeN(words, right []string, n int) float64 {
	return f1(overlap(counts(words, n), counts(right, n)), len(words)-n+1, len(right)-n+1)
}

// f1 is the harmonic mean of same/a and same/b.
func f1(same, a, b int) float64 {
	if same == 0 {
		return 0
	}
	precision, recall := float64(same)/float64(a), float64(same)/float64(b)
	return 2 * precision * recall / (precision + recall)
}

// counts counts the runs of n words.
func counts(words []string, n int) map[string]int {
	all := map[string]int{}
	for i := range max(len(words)-n+1, 0) {
		all[strings.Join(words[i:i+n], "\x00")]++
	}
	return all
}

// overlap is how many two multisets share.
func overlap(a, b map[string]int) int {
	n := 0
	for w, c := range a {
		n += min(c, b[w])
	}
	return n
}

// subsequence is the length of the longest common subsequence of a and b.
func subsequence(a, b []string) int {
	row := make([]int, len(b)+1) // of the a so far
	for _, w := range a {
		diagonal := 0
		for j, v := range b {
			above := row[j+1]
			if w == v {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(above, row[j])
			}
			diagonal = above
		}
	}
	return row[len(b)]
}
