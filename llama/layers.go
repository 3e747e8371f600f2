package llama

import (
	"slices"

	"sparsellm/internal/decoder"
)

// Kinds of layers, as layer_types names them.
const (
	full    = "full_attention"
	sliding = "sliding_attention"
)

// layers says what each block sees of the sequence.
type layers struct {
	family family
	window int      // how many positions a sliding block sees, itself included; 0 if none slides
	kinds  []string // of each block
	other  bool     // layer_types has other kinds than follow from the other fields
}

// layers reads sliding_window, use_sliding_window, max_window_layers and
// layer_types.
//
// A Mistral slides in every block if sliding_window is not null, a Qwen2 in
// those from max_window_layers on if use_sliding_window is true, or in those
// that layer_types names; a LLaMA never does.
func (a family) layers(f *decoder.Config, blocks int) layers {
	l := layers{family: a, kinds: make([]string, blocks)}
	from := 0
	if f.Has("sliding_window") || !f.There("sliding_window") && a.windows != noWindows {
		l.window = f.Int("sliding_window", 4096, 1, decoder.MaxPositions)
	}
	if a.windows == laterWindows {
		from = f.Int("max_window_layers", 28, 0, decoder.MaxBlocks)
		if !f.Bool("use_sliding_window", false) {
			l.window = 0
		}
	}
	for i := range l.kinds {
		l.kinds[i] = full
		if l.window > 0 && i >= from && a.windows != noWindows {
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
		switch t {
		case full, "attention": // as it was once called
			stated[i] = full
		case sliding:
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
	case l.family.windows == laterWindows: // layer_types overrides max_window_layers
	case l.other:
		f.Fail("layer_types and the sliding_window of %d contradict one another: transformers' %s models have one kind of block", l.window, l.family.kind)
	case f.Has("use_sliding_window") && !f.Bool("use_sliding_window", true):
		if l.family.windows == everyWindow {
			f.Fail("use_sliding_window is false and sliding_window %d: transformers' %s models slide unless sliding_window is null", l.window, l.family.kind)
		}
		l.window = 0
	case l.family.windows == noWindows:
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
