package likelihood

import (
	"errors"
	"fmt"
	"slices"
	"unsafe"

	"sparsellm/linalg"
	"sparsellm/model"
)

const (
	// groupRows is about how many rows go through a block together: enough for
	// products to run at full speed.
	groupRows = 2048
	// groupPositions bounds the positions of a group's sequences, shared ones
	// counted each time: attention lays out keys and values of all.
	groupPositions = 4 * groupRows
	// worthSharing is the least number of positions that are shared: each time
	// takes a copy of keys and values.
	worthSharing = 8
	// stateBytes bounds the hidden states of the groups that go through the
	// blocks together: the more, the fewer times a block is loaded.
	stateBytes = 64 << 20
)

// sequence is what a model reads for requests, and what it has to predict.
type sequence struct {
	ids     []int
	targets []int // the last len(targets) positions predict them
	request int
	shared  int // of ids, those that are the sequence's before in its group
	more    []sequence
}

// newSequence cuts a request to what the model takes.
func newSequence(number int, r Request, longest int) (sequence, error) {
	switch {
	case len(r.Context) == 0 || len(r.Continuation) == 0:
		return sequence{}, errors.New("the context or the continuation has no tokens")
	case len(r.Continuation) > longest:
		return sequence{}, fmt.Errorf("the continuation has %d tokens, more than the %d that the model takes", len(r.Continuation), longest)
	}
	all := slices.Concat(r.Context, r.Continuation)
	all = all[max(0, len(all)-longest-1):]
	return sequence{ids: all[:len(all)-1], targets: r.Continuation, request: number}, nil
}

// group is sequences that go through a block together, each of which may share
// positions with the one before it.
type group struct {
	sequences    []sequence
	rows, shared int
	positions    int
}

// plan sorts sequences and puts them into groups. Those of a length that is not
// alike are run otherwise than shorter ones, and share nothing.
func plan(sequences []sequence, alike func(n int) bool) []group {
	slices.SortStableFunc(sequences, func(a, b sequence) int { return slices.Compare(a.ids, b.ids) })
	var groups []group
	for i, s := range sequences {
		if len(groups) > 0 {
			g := &groups[len(groups)-1]
			last := &g.sequences[len(g.sequences)-1]
			same := common(last.ids, s.ids)
			if i > 0 && same == len(s.ids) && same == len(last.ids) {
				last.more = append(last.more, s)
				continue
			}
			if same < worthSharing || !alike(len(s.ids)) || !alike(len(last.ids)) {
				same = 0
			}
			rows := len(s.ids) - same
			if g.rows+rows <= groupRows && g.positions+len(s.ids) <= groupPositions {
				s.shared = same
				g.add(s)
				continue
			}
		}
		groups = append(groups, group{})
		groups[len(groups)-1].add(s)
	}
	return groups
}

func (g *group) add(s sequence) {
	g.sequences = append(g.sequences, s)
	g.rows += len(s.ids) - s.shared
	g.shared += s.shared
	g.positions += len(s.ids)
}

// common is the number of tokens that a and b begin with.
func common(a, b []int) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// sequencesOf is how the rows of a group fall into sequences.
func sequencesOf[T linalg.Float](g group) model.Sequences[T] {
	var s model.Sequences[T]
	for _, q := range g.sequences {
		s.Lengths = append(s.Lengths, len(q.ids)-q.shared)
		s.Shared = append(s.Shared, q.shared)
	}
	return s
}

// owner is a request's token that a row predicts.
type owner struct{ request, target int }

// predicting returns the rows that predict tokens, in order, and which.
func (g group) predicting() (rows []int, owners [][]owner) {
	at := map[int]int{} // place in rows
	var placed []int    // row of each position of the sequence so far
	next := 0           // row
	add := func(ids int, s sequence, row []int) {
		for j, target := range s.targets {
			r := row[ids-len(s.targets)+j]
			i, ok := at[r]
			if !ok {
				i = len(rows)
				at[r] = i
				rows, owners = append(rows, r), append(owners, nil)
			}
			owners[i] = append(owners[i], owner{s.request, target})
		}
	}
	for _, s := range g.sequences {
		placed = placed[:s.shared]
		for range len(s.ids) - s.shared {
			placed = append(placed, next)
			next++
		}
		add(len(s.ids), s, placed)
		for _, m := range s.more {
			add(len(m.ids), m, placed)
		}
	}
	return rows, owners
}

// rowsAtOnce is how many rows of states are in memory.
func rowsAtOnce[T linalg.Float](hidden int) int {
	var zero T
	return stateBytes / int(unsafe.Sizeof(zero)) / hidden
}

// batch returns how many of the groups have so many rows, at least one.
func batch(groups []group, rows int) int {
	for i, g := range groups {
		if rows -= g.rows; rows < 0 && i > 0 {
			return i
		}
	}
	return len(groups)
}
