package tokenizer

import (
	"slices"
	"strings"
)

// trie finds which of a set of strings a text begins with. Nodes are numbered
// level by level, so that the children of one lie in a row, ordered by their
// bytes.
type trie struct {
	first []int32 // of each node, that of its first child; one more at the end
	label []byte  // of each node, the byte that leads to it
	value []int32 // of each node, that of the string that ends there, or −1
	roots [256]int32
}

// newTrie makes a trie of strings, none of them empty and no two the same, and
// the value of each, which is not negative.
func newTrie(keys []string, values []int32) *trie {
	order := make([]int32, len(keys))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return strings.Compare(keys[a], keys[b]) })
	t := &trie{label: []byte{0}, value: []int32{-1}}
	type part struct{ from, to, depth int } // order[from:to] have a node's string as a prefix
	level := []part{{0, len(order), 0}}
	for n := 0; n < len(level); n++ {
		p := level[n]
		t.first = append(t.first, int32(len(t.label)))
		if p.from < p.to && len(keys[order[p.from]]) == p.depth {
			t.value[n] = values[order[p.from]]
			p.from++
		}
		for p.from < p.to {
			c := keys[order[p.from]][p.depth]
			end := p.from + 1
			for end < p.to && keys[order[end]][p.depth] == c {
				end++
			}
			t.label, t.value = append(t.label, c), append(t.value, -1)
			level = append(level, part{p.from, end, p.depth + 1})
			p.from = end
		}
	}
	t.first = append(t.first, int32(len(t.label)))
	for c := range t.roots {
		t.roots[c] = t.scan(0, byte(c))
	}
	return t
}

// scan returns the child of a node that a byte leads to, or −1.
func (t *trie) scan(node int32, c byte) int32 {
	for i, end := t.first[node], t.first[node+1]; i < end; i++ {
		if t.label[i] >= c {
			if t.label[i] == c {
				return i
			}
			break
		}
	}
	return -1
}

// prefixes calls found with the length and the value of each string that text
// begins with, the shortest first.
func (t *trie) prefixes(text string, found func(length int, value int32)) {
	if text == "" {
		return
	}
	node := t.roots[text[0]]
	for n := 1; node >= 0; n++ {
		if v := t.value[node]; v >= 0 {
			found(n, v)
		}
		if n == len(text) {
			return
		}
		node = t.scan(node, text[n])
	}
}
