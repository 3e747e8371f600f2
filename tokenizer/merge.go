package tokenizer

import (
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
	"strings"
)

// mergeSpec is a merge as a file writes it: ["a", "b"], or "a b".
type mergeSpec struct{ left, right string }

// UnmarshalJSON reads either form.
func (p *mergeSpec) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '[' {
		var pair []string
		if err := json.Unmarshal(b, &pair); err != nil {
			return err
		}
		if len(pair) != 2 {
			return fmt.Errorf("a merge joins two tokens, not %d", len(pair))
		}
		p.left, p.right = pair[0], pair[1]
		return nil
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	var ok bool
	p.left, p.right, ok = strings.Cut(s, " ")
	if !ok || strings.Contains(p.right, " ") {
		return fmt.Errorf("the merge %q is not two tokens with a space between", s)
	}
	return nil
}

// merge is what a pair of symbols becomes, and its place in the order.
type merge struct{ rank, id int32 }

// pairTable maps pairs of symbols to merges: a hash table with open
// addressing, since this look-up is what encoding an unseen word costs.
type pairTable struct {
	keys  []uint64 // left and right symbol, 32 bits each, plus one; 0 is empty
	vals  []merge
	shift uint // 64 − log2(len(keys))
}

// newPairTable returns a table with room for n pairs.
func newPairTable(n int) pairTable {
	log := bits.Len(uint(2*n + 1))
	return pairTable{make([]uint64, 1<<log), make([]merge, 1<<log), uint(64 - log)}
}

// slot returns where key is, or the empty slot where it would be.
func (t *pairTable) slot(key uint64) uint64 {
	// Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4).
	i := key * 0x9E3779B97F4A7C15 >> t.shift
	for t.keys[i] != key && t.keys[i] != 0 {
		i = (i + 1) & uint64(len(t.keys)-1)
	}
	return i
}

// set enters a pair.
func (t *pairTable) set(left, right int32, m merge) {
	key := uint64(uint32(left))<<32 | uint64(uint32(right)) + 1
	i := t.slot(key)
	t.keys[i], t.vals[i] = key, m
}

// get returns the merge of a pair; its rank is math.MaxInt32 if it has none.
func (t *pairTable) get(left, right int32) merge {
	key := uint64(uint32(left))<<32 | uint64(uint32(right)) + 1
	if i := t.slot(key); t.keys[i] != 0 {
		return t.vals[i]
	}
	return merge{rank: math.MaxInt32}
}

// merger is the memory that merging works in, and the words that it has
// merged before.
type merger struct {
	symbols []int32
	pairs   []merge // pairs[i]: the merge of symbols i and i+1
	queue   []candidate
	prev    []int32
	next    []int32

	steps []step // of a lattice
	spans []span

	known map[string][2]int32 // word → begin and end in arena
	arena []int32
}

// Limits on what a merger remembers: the length of a word in bytes, and the
// number of words, at which it starts afresh.
const (
	longestKnown = 48
	mostKnown    = 1 << 16
)

// newMerger returns a merger that remembers nothing yet.
func newMerger() merger { return merger{known: map[string][2]int32{}} }

// encode appends the ids of a word to dst: from memory where the word has been
// seen before, else as merged gives them, which it remembers unless the word is
// long.
func (s *merger) encode(dst []int, word string, merged func() []int32) []int {
	at, known := s.known[word]
	ids := s.arena[at[0]:at[1]]
	if !known {
		ids = merged()
		s.remember(word, ids)
	}
	for _, id := range ids {
		dst = append(dst, int(id))
	}
	return dst
}

func (s *merger) remember(word string, ids []int32) {
	if len(word) > longestKnown {
		return
	}
	if len(s.known) >= mostKnown {
		clear(s.known)
		s.arena = s.arena[:0]
	}
	begin := len(s.arena)
	s.arena = append(s.arena, ids...)
	s.known[strings.Clone(word)] = [2]int32{int32(begin), int32(len(s.arena))}
}

// shortWord is the number of symbols up to which a scan for the best pair
// beats a queue.
const shortWord = 40

// mergeAll merges s.symbols until no pair has a rank and returns what is left,
// which the next call overwrites.
func (s *merger) mergeAll(t *pairTable) []int32 {
	if len(s.symbols) <= shortWord {
		return s.mergeShort(t)
	}
	return s.mergeLong(t)
}

// mergeShort is mergeAll by a scan for the best pair before each merge.
func (s *merger) mergeShort(t *pairTable) []int32 {
	a, p := s.symbols, s.pairs[:0]
	for i := range len(a) - 1 {
		p = append(p, t.get(a[i], a[i+1]))
	}
	for {
		best, rank := 0, int32(math.MaxInt32)
		for i := range p {
			if p[i].rank < rank {
				best, rank = i, p[i].rank
			}
		}
		if rank == math.MaxInt32 {
			s.pairs = p
			return a
		}
		a[best] = p[best].id
		a = append(a[:best+1], a[best+2:]...)
		p = append(p[:best], p[best+1:]...)
		if best > 0 {
			p[best-1] = t.get(a[best-1], a[best])
		}
		if best < len(p) {
			p[best] = t.get(a[best], a[best+1])
		}
	}
}

// candidate is a pair in the queue: the symbol at pos and the one after it.
type candidate struct {
	merge
	pos int32
}

// before says whether c is merged before d.
func (c candidate) before(d candidate) bool {
	return c.rank < d.rank || c.rank == d.rank && c.pos < d.pos
}

// mergeLong is mergeAll by a priority queue: n·log n for a word of n symbols.
// A pair that another merge has changed since stays in the queue and is passed
// over when it comes up.
func (s *merger) mergeLong(t *pairTable) []int32 {
	a := s.symbols
	n := int32(len(a))
	s.prev, s.next, s.queue = s.prev[:0], s.next[:0], s.queue[:0]
	for i := range n {
		s.prev, s.next = append(s.prev, i-1), append(s.next, i+1)
	}
	enqueue := func(i int32) {
		if j := s.next[i]; j < n {
			if m := t.get(a[i], a[j]); m.rank != math.MaxInt32 {
				s.push(candidate{m, i})
			}
		}
	}
	for i := range n {
		enqueue(i)
	}
	const gone = -1
	for len(s.queue) > 0 {
		c := s.pop()
		i := c.pos
		j := s.next[i]
		if a[i] == gone || j == n {
			continue
		}
		if m := t.get(a[i], a[j]); m.rank == math.MaxInt32 || m.id != c.id {
			continue
		}
		a[i], a[j] = c.id, gone
		if s.next[i] = s.next[j]; s.next[i] < n {
			s.prev[s.next[i]] = i
		}
		if s.prev[i] >= 0 {
			enqueue(s.prev[i])
		}
		enqueue(i)
	}
	left := a[:0]
	for _, id := range a {
		if id != gone {
			left = append(left, id)
		}
	}
	return left
}

// push adds c to the queue, a binary heap.
func (s *merger) push(c candidate) {
	q := append(s.queue, c)
	i := len(q) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !c.before(q[up]) {
			break
		}
		q[i], i = q[up], up
	}
	q[i] = c
	s.queue = q
}

// pop takes the first candidate out of the queue.
func (s *merger) pop() candidate {
	q := s.queue
	first, c := q[0], q[len(q)-1]
	q = q[:len(q)-1]
	for i := 0; len(q) > 0; {
		down := 2*i + 1
		if down+1 < len(q) && q[down+1].before(q[down]) {
			down++
		}
		if down >= len(q) || !q[down].before(c) {
			q[i] = c
			break
		}
		q[i], i = q[down], down
	}
	s.queue = q
	return first
}
