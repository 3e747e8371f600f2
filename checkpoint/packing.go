package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"sparsellm/model"
	"sparsellm/packed"
)

// packedName is the file of a packed model's weights. It is none that
// transformers looks for, so that a packed folder is refused there, rather than
// read as something else.
const packedName = "model.packed.safetensors"

// The keys of the file's metadata that say what is in it. Docs/format.md has the
// format.
const (
	packedVersionKey  = "sparsellm.packed"
	packedMatricesKey = "matrices"
	packedVersion     = "1"
)

// packedEntry says in the metadata how a matrix is packed.
type packedEntry struct {
	Name       string `json:"name"` // that its parts' names begin with
	Tensor     string `json:"tensor"`
	DType      string `json:"dtype"` // of the tensor before it was packed
	Rows       int    `json:"rows"`  // outputs
	Cols       int    `json:"cols"`
	First      int    `json:"first,omitempty"`      // output of the tensor
	Transposed bool   `json:"transposed,omitempty"` // the tensor is in × out
	Values     string `json:"values"`               // f32, f16, bf16, q8 or q4
	Kind       string `json:"kind"`                 // dense, mask or N:M
}

// packedMatrix is a matrix as it lies in a file, its parts one after another.
type packedMatrix struct {
	packed.Format
	rows, cols, first int
	parts             [partKinds]int64 // bytes of each
	off               int64            // of the first part, from the tensor's on

	mu    sync.Mutex
	dense *packed.Matrix // a dense one without its values, once open has checked it
}

// A partKind is one of the parts of a matrix, in the order in which they lie.
type partKind int

const (
	offsetsPart partKind = iota
	scalesPart
	indexPart
	valuesPart
	partKinds
)

// of returns what the name of a part of a matrix ends in, and its dtype; none
// where the format has no such part.
func (k partKind) of(f packed.Format) (end string, d DType, ok bool) {
	switch k {
	case offsetsPart:
		return ".offsets", U32, f.Mask
	case scalesPart:
		return ".scales", F16, f.Values.Quantised()
	case indexPart:
		if f.Mask {
			return ".mask", U8, true
		}
		return ".index", U8, f.M > 0
	}
	switch f.Values {
	case packed.F32:
		d = F32
	case packed.F16:
		d = F16
	case packed.BF16:
		d = BF16
	case packed.Q8:
		d = I8
	default:
		d = U8
	}
	return ".values", d, true
}

// kindOf names the kind of a format: "dense", "mask" or N:M.
func kindOf(f packed.Format) string {
	switch {
	case f.Mask:
		return "mask"
	case f.M > 0:
		return fmt.Sprintf("%d:%d", f.N, f.M)
	}
	return "dense"
}

// format reads what an entry says of it.
func (e *packedEntry) format() (f packed.Format, err error) {
	if f.Values, err = packed.ParseValues(e.Values); err != nil {
		return f, err
	}
	switch e.Kind {
	case "dense":
	case "mask":
		f.Mask = true
	default:
		n, m, ok := strings.Cut(e.Kind, ":")
		var err1, err2 error
		f.N, err1 = strconv.Atoi(n)
		f.M, err2 = strconv.Atoi(m)
		if !ok || err1 != nil || err2 != nil || f.M == 0 {
			return f, fmt.Errorf("is of the unknown kind %q", e.Kind)
		}
	}
	return f, f.Check()
}

// unpackNames replaces the parts of matrices in a shard, if it is packed, by the
// tensors that they make up.
func (s *shard) unpackNames() error {
	meta := map[string]string{}
	for _, m := range s.metadata {
		meta[m[0]] = m[1]
	}
	version, ok := meta[packedVersionKey]
	if !ok {
		return nil
	}
	if version != packedVersion {
		return fmt.Errorf("is a packed model of version %q; this program reads version %s: take the one that wrote it", version, packedVersion)
	}
	d := json.NewDecoder(strings.NewReader(meta[packedMatricesKey]))
	d.DisallowUnknownFields()
	var entries []packedEntry
	if err := d.Decode(&entries); err != nil {
		return fmt.Errorf("has metadata of packed matrices that cannot be read: %w", err)
	}
	byName := map[string]*tensor{}
	for _, t := range s.tensors {
		byName[t.name] = t
	}
	made := map[string]*tensor{}
	for i := range entries {
		e := &entries[i]
		m, at, err := e.find(byName)
		if err == nil {
			err = join(made, e, m, at, s.file)
		}
		if err != nil {
			return fmt.Errorf("packed matrix %q %w", e.Name, err)
		}
	}
	var all []*tensor
	for _, t := range s.tensors {
		if byName[t.name] != nil {
			all = append(all, t)
		}
	}
	for _, t := range made {
		if err := t.packing.settle(t); err != nil {
			return fmt.Errorf("packed tensor %q %w", t.name, err)
		}
		all = append(all, t)
	}
	slices.SortFunc(all, byOffset)
	s.tensors, s.header, s.metadata = all, nil, nil
	return nil
}

