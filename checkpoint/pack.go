package checkpoint

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/packed"
)

// Packing says how an output is packed.
type Packing struct {
	Values packed.Values // of matrices; F16 is bfloat16 where the model has that
	Head   packed.Values // likewise, of tables
	// Matrices are the slots that the model's matrices lie in. They are packed by
	// the zeros that they have.
	Matrices []model.Slot
	// Tables are the tensors of embeddings and heads, as far as there are such.
	// They are packed dense.
	Tables []string
	// Progress, if not nil, is told before each tensor how many of them are packed.
	// An error of it ends Commit.
	Progress func(done, total int) error
}

// ParseValues reads what a flag says of how to store kept weights: "f16", "q8"
// or "q4".
func ParseValues(s string) (packed.Values, error) {
	for _, v := range []packed.Values{packed.F16, packed.Q8, packed.Q4} {
		if s == v.String() {
			return v, nil
		}
	}
	return 0, fmt.Errorf("checkpoint: values %q are none of f16, q8, q4", s)
}

// packTo is how one tensor of an output is packed.
type packTo struct {
	values packed.Values
	slots  []model.Slot // by their first output
	table  bool
}

// packPlan returns how each of the tensors is packed that are.
func (w *Writer) packPlan() (map[*tensor]*packTo, error) {
	plan := map[*tensor]*packTo{}
	add := func(name string, want packed.Values) (*packTo, error) {
		t, ok := w.src.find(name)
		if !ok {
			return nil, nil
		}
		if err := t.fits(t.elements()); err != nil {
			return nil, err
		}
		if len(t.shape) != 2 {
			return nil, fmt.Errorf("checkpoint: tensor %s cannot be packed: its shape %v is no matrix's", t.name, t.shape)
		}
		to := plan[t]
		if to == nil {
			to = &packTo{values: valuesOf(want, t.storedAs(w.opt.DType))}
			plan[t] = to
		}
		return to, nil
	}
	for _, slot := range w.opt.Pack.Matrices {
		to, err := add(slot.Tensor, w.opt.Pack.Values)
		if err != nil {
			return nil, err
		}
		if to == nil {
			return nil, fmt.Errorf("%w: %s", ErrNoTensor, slot.Tensor)
		}
		to.slots = append(to.slots, slot)
	}
	for _, name := range w.opt.Pack.Tables {
		to, err := add(name, w.opt.Pack.Head)
		if err != nil {
			return nil, err
		}
		if to != nil && len(to.slots) == 0 {
			to.table, to.slots = true, []model.Slot{model.Whole(name)}
		}
	}
	for t, to := range plan {
		slices.SortFunc(to.slots, func(a, b model.Slot) int { return a.First - b.First })
		outputs, end := t.shape[0], 0
		if to.slots[0].Transposed {
			outputs = t.shape[1]
		}
		for _, s := range to.slots {
			if s.First != end {
				return nil, fmt.Errorf("checkpoint: tensor %s cannot be packed: its outputs from %d on are no matrix's", t.name, end)
			}
			end = s.First + s.Outputs
			if s.Outputs == 0 {
				end = outputs
			}
		}
		if end != outputs {
			return nil, fmt.Errorf("checkpoint: tensor %s cannot be packed: its outputs from %d on are no matrix's", t.name, end)
		}
	}
	return plan, nil
}

// valuesOf returns how weights of a dtype are stored that are wanted so.
func valuesOf(want packed.Values, d DType) packed.Values {
	if want == packed.F16 && d == BF16 {
		return packed.BF16
	}
	return want
}

// layOutPacked plans the file that takes the tensors that are to be packed, as
// they are stored on the way: as float32, which holds whatever packed values
// come to.
func layOutPacked(src *Checkpoint, plan map[*tensor]*packTo) ([]*outShard, error) {
	out := &outShard{name: "weights.safetensors"}
	for _, t := range src.inOrder() {
		if plan[t] != nil {
			out.slots = append(out.slots, &slot{tensor: t, dtype: F32, size: int64(t.elements()) * F32.Size()})
		}
	}
	if err := out.makeHead([][2]string{{"format", "pt"}}); err != nil {
		return nil, err
	}
	out.place()
	return []*outShard{out}, nil
}

