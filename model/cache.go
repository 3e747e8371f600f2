package model

import "sparsellm/linalg"

// Cache is what a sublayer keeps of a sequence's positions, so that those that
// follow need not run them again: attention its keys, which are rotated, and
// values; a convolution what it filters, as keys. The zero value is of none.
type Cache[T linalg.Float] struct {
	// Keys and Values have a row for each position that is kept, the last ones.
	Keys, Values linalg.Matrix[T]
	dropped      int // positions before those
}

// Len returns how many positions there have been.
func (c *Cache[T]) Len() int {
	if c == nil {
		return 0
	}
	return c.dropped + c.Keys.Rows
}

// Dropped returns how many of them, the first ones, are no longer there.
func (c *Cache[T]) Dropped() int {
	if c == nil {
		return 0
	}
	return c.dropped
}

// Append adds the keys and values of further positions, and returns those of
// all that are kept.
func (c *Cache[T]) Append(k, v linalg.Matrix[T]) (keys, values linalg.Matrix[T]) {
	c.Keys, c.Values = appendRows(c.Keys, k), appendRows(c.Values, v)
	return c.Keys, c.Values
}

// room is how many positions there is memory for at least, and for how many more
// once they have taken it: less to move than all that are looked at for each of
// them, and little that is not used.
const room = 256

func appendRows[T linalg.Float](m, more linalg.Matrix[T]) linalg.Matrix[T] {
	if n := (m.Rows + more.Rows) * more.Cols; n > cap(m.Data) {
		data := make([]T, len(m.Data), (m.Rows+more.Rows+room-1)/room*room*more.Cols)
		copy(data, m.Data)
		m.Data = data
	}
	for i := range more.Rows {
		m.Data = append(m.Data, more.Row(i)...)
	}
	return linalg.MatrixOf(m.Rows+more.Rows, more.Cols, m.Data)
}

// slack is how many positions are dropped at least at a time, so that the rest
// is seldom moved.
const slack = 64

// Trim may drop all positions but the last so many.
func (c *Cache[T]) Trim(last int) {
	n := c.Keys.Rows - last
	if n < max(slack, last) {
		return
	}
	c.Keys, c.Values = lastRows(c.Keys, last), lastRows(c.Values, last)
	c.dropped += n
}

func lastRows[T linalg.Float](m linalg.Matrix[T], n int) linalg.Matrix[T] {
	copy(m.Data, m.Data[(m.Rows-n)*m.Cols:m.Rows*m.Cols])
	return linalg.MatrixOf(n, m.Cols, m.Data[:n*m.Cols])
}

// Clear drops all positions, and begins at 0. The memory is kept.
func (c *Cache[T]) Clear() {
	c.Keys, c.Values = lastRows(c.Keys, 0), lastRows(c.Values, 0)
	c.dropped = 0
}
