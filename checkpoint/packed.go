package checkpoint

// Packed says how a tensor is packed, and how many bytes that takes.
type Packed struct {
	Kind    string `json:"kind,omitempty"` // dense, mask or 2:4
	Values  string `json:"values"`         // of kept weights: f32, f16, bf16, q8 or q4
	Bytes   int64  `json:"bytes"`          // all of the following
	Kept    int64  `json:"kept_bytes"`     // of the kept weights
	Index   int64  `json:"index_bytes"`    // where they are: indices or masks
	Scales  int64  `json:"scale_bytes"`    // of quantised ones
	Offsets int64  `json:"offset_bytes"`   // of masks: where rows begin
}

// Plus returns the bytes of both.
func (p Packed) Plus(q Packed) Packed {
	p.Bytes += q.Bytes
	p.Kept += q.Kept
	p.Index += q.Index
	p.Scales += q.Scales
	p.Offsets += q.Offsets
	return p
}

// PackedAs returns how a tensor, named as for Shape, is packed, and false where it
// is not. Of several matrices in one tensor that differ the kind is "mixed".
func (c *Checkpoint) PackedAs(name string) (Packed, bool) {
	t, ok := c.find(name)
	if !ok || t.packing == nil {
		return Packed{}, false
	}
	var all Packed
	for i, m := range t.packing.matrices {
		kind := kindOf(m.Format)
		if i > 0 && kind != all.Kind {
			kind = "mixed"
		}
		all.Kind, all.Values = kind, m.Values.String()
		all = all.Plus(Packed{
			Bytes: m.size(), Kept: m.parts[valuesPart], Index: m.parts[indexPart],
			Scales: m.parts[scalesPart], Offsets: m.parts[offsetsPart],
		})
	}
	return all, true
}

// Packed says whether some of the tensors are packed.
func (c *Checkpoint) Packed() bool {
	for _, t := range c.byName {
		if t.packing != nil {
			return true
		}
	}
	return false
}
