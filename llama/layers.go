package llama

import (
	"slices"

	"sparsellm/internal/decoder"
)

// Kinds of layers, as layer_types names them.
const (
	full        = "full_attention"
	sliding     = "sliding_attention"
	convolution = "conv"
)

// windows says which blocks see no more than so many of the last positions,
// which sliding_window says.
type windows int

const (
	noWindows    windows = iota
	everyWindow          // every block, unless sliding_window is null
	setWindow            // every block, if sliding_window is there
	askedWindow          // every block, if use_sliding_window says so
	laterWindows         // those from max_window_layers on, if use_sliding_window says so, or that layer_types names
	namedWindows         // those that layer_types names
	evenWindows          // every second block from the first, or those that layer_types names
	mostWindows          // all but every sixth, or as many as sliding_window_pattern says, or those that layer_types names
	convolutions         // none; layer_types names blocks that convolve
)

// layers says what each block sees of the sequence.
type layers struct {
	family family
	window int      // how many positions a sliding block sees, itself included; 0 if none slides
	kinds  []string // of each block
	other  bool     // layer_types has other kinds than follow from the other fields
}

// layers reads sliding_window, use_sliding_window, layer_types and what else
// says which blocks slide.
func (a family) layers(f *decoder.Config, blocks int) layers {
	l := layers{family: a, kinds: make([]string, blocks)}
	preset := slices.Contains([]windows{everyWindow, askedWindow, laterWindows, evenWindows, mostWindows}, a.windows)
	if f.Has("sliding_window") || !f.There("sliding_window") && preset {
		l.window = f.Int("sliding_window", 4096, 1, decoder.MaxPositions)
	}
	slides := func(int) bool { return false }
	switch a.windows {
	case everyWindow, setWindow:
		slides = func(int) bool { return true }
	case askedWindow, laterWindows:
		from := 0
		if a.windows == laterWindows {
			from = f.Int("max_window_layers", 28, 0, decoder.MaxBlocks)
		}
		slides = func(i int) bool { return i >= from }
		if !f.Bool("use_sliding_window", false) {
			l.window = 0
		}
	case evenWindows:
		slides = func(i int) bool { return i%2 == 0 }
	case mostWindows:
		key := "sliding_window_pattern"
		if !f.Has(key) {
			key = "_sliding_window_pattern"
		}
		every := f.Int(key, 6, 1, decoder.MaxBlocks)
		slides = func(i int) bool { return (i+1)%every != 0 }
	}
	for i := range l.kinds {
		l.kinds[i] = full
		if l.window > 0 && slides(i) {
			l.kinds[i] = sliding
		}
	}
	if types := f.Strings("layer_types"); types != nil {
		l.state(f, types)
	}
	return l
}

// state takes the kinds from layer_types.
func (l *layers) state(f *decoder.Config, types []string) {
	if len(types) != len(l.kinds) {
		f.Fail("layer_types has %d entries for the %d blocks of num_hidden_layers", len(types), len(l.kinds))
		return
	}
	stated := make([]string, len(types))
	for i, t := range types {
		switch {
		case t == full, t == "attention", t == convolution && l.family.windows == convolutions: // attention: as it was once called
			stated[i] = full
		case t == sliding:
			stated[i] = sliding
		default:
			f.Fail("layer_types has %q for block %d; only %q and %q are supported", t, i, full, sliding)
			return
		}
	}
	if slices.Contains(stated, sliding) && l.window == 0 {
		f.Fail("layer_types has %q, but no window is set: sliding_window is missing or null, or use_sliding_window is not true", sliding)
	}
	l.other = !slices.Equal(stated, l.kinds)
	l.kinds = stated
}

// check fails where two fields contradict one another about windows that
// sequences of up to longest tokens would see.
func (l *layers) check(f *decoder.Config, longest int) {
	if l.window == 0 || l.window >= longest {
		return
	}
	switch {
	case slices.Contains([]windows{laterWindows, namedWindows, evenWindows, mostWindows}, l.family.windows): // layer_types overrides the rest
	case l.other:
		f.Fail("layer_types and the sliding_window of %d contradict one another: transformers' %s models have one kind of block", l.window, l.family.kind)
	case f.Has("use_sliding_window") && !f.Bool("use_sliding_window", true):
		if l.family.windows == everyWindow {
			f.Fail("use_sliding_window is false and sliding_window %d: transformers' %s models slide unless sliding_window is null", l.window, l.family.kind)
		}
		l.window = 0
	case l.family.windows == noWindows, l.family.windows == convolutions:
		f.Fail("sliding_window is %d, which a %s model does not have: it may be a mistral model", l.window, l.family.kind)
	}
}

// of returns the window of block i, 0 for none.
func (l *layers) of(i int) int {
	if l.kinds[i] == sliding {
		return l.window
	}
	return 0
}
