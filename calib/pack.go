package calib

import (
	"fmt"
)

// pack fills samples with documents, one after the other in random order, each
// at most once, and with the end of a text behind each that has none: all but
// chats, whose template writes what ends them. What does not fill the last
// sample is left out.
func (d *documents) pack(tok Encoder, o Options, r python) ([][]int, error) {
	var stream []int
	samples := make([][]int, 0, o.Samples)
	for _, i := range r.shuffled(len(d.index)) {
		ids, chat, err := d.ids(i, tok)
		if err != nil {
			return nil, err
		}
		stream = append(stream, ids...)
		if n := len(ids); !chat && n > 0 && ids[n-1] != o.End {
			stream = append(stream, o.End)
		}
		for {
			sample, rest, ok := o.cut(stream, o.SeqLen)
			if !ok {
				break
			}
			samples, stream = append(samples, sample), rest
			if len(samples) == o.Samples {
				return samples, nil
			}
		}
	}
	if len(samples) == 0 {
		return nil, fmt.Errorf("calib: the %d documents of %s have %d tokens, too few for one sample of %d", len(d.index), d.source.path, len(stream), o.SeqLen)
	}
	return samples, nil
}

// shuffled is a list of the numbers below n after random.shuffle.
func (r python) shuffled(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	for i := n - 1; i > 0; i-- {
		j := r.below(i + 1)
		all[i], all[j] = all[j], all[i]
	}
	return all
}
