package job

import (
	"strconv"
	"strings"

	"sparsellm/pipeline"
)

// layerRange is what Layers says: blocks first ≤ i < last. An end that is
// left out is that of the model; "half" is half of its blocks, rounded down.
type layerRange struct{ first, last string }

func parseLayers(s string) (layerRange, error) {
	if s == "" {
		return layerRange{}, nil
	}
	a, b, ok := strings.Cut(s, ":")
	if !ok {
		return layerRange{}, pipeline.Wrong("<layers> %s is not of the form A:B", s)
	}
	for _, end := range []string{a, b} {
		if end == "" || end == "half" {
			continue
		}
		if n, err := strconv.Atoi(end); err != nil || n < 0 {
			return layerRange{}, pipeline.Wrong("<layers> %s: %q is neither a block's number nor half", s, end)
		}
	}
	return layerRange{a, b}, nil
}

// of returns the range for a model of that many blocks.
func (r layerRange) of(blocks int) (first, last int, err error) {
	at := func(end string, otherwise int) int {
		switch end {
		case "":
			return otherwise
		case "half":
			return blocks / 2
		}
		n, _ := strconv.Atoi(end) // parseLayers has seen it
		return n
	}
	first, last = at(r.first, 0), at(r.last, blocks)
	if first >= last || last > blocks {
		return 0, 0, pipeline.Wrong("<layers> %s:%s is no range of the model's %d blocks", r.first, r.last, blocks)
	}
	return first, last, nil
}
