package llamacpp

import "testing"

// TestOrder: the two directions of each order are inverse.
func TestOrder(t *testing.T) {
	for _, o := range []Order{{}, {Heads: 3}, {Heads: 12}, {Fused: 2}, {Fused: 4}} {
		const rows = 24
		if !o.Fits(rows) {
			t.Errorf("%+v does not fit", o)
		}
		moved := false
		for r := range rows {
			at := o.InFile(r, rows)
			if back := o.OfFile(at, rows); back != r {
				t.Errorf("%+v: row %d comes back as %d", o, r, back)
			}
			moved = moved || at != r
		}
		if moved != o.Rows() && o.Heads != 12 { // of two rows each, which are in order
			t.Errorf("%+v moves rows: %v", o, moved)
		}
	}
	for _, o := range []Order{{Heads: 5}, {Heads: 24}, {Fused: 3}} {
		if o.Fits(25) || o.Heads == 24 && o.Fits(24) {
			t.Errorf("%+v fits", o)
		}
	}
}

// TestShare: the product with the whole, cut to a whole number, is the part.
func TestShare(t *testing.T) {
	for whole := int64(1); whole < 300; whole++ {
		for part := int64(1); part <= whole; part++ {
			x, err := Share(part, whole).Float64()
			if err != nil || int64(x*float64(whole)) != part {
				t.Fatalf("%d of %d is %v: %v", part, whole, x, err)
			}
		}
	}
}
