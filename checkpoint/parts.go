package checkpoint

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// part is a file of weights whose name says which of how many it is. People
// number with five digits, with six, or without zeros in front.
type part struct {
	name  string
	stem  string // "model"
	i, n  int
	tail  string // what follows the number of parts: ".safetensors"
	width int    // digits of i
	of    string // n as it is written
}

var partName = regexp.MustCompile(`^(.+)-([0-9]{1,9})-of-([0-9]{1,9})((?:\.[A-Za-z0-9_]+)?\.[a-z]+)$`)

// partsIn returns the parts among names that end in .ext.
func partsIn(names []string, ext string) []part {
	var parts []part
	for _, name := range names {
		m := partName.FindStringSubmatch(name)
		if m == nil || !strings.HasSuffix(name, "."+ext) {
			continue
		}
		i, err1 := strconv.Atoi(m[2])
		n, err2 := strconv.Atoi(m[3])
		if err1 != nil || err2 != nil {
			continue
		}
		parts = append(parts, part{name: name, stem: m[1], i: i, n: n, tail: m[4], width: len(m[2]), of: m[3]})
	}
	return parts
}

// joined returns the names of parts of one stem in their order, if they are
// all of a set, numbered from 1 or from 0 on.
func joined(parts []part) ([]string, error) {
	slices.SortStableFunc(parts, func(a, b part) int { return a.i - b.i })
	first := parts[0]
	at := map[int]part{}
	for _, p := range parts {
		if p.n != first.n {
			return nil, fmt.Errorf("has parts of different sets, %s and %s, and no index that says which to read: remove those that are old", first.name, p.name)
		}
		if other, twice := at[p.i]; twice {
			return nil, fmt.Errorf("has %s and %s, and no index that says which to read: remove one", other.name, p.name)
		}
		at[p.i] = p
	}
	start := min(first.i, 1)
	var lost, files []string
	for k := range first.n { // at most one more than there are parts are looked at, or named
		p, ok := at[start+k]
		if ok {
			files = append(files, p.name)
			continue
		}
		if lost = append(lost, fmt.Sprintf("%s-%0*d-of-%s%s", first.stem, first.width, start+k, first.of, first.tail)); len(lost) > 3 {
			break
		}
	}
	switch {
	case len(lost) > 0:
		return nil, fmt.Errorf("lacks %s: it has %d of the %d parts of its weights, and no index; download the rest", listed(lost[:min(len(lost), 3)]), len(parts), first.n)
	case len(files) < len(parts):
		return nil, fmt.Errorf("has %s, which is not one of %d parts", parts[len(parts)-1].name, first.n)
	}
	return files, nil
}
