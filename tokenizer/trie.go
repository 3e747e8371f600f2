package tokenizer

import (
	"slices"
	"strings"
)

// trie finds which of a set of strings a text begins with. Nodes are numbered
// level by level, from the root, 0, so that the children of one lie in a row,
// ordered by their bytes.
type trie struct {
	first []int32 // of each node, that of its first child; one more at the end
	label []byte  // of each node, the byte that leads to it
	value []int32 // of each node, that of the string that ends there, or −1
	wide  []int32 // of each node, its place in rows, or −1
	rows  [][256]int32
}

// wideNode is the number of children from which on a node has a row of its
// children by their bytes.
const wideNode = 8

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
	for node := range t.value {
		t.wide = append(t.wide, -1)
		if t.first[node+1]-t.first[node] < wideNode {
			continue
		}
		var row [256]int32
		for c := range row {
			row[c] = t.scan(int32(node), byte(c))
		}
		t.wide[node] = int32(len(t.rows))
		t.rows = append(t.rows, row)
	}
	return t
}

// child returns the child of a node that a byte leads to, or −1.
func (t *trie) child(node int32, c byte) int32 {
	if w := t.wide[node]; w >= 0 {
		return t.rows[w][c]
	}
	return t.scan(node, c)
}

// scan is child by a look at each.
func (t *trie) scan(node int32, c byte) int32 {
	for i, end := t.first[node], t.first[node+1]; i < end; i++ {
		if t.label[i] == c {
			return i
		}
	}
	return -1
}
