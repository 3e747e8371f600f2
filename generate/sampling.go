package generate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"sparsellm/linalg"
)

// Sampling says how the next token is chosen from logits. The zero value takes
// the likeliest.
//
// As in transformers, logits are divided by the temperature first; of the tokens
// those remain that every rule lets pass.
type Sampling struct {
	Temperature float64 // 0: the likeliest token, and nothing is drawn
	TopK        int     // the so many likeliest tokens; 0: all
	// TopP keeps the likeliest tokens whose probabilities add up to it (Holtzman
	// et al., 2020); 0 or 1: all.
	TopP float64
	// MinP keeps tokens of at least so much of the likeliest one's probability
	// (Nguyen et al., 2024); 0: all.
	MinP float64
	Seed uint64
}

// Check says what is wrong with the values, if anything.
func (s Sampling) Check() error {
	switch {
	case !(s.Temperature >= 0) || math.IsInf(s.Temperature, 1):
		return fmt.Errorf("a temperature of %v cannot be: it is 0 or more", s.Temperature)
	case s.TopK < 0:
		return fmt.Errorf("the likeliest %d tokens cannot be: give 0 or more", s.TopK)
	case !(s.TopP >= 0 && s.TopP <= 1):
		return fmt.Errorf("%v is no share of probability, from 0 to 1", s.TopP)
	case !(s.MinP >= 0 && s.MinP <= 1):
		return fmt.Errorf("%v is no share of the likeliest token's probability, from 0 to 1", s.MinP)
	}
	return nil
}

// sampler chooses tokens.
type sampler[T linalg.Float] struct {
	Sampling
	rng  *rand.Rand
	left []candidate
}

// candidate is a token with its probability, in units of the likeliest one's.
type candidate struct {
	id int
	p  float64
}

func newSampler[T linalg.Float](s Sampling) *sampler[T] {
	return &sampler[T]{Sampling: s, rng: rand.New(rand.NewPCG(s.Seed, 0))}
}

// next chooses the token that follows. Logits that are not numbers are an error.
func (s *sampler[T]) next(logits []T) (int, error) {
	for i, v := range logits {
		if v != v {
			return 0, fmt.Errorf("the logit of token %d is not a number", i)
		}
	}
	best := linalg.ArgMax(logits)
	if s.Temperature == 0 {
		return best, nil
	}
	top := float64(logits[best])
	s.left = s.left[:0]
	total := 0.0
	for i, v := range logits {
		p := 1.0
		if float64(v) != top { // both may be infinite
			p = math.Exp((float64(v) - top) / s.Temperature)
		}
		if p > 0 {
			s.left = append(s.left, candidate{i, p})
			total += p
		}
	}
	s.pass(total)
	total = 0
	for _, c := range s.left {
		total += c.p
	}
	u := s.rng.Float64() * total
	for _, c := range s.left {
		if u -= c.p; u < 0 {
			return c.id, nil
		}
	}
	return s.left[len(s.left)-1].id, nil
}

// pass leaves the candidates, whose probabilities add up to total, that
// every rule lets pass, ordered or not. It sorts no more than it has to.
func (s *sampler[T]) pass(total float64) {
	n := len(s.left) // the others are those that pass so far, in order
	if s.TopK > 0 && s.TopK < n || s.TopP > 0 && s.TopP < 1 {
		for i := n/2 - 1; i >= 0; i-- {
			sink(s.left[:n], i)
		}
	}
	if s.TopK > 0 && s.TopK < n { // their probabilities are what shares are of
		total = 0
		for range s.TopK {
			total += pop(s.left[:n])
			n--
		}
		s.left = s.left[n:]
		slices.Reverse(s.left) // a heap
		n = len(s.left)
	}
	if s.TopP > 0 && s.TopP < 1 {
		for sum := 0.0; n > 0 && sum < s.TopP*total; n-- {
			sum += pop(s.left[:n])
		}
		s.left = s.left[n:]
	}
	if s.MinP > 0 {
		s.left = slices.DeleteFunc(s.left, func(c candidate) bool { return c.p < s.MinP })
	}
}

// before says that a comes before b: it is likelier, or as likely and first.
func before(a, b candidate) bool { return a.p > b.p || a.p == b.p && a.id < b.id }

// sink moves entry i of a heap, whose first is the likeliest, to its place.
func sink(heap []candidate, i int) {
	for {
		j := 2*i + 1
		if j >= len(heap) {
			return
		}
		if j+1 < len(heap) && before(heap[j+1], heap[j]) {
			j++
		}
		if !before(heap[j], heap[i]) {
			return
		}
		heap[i], heap[j] = heap[j], heap[i]
		i = j
	}
}

// pop moves the first of a heap to its end, and returns its probability.
func pop(heap []candidate) float64 {
	last := len(heap) - 1
	heap[0], heap[last] = heap[last], heap[0]
	sink(heap[:last], 0)
	return heap[last].p
}