// pack writes the packed file to the partial folder.
func (w *Writer) pack() error {
	f, err := os.OpenFile(filepath.Join(w.partial, packedName), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return err
	}
	p := &packer{w: w, f: f, room: w.headRoom()}
	p.at = p.room
	err = p.write()
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// packer writes a packed file: what the tensors come to, one after another,
// behind the room that the header may need, and the header last, since only then
// is it known how many weights are not zero.
type packer struct {
	w        *Writer
	f        *os.File
	room, at int64
	head     bytes.Buffer // entries of tensors
	entries  []packedEntry
}

// headRoom returns how long a header may be, with what comes before it.
func (w *Writer) headRoom() int64 {
	const entry = 200 // what is around the name of a tensor, or a part, at most
	n := int64(entry)
	for _, t := range w.src.inOrder() {
		size := entry + int64(len(jsonText(t.name)))
		to := w.packs[t]
		if to == nil {
			n += size
			continue
		}
		// A name and a number is in those of its parts, and in the metadata,
		// where what is escaped is once more.
		n += int64(len(to.slots)) * (int64(partKinds)*(size+40) + 2*(2*size+entry+80))
	}
	return 8 + (n+7)/8*8
}

func (p *packer) write() error {
	all := p.w.src.inOrder()
	for i, t := range all {
		var err error
		if progress := p.w.opt.Pack.Progress; progress != nil {
			if err := progress(i, len(all)); err != nil {
				return err
			}
		}
		switch to := p.w.packs[t]; {
		case to == nil:
			d := t.storedAs(p.w.opt.DType)
			off := p.at
			p.entry(t.name, d, t.shape, int64(t.elements())*d.Size())
			err = carry(p.f, off, t, d)
		case to.table:
			err = p.table(t, to)
		default:
			err = p.matrices(t, to)
		}
		if err != nil {
			return err
		}
	}
	return p.header()
}

// entry adds a tensor of so many bytes to the header, which are to be written
// where at was.
func (p *packer) entry(name string, d DType, shape []int, size int64) {
	writeEntry(&p.head, name, d, shape, p.at-p.room, size)
	p.at += size
}

// part writes a part of a matrix of so many rows.
func (p *packer) part(name string, d DType, rows int, b []byte) error {
	shape := []int{len(b) / int(d.Size())}
	if shape[0]%rows == 0 {
		shape = []int{rows, shape[0] / rows}
	}
	off := p.at
	p.entry(name, d, shape, int64(len(b)))
	_, err := p.f.WriteAt(b, off)
	return err
}

// source returns the tensor with the values that the output has: the input's, or
// what was written.
func (p *packer) source(t *tensor) (*tensor, error) {
	if !p.w.written[t] {
		return t, nil
	}
	at := p.w.slots[t]
	st, err := p.w.files[at.shard].Stat()
	if err != nil {
		return nil, err
	}
	f := p.w.files[at.shard]
	x := &file{File: f, from: f, path: f.Name(), size: st.Size(), modified: st.ModTime()}
	return &tensor{name: t.name, shape: t.shape, dtype: at.dtype, file: x, off: at.off, size: at.size}, nil
}

// matrices packs a tensor of weights.
func (p *packer) matrices(t *tensor, to *packTo) error {
	from, err := p.source(t)
	if err != nil {
		return err
	}
	all := make([]float32, t.elements())
	if err := read(from, all); err != nil {
		return err
	}
	for _, s := range to.slots {
		m := cut(linalg.MatrixOf(t.shape[0], t.shape[1], all), s)
		roundPacked(to.values, m) // as a sink would have
		f := findKind(m, to.values)
		x, err := packed.Pack(f, m)
		if err != nil {
			return fmt.Errorf("packing %s: %w", s, err)
		}
		e := packedEntry{
			Name: s.String(), Tensor: t.name, DType: t.storedAs(p.w.opt.DType).String(), Rows: m.Rows, Cols: m.Cols,
			First: s.First, Transposed: s.Transposed, Values: f.Values.String(), Kind: kindOf(f),
		}
		e.Name = t.name + strings.TrimPrefix(e.Name, s.Tensor) // which may be spelt otherwise
		if err := p.matrix(e, f, [partKinds][]byte{
			offsetsPart: toBytes(x.Offsets), scalesPart: toBytes(x.Scales), indexPart: x.Index, valuesPart: x.Data,
		}); err != nil {
			return err
		}
	}
	return nil
}

// matrix writes the parts of a matrix.
func (p *packer) matrix(e packedEntry, f packed.Format, parts [partKinds][]byte) error {
	for k := range partKinds {
		if end, d, ok := k.of(f); ok {
			if err := p.part(e.Name+end, d, e.Rows, parts[k]); err != nil {
				return err
			}
		}
	}
	p.entries = append(p.entries, e)
	return nil
}

// cut returns a weight, outputs × inputs, of a tensor: a view of all where that
// has it so.
func cut(all linalg.Matrix[float32], at model.Slot) linalg.Matrix[float32] {
	rows := all.Rows
	if at.Transposed {
		rows = all.Cols
	}
	last := at.First + at.Outputs
	if at.Outputs == 0 {
		last = rows
	}
	if !at.Transposed {
		return all.Slice(at.First, last, 0, all.Cols)
	}
	m := linalg.NewMatrix[float32](last-at.First, all.Rows)
	for j := range all.Rows {
		for i, v := range all.Row(j)[at.First:last] {
			m.Set(i, j, v)
		}
	}
	return m
}

// table packs a tensor of embeddings, some rows at a time: it may be the largest
// of all.
func (p *packer) table(t *tensor, to *packTo) error {
	from, err := p.source(t)
	if err != nil {
		return err
	}
	f := packed.Format{Values: to.values}
	rows, cols := t.shape[0], t.shape[1]
	panel := max(1, (4<<20)/cols/packed.PanelRows) * packed.PanelRows
	var parts [partKinds][]byte
	values := make([]float32, min(panel, rows)*cols)
	for r0 := 0; r0 < rows; r0 += panel {
		var some []int
		for r := r0; r < min(r0+panel, rows); r++ {
			some = append(some, r)
		}
		if err := readRows(from, some, values[:len(some)*cols]); err != nil {
			return err
		}
		x, err := packed.Pack(f, linalg.MatrixOf(len(some), cols, values[:len(some)*cols]))
		if err != nil {
			return fmt.Errorf("packing %s: %w", t.name, err)
		}
		parts[scalesPart] = append(parts[scalesPart], toBytes(x.Scales)...)
		parts[valuesPart] = append(parts[valuesPart], x.Data...)
	}
	return p.matrix(packedEntry{
		Name: t.name, Tensor: t.name, DType: t.storedAs(p.w.opt.DType).String(), Rows: rows, Cols: cols,
		Values: f.Values.String(), Kind: kindOf(f),
	}, f, parts)
}

// header writes what comes before the first tensor, with spaces to fill its room.
func (p *packer) header() error {
	matrices, err := json.Marshal(p.entries)
	if err != nil {
		return err
	}
	meta := [][2]string{{"format", "sparsellm"}, {packedVersionKey, packedVersion}, {packedMatricesKey, string(matrices)}}
	b := slices.Concat(make([]byte, 8), []byte(`{"__metadata__":`), metadataObject(meta), p.head.Bytes(), []byte{'}'})
	if int64(len(b)) > p.room || p.room > maxHeader {
		return fmt.Errorf("the header of %s would have %d bytes, more than there is room for", packedName, len(b))
	}
	b = append(b, bytes.Repeat([]byte{' '}, int(p.room)-len(b))...)
	binary.LittleEndian.PutUint64(b, uint64(len(b)-8))
	_, err = p.f.WriteAt(b, 0)
	return err
}

// maskGain is the share of a pattern's bytes that a mask has to come down to so as
// to be worth it: patterns run faster.
const maskGain = 0.75

// findKind returns how a matrix is packed, of the ways in which such values can
// be: by the 2:4 pattern, if its zeros follow that, else as a mask, if that takes
// fewer bytes than all weights do.
func findKind(w linalg.Matrix[float32], v packed.Values) packed.Format {
	kept := 0
	for i := range w.Rows {
		for _, x := range w.Row(i) {
			if x != 0 {
				kept++
			}
		}
	}
	weights, bits := float64(w.Rows)*float64(w.Cols), map[packed.Values]float64{packed.F32: 32, packed.F16: 16, packed.BF16: 16, packed.Q8: 8, packed.Q4: 4}[v]
	best, least := packed.Format{Values: v}, bits*weights
	if p := (packed.Format{Values: v, N: 2, M: 4}); p.Check() == nil && follows(w, p.N, p.M) {
		best, least = p, maskGain*(bits+2)*weights/2
	}
	if m := (packed.Format{Values: v, Mask: true}); m.Check() == nil && weights+bits*float64(kept) < least {
		best = m
	}
	return best
}

// follows says whether at most n of every m weights of a row are not zero.
func follows(w linalg.Matrix[float32], n, m int) bool {
	if w.Cols%m != 0 {
		return false
	}
	for i := range w.Rows {
		kept := 0
		for j, x := range w.Row(i) {
			if j%m == 0 {
				kept = 0
			}
			if x != 0 {
				kept++
			}
			if kept > n {
				return false
			}
		}
	}
	return true
}
