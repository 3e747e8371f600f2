package tokenizer

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// naiveMerge is the definition: the adjacent pair of lowest rank is merged, the
// leftmost of equals, until none has a rank.
func naiveMerge(symbols []int32, merges map[[2]int32]merge) []int32 {
	for {
		best := -1
		for i := range len(symbols) - 1 {
			m, ok := merges[[2]int32{symbols[i], symbols[i+1]}]
			if ok && (best < 0 || m.rank < merges[[2]int32{symbols[best], symbols[best+1]}].rank) {
				best = i
			}
		}
		if best < 0 {
			return symbols
		}
		id := merges[[2]int32{symbols[best], symbols[best+1]}].id
		symbols = slices.Replace(symbols, best, best+2, id)
	}
}

// TestMerge compares both ways of merging with the definition, on random
// vocabularies whose tokens are strings over three letters.
func TestMerge(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		tokens := []string{"a", "b", "c"}
		ids := map[string]int32{"a": 0, "b": 1, "c": 2}
		merges := map[[2]int32]merge{}
		table := newPairTable(40)
		for rank := range 40 {
			left, right := tokens[r.IntN(len(tokens))], tokens[r.IntN(len(tokens))]
			id, ok := ids[left+right]
			if !ok {
				id = int32(len(tokens))
				ids[left+right] = id
				tokens = append(tokens, left+right)
			}
			m := merge{int32(rank), id}
			merges[[2]int32{ids[left], ids[right]}] = m
			table.set(ids[left], ids[right], m)
		}
		for range 20 {
			word := make([]int32, r.IntN(120))
			for i := range word {
				word[i] = int32(r.IntN(3))
			}
			want := naiveMerge(slices.Clone(word), merges)
			s := newMerger()
			s.symbols = slices.Clone(word)
			if got := s.mergeShort(&table); !slices.Equal(got, want) {
				t.Fatalf("mergeShort(%v) = %v, want %v", word, got, want)
			}
			s.symbols = slices.Clone(word)
			if got := s.mergeLong(&table); !slices.Equal(got, want) {
				t.Fatalf("mergeLong(%v) = %v, want %v", word, got, want)
			}
		}
	}
}

// TestPairTable compares with a map.
func TestPairTable(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	table, want := newPairTable(1000), map[[2]int32]merge{}
	for i := range int32(1000) {
		k := [2]int32{r.Int32N(40), r.Int32N(40)}
		if i == 0 {
			k = [2]int32{0, 0}
		}
		want[k] = merge{i, i + 7}
		table.set(k[0], k[1], want[k])
	}
	for a := range int32(41) {
		for b := range int32(41) {
			m, ok := want[[2]int32{a, b}]
			if !ok {
				m = merge{rank: math.MaxInt32}
			}
			if got := table.get(a, b); got != m {
				t.Errorf("get(%d, %d) = %v, want %v", a, b, got, m)
			}
		}
	}
}

// TestForget wants the same ids when more words have been seen than a merger
// remembers.
func TestForget(t *testing.T) {
	s := newMerger()
	for i := range 3 * mostKnown {
		word := string(rune(0x4e00+i%20000)) + string(rune(0x4e00+i/20000))
		merged := 0
		for range 2 {
			ids := s.encode(nil, word, func() []int32 { merged++; return []int32{int32(i), int32(i)} })
			if !slices.Equal(ids, []int{i, i}) || merged != 1 {
				t.Fatalf("word %d is encoded as %v, merged %d times", i, ids, merged)
			}
		}
		if len(s.known) > mostKnown {
			t.Fatalf("%d words are remembered", len(s.known))
		}
	}
}

// TestMetaSpace encodes words with a ▁ within, of vocabularies in which they
// may be cut before it and in which they may not.
func TestMetaSpace(t *testing.T) {
	for _, c := range []struct {
		model, text string
		want        []int
	}{
		{`"vocab":{"a":0,"▁":1,"▁a":2},"merges":[["▁","a"]]`, "a▁a▁▁a", []int{0, 2, 1, 2}},
		{`"vocab":{"a":0,"▁":1,"a▁":2},"merges":[["a","▁"]]`, "a▁a▁▁a", []int{2, 2, 1, 0}},
		{`"vocab":{"a":0,"▁":1,"▁▁":2},"unk_token":"▁","merges":[["▁","▁"]]`, "ax▁a", []int{0, 2, 0}},
		{`"vocab":{"a":0,"▁":1,"?":2},"unk_token":"?","fuse_unk":true,"merges":[]`, "xx▁xx", []int{2, 1, 2}},
		{`"vocab":{"a":0,"?":2},"unk_token":"?","fuse_unk":true,"merges":[]`, "ax▁x", []int{0, 2}},
	} {
		tok, err := parse([]byte(`{"version":"1.0","model":{"type":"BPE",`+c.model+`}}`), settings{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := tok.Encode(c.text, false); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: Encode(%q) = %v, %v, want %v", c.model, c.text, got, err, c.want)
		}
	}
}
