package calib

import "slices"

// How windows begin. The text of a file is tokenized once and cut, as the papers
// have it, so that what a tokenizer puts before a text stands in one window at
// most. With Reading.Begin every window has it.

// room is how many tokens of text a window of seqlen has.
func (r Reading) room(seqlen int) int {
	if r.Begin == nil {
		return seqlen
	}
	return seqlen - 1
}

// begun says whether ids begin with the token that windows begin with.
func (r Reading) begun(ids []int) bool {
	return r.Begin != nil && len(ids) > 0 && ids[0] == *r.Begin
}

// cut takes a window off a stream of tokens, and says whether there are enough. A
// token that windows begin with is not put before itself.
func (r Reading) cut(stream []int, seqlen int) (window, rest []int, ok bool) {
	n := r.room(seqlen)
	if r.begun(stream) {
		n = seqlen
	}
	if len(stream) < n {
		return nil, stream, false
	}
	window, rest = stream[:n:n], stream[n:]
	if n < seqlen {
		window = slices.Concat([]int{*r.Begin}, window)
	}
	return window, rest, true
}

// draw returns a random window of the ids of a text, false if they are too few. As
// upstream, the last window is never drawn.
func (r Reading) draw(ids []int, seqlen int, random python) (window []int, ok bool) {
	if r.begun(ids) {
		ids = ids[1:] // which the window has anew
	}
	places := len(ids) - r.room(seqlen)
	if places <= 0 {
		return nil, false
	}
	window, _, ok = r.cut(ids[random.below(places):], seqlen)
	return window, ok
}