// find takes the parts of a matrix out of byName, and returns it and where it
// begins in the file.
func (e *packedEntry) find(byName map[string]*tensor) (m *packedMatrix, off int64, err error) {
	f, err := e.format()
	if err != nil {
		return nil, 0, err
	}
	sizes, err := packed.SizesOf(f, e.Rows, e.Cols)
	if err != nil {
		return nil, 0, err
	}
	if e.First < 0 || e.First > math.MaxInt32 {
		return nil, 0, fmt.Errorf("begins at output %d", e.First)
	}
	want := [partKinds]int64{
		offsetsPart: int64(sizes.Offsets) * U32.Size(), scalesPart: int64(sizes.Scales) * F16.Size(),
		indexPart: int64(sizes.Index), valuesPart: int64(sizes.Data),
	}
	m = &packedMatrix{Format: f, rows: e.Rows, cols: e.Cols, first: e.First}
	end := int64(-1)
	for k := range partKinds {
		name, d, ok := k.of(f)
		if !ok {
			continue
		}
		t := byName[e.Name+name]
		switch {
		case t == nil:
			return nil, 0, fmt.Errorf("lacks its part %s", name)
		case t.dtype != d:
			return nil, 0, fmt.Errorf("has a part %s of %v, not %v", name, t.dtype, d)
		case end >= 0 && t.off != end:
			return nil, 0, fmt.Errorf("has a part %s that does not lie behind the one before it", name)
		case want[k] >= 0 && t.size != want[k]: // how many values a mask has Check says
			return nil, 0, fmt.Errorf("has a part %s of %d bytes, not %d", name, t.size, want[k])
		case end < 0:
			off = t.off
		}
		delete(byName, e.Name+name)
		m.parts[k] = t.size
		end = t.off + t.size
	}
	return m, off, nil
}

func (m *packedMatrix) size() (n int64) {
	for _, part := range m.parts {
		n += part
	}
	return n
}

// join adds a matrix, which begins at off in the file, to the tensor that it is
// of.
func join(made map[string]*tensor, e *packedEntry, m *packedMatrix, off int64, x *file) error {
	d, ok := parseName(e.DType)
	if !ok || !d.Numeric() {
		return fmt.Errorf("is of the dtype %q", e.DType)
	}
	t := made[e.Tensor]
	if t == nil {
		t = &tensor{name: e.Tensor, origin: d, file: x, off: off, packing: &packing{transposed: e.Transposed}}
		made[e.Tensor] = t
	}
	p := t.packing
	switch {
	case off != t.off+t.size:
		return errors.New("does not lie behind those of the same tensor")
	case t.origin != d || p.transposed != e.Transposed || len(p.matrices) > 0 && p.matrices[0].cols != m.cols:
		return errors.New("does not go with those of the same tensor")
	}
	m.off = t.size
	t.size += m.size()
	p.matrices = append(p.matrices, m)
	return nil
}

// packing is how a tensor's elements are packed: as one or several matrices,
// which share out its outputs.
type packing struct {
	transposed bool            // the tensor is in × out
	matrices   []*packedMatrix // by their first output
}

// settle completes the tensor of the packing.
func (p *packing) settle(t *tensor) error {
	slices.SortFunc(p.matrices, func(a, b *packedMatrix) int { return a.first - b.first })
	outputs := 0
	for _, m := range p.matrices {
		if m.first != outputs {
			return fmt.Errorf("has matrices that do not make up its outputs: one begins at %d, not %d", m.first, outputs)
		}
		outputs += m.rows
	}
	shape := []int64{int64(outputs), int64(p.matrices[0].cols)}
	if p.transposed {
		slices.Reverse(shape)
	}
	if _, err := t.setShape(shape); err != nil {
		return err
	}
	t.dtype = packedDType(p.matrices[0].Values)
	for _, m := range p.matrices {
		if packedDType(m.Values) != t.dtype {
			return errors.New("has matrices whose values are of different dtypes")
		}
	}
	return nil
}

// packedDType is the dtype that holds all numbers of packed values.
func packedDType(v packed.Values) DType {
	switch v {
	case packed.F16:
		return F16
	case packed.BF16:
		return BF16
	}
	return F32
}

// load copies a matrix out of b, which begins where the tensor does, and checks
// it.
func (m *packedMatrix) load(b []byte) (*packed.Matrix, error) {
	x := m.view(slices.Clone(b[m.off : m.off+m.size()]))
	if err := x.Check(); err != nil {
		return nil, err
	}
	return x, nil
}

// view makes a matrix of its bytes, which it keeps.
func (m *packedMatrix) view(b []byte) *packed.Matrix {
	var at [partKinds][]byte
	for k, n := range m.parts {
		at[k], b = b[:n:n], b[n:]
	}
	return &packed.Matrix{
		Rows: m.rows, Cols: m.cols, Format: m.Format, Data: at[valuesPart], Index: at[indexPart],
		Offsets: fromBytes[uint32](at[offsetsPart]), Scales: fromBytes[uint16](at[scalesPart]),
	}
}

// eachRow calls f with the elements, of t's dtype, of each of rows, which are
// only valid during the call.
func (p *packing) eachRow(t *tensor, rows []int, f func(i int, row []byte) error) error {
	return t.file.use(t.off, t.size, func(b []byte) error {
		if p.transposed {
			return p.eachColumn(t, b, rows, f)
		}
		matrices := make([]*packed.Matrix, len(p.matrices))
		values := make([]float32, t.shape[1])
		raw := make([]byte, int64(len(values))*t.dtype.Size())
		for i, r := range rows {
			k, in := slices.BinarySearchFunc(p.matrices, r, func(m *packedMatrix, r int) int { return m.first - r })
			if !in {
				k--
			}
			if matrices[k] == nil {
				var err error
				if matrices[k], err = p.matrices[k].open(b); err != nil {
					return err
				}
			}
			matrices[k].Unpack(r-p.matrices[k].first, values)
			encode(t.dtype, raw, values)
			if err := f(i, raw); err != nil {
				return err
			}
		}
		return nil
	})
}

// open is load without a copy where nothing of the matrix can lead astray but
// lengths: to look up a few rows of a large one. All of that is read to check it,
// but the first time alone.
func (m *packedMatrix) open(b []byte) (*packed.Matrix, error) {
	if m.Mask || m.M > 0 {
		return m.load(b)
	}
	b = b[m.off : m.off+m.size()]
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dense == nil {
		x := m.view(b)
		if err := x.Check(); err != nil {
			return nil, err
		}
		x.Data = nil // which is only there for as long as b
		m.dense = x
	}
	x := *m.dense
	x.Data = b[m.parts[scalesPart]:]
	return &x, nil
}

// eachColumn is eachRow where the rows are inputs.
func (p *packing) eachColumn(t *tensor, b []byte, rows []int, f func(i int, row []byte) error) error {
	inputs, outputs := t.shape[0], t.shape[1]
	all := make([]float32, inputs*outputs)
	values := make([]float32, inputs)
	for _, m := range p.matrices {
		x, err := m.open(b)
		if err != nil {
			return err
		}
		for i := range m.rows {
			x.Unpack(i, values)
			for j, v := range values {
				all[j*outputs+m.first+i] = v
			}
		}
	}
	raw := make([]byte, int64(outputs)*t.dtype.Size())
	for i, r := range rows {
		encode(t.dtype, raw, all[r*outputs:][:outputs])
		if err := f(i, raw); err != nil {
			return err
		}
	}
	return nil
}

// pieces is the tensor's.
func (p *packing) pieces(t *tensor, f func(at int64, b []byte) error) error {
	rows := make([]int, t.shape[0])
	for i := range rows {
		rows[i] = i
	}
	return p.eachRow(t, rows, func(i int, row []byte) error { return f(int64(i)*int64(len(row)), row) })
}

// Weight implements model.WeightSource: it gives packed matrices as they are,
// copied into memory.
func (c *Checkpoint) Weight(at model.Slot, outputs, inputs int) (model.Weight[float32], bool, error) {
	t, ok := c.find(at.Tensor)
	if !ok || t.packing == nil || at.Transposed != t.packing.transposed {
		return nil, false, nil
	}
	for _, m := range t.packing.matrices {
		if m.first != at.First || m.rows != outputs || m.cols != inputs || at.Outputs == 0 && len(t.packing.matrices) > 1 {
			continue
		}
		var x *packed.Matrix
		err := t.file.use(t.off, t.size, func(b []byte) (err error) {
			x, err = m.load(b)
			return err
		})
		if err != nil {
			return nil, false, fmt.Errorf("checkpoint: reading tensor %s: %w", t.name, err)
		}
		return x, true, nil
	}
	return nil, false, nil
}
