package packed

import (
	"fmt"
	"sync"

	"sparsellm/asm"
	"sparsellm/linalg"
	"sparsellm/model"
)

// fewTokens is up to how many tokens a matrix is multiplied by as it is. Above,
// float weights are multiplied faster once they are unpacked (BenchmarkApply), and
// activations of quantised ones need not be.
const fewTokens = 32

// Apply implements model.Weight.
func (m *Matrix) Apply(pool *linalg.Pool, dst, x linalg.Matrix[float32]) {
	apply(pool, []*Matrix{m}, []linalg.Matrix[float32]{dst}, x, false)
}

// Add implements model.Weight.
func (m *Matrix) Add(pool *linalg.Pool, dst, x linalg.Matrix[float32]) {
	apply(pool, []*Matrix{m}, []linalg.Matrix[float32]{dst}, x, true)
}

// ApplyEach implements model.Group: activations are quantised once, and threads
// share out the rows of all matrices.
func (m *Matrix) ApplyEach(pool *linalg.Pool, weights []model.Weight[float32], dsts []linalg.Matrix[float32], x linalg.Matrix[float32]) bool {
	ms := make([]*Matrix, len(weights))
	for i, w := range weights {
		packed, ok := w.(*Matrix)
		if !ok {
			return false
		}
		ms[i] = packed
	}
	apply(pool, ms, dsts, x, false)
	return true
}

func apply(pool *linalg.Pool, ms []*Matrix, dsts []linalg.Matrix[float32], x linalg.Matrix[float32], add bool) {
	for i, m := range ms {
		if x.Cols != m.Cols || dsts[i].Cols != m.Rows || dsts[i].Rows != x.Rows {
			panic(fmt.Sprintf("packed: %d × %d activations by a matrix of %d × %d into %d × %d", x.Rows, x.Cols, m.Rows, m.Cols, dsts[i].Rows, dsts[i].Cols))
		}
	}
	if x.Rows > fewTokens {
		for i, m := range ms {
			m.applyUnpacked(pool, dsts[i], x, add)
		}
		return
	}
	multiplyFew(pool, ms, dsts, x, add)
}

func multiplyFew(pool *linalg.Pool, ms []*Matrix, dsts []linalg.Matrix[float32], x linalg.Matrix[float32], add bool) {
	in := inputs.Get().(*input)
	defer inputs.Put(in)
	in.take(ms, x)
	pieces := share(in.pieces[:0], ms, dsts, x.Rows, pool.Threads())
	in.pieces = pieces
	if len(pieces) == 1 {
		pieces[0].multiply(in, add)
		return
	}
	pool.For(len(pieces), func(i int) { pieces[i].multiply(in, add) })
}

// input is a few tokens' activations in the forms that kernels take.
type input struct {
	x         linalg.Matrix[float32]
	quantised []*asm.Activations         // where a matrix is quantised
	memory    map[int][]*asm.Activations // of quantised, by width
	padded    []float32                  // rows in whole words of a mask
	words     int                        // of a row of padded
	pieces    []piece
}

var inputs = sync.Pool{New: func() any { return new(input) }}

func (in *input) take(ms []*Matrix, x linalg.Matrix[float32]) {
	in.x, in.words = x, 0
	quantise := false
	for _, m := range ms {
		switch {
		case m.Values.Quantised():
			quantise = true
		case m.Mask:
			in.words = m.words()
		}
	}
	if quantise {
		in.quantise()
	}
	if in.words > 0 {
		width := in.words * asm.MaskColumns
		if len(in.padded) < x.Rows*width {
			in.padded = make([]float32, x.Rows*width)
		}
		for t := range x.Rows {
			row := in.padded[t*width:][:width]
			clear(row[copy(row, x.Row(t)):])
		}
	}
}

func (in *input) quantise() {
	cols := ceilDiv(in.x.Cols, GroupCols) * GroupCols
	if in.memory == nil {
		in.memory = map[int][]*asm.Activations{}
	}
	all := in.memory[cols]
	for t := range in.x.Rows {
		if t == len(all) {
			all = append(all, asm.NewActivations(cols))
			in.memory[cols] = all
		}
		asm.Quantize(all[t], in.x.Row(t))
	}
	in.quantised = all
}

// piece is some panels of a matrix, which one thread multiplies.
type piece struct {
	m        *Matrix
	dst      linalg.Matrix[float32]
	from, to int // panels
}

// The sizes of pieces.
const (
	leastPiece = 32 << 10  // bytes: less than some microseconds' work is not worth sharing out
	mostPiece  = 256 << 10 // bytes that stay in the second-level cache from token to token
	mostPanels = 64
	perThread  = 4 // pieces, so that threads end together
)

func share(pieces []piece, ms []*Matrix, dsts []linalg.Matrix[float32], tokens, threads int) []piece {
	total := 0
	for _, m := range ms {
		total += m.Bytes()
	}
	size := max(leastPiece, ceilDiv(total, threads*perThread))
	if threads == 1 {
		size = total
	}
	if tokens > 1 {
		size = min(size, mostPiece)
	}
	for i, m := range ms {
		panels := m.panels()
		step := max(1, min(mostPanels, size*panels/m.Bytes()))
		for p := 0; p < panels; p += step {
			pieces = append(pieces, piece{m, dsts[i], p, min(p+step, panels)})
		}
	}
	return pieces
}

func (p *piece) multiply(in *input, add bool) {
	var room [mostPanels * PanelRows]float32
	out := room[:(p.to-p.from)*PanelRows]
	for t := range in.x.Rows {
		p.m.multiply(out, p.from, in, t)
		from := p.from * PanelRows
		dst := p.dst.Row(t)[from:min(p.to*PanelRows, p.m.Rows)]
		if !add {
			copy(dst, out)
			continue
		}
		for i := range dst {
			dst[i] += out[i]
		}
	}
}

// multiply computes token t's products with the rows of panels, the first of them
// given; those past the last row are of any value.
func (m *Matrix) multiply(out []float32, panel int, in *input, t int) {
	panels := len(out) / PanelRows
	switch {
	case m.Mask:
		for p := panel; p < panel+panels; p++ {
			m.multiplyMasked(out[(p-panel)*PanelRows:][:min(PanelRows, m.Rows-p*PanelRows)], p, in, t)
		}
		return
	case m.Values.Quantised():
		x := in.quantised[t]
		data := len(m.Data) / m.panels()
		index := len(m.Index) / m.panels()
		w, which, scales := m.Data[panel*data:][:panels*data], m.Index[panel*index:][:panels*index], m.Scales[panel*m.groups()*PanelRows:]
		switch {
		case m.M != 0 && m.Values == Q8:
			asm.Gemv24Q8(out, w, which, scales, x, m.blocks())
		case m.M != 0:
			asm.Gemv24Q4(out, w, which, scales, x, m.blocks())
		case m.Values == Q8:
			asm.GemvQ8(out, w, scales, x, m.blocks())
		default:
			asm.GemvQ4(out, w, scales, x, m.blocks())
		}
		return
	}
	rows := min(len(out), m.Rows-panel*PanelRows)
	size := m.Cols * m.Values.bits() / 8
	w, x := m.Data[panel*PanelRows*size:][:rows*size], in.x.Row(t)
	switch m.Values {
	case F32:
		asm.GemvF32(out[:rows], w, x)
	case F16:
		asm.GemvF16(out[:rows], w, x)
	default:
		asm.GemvBF16(out[:rows], w, x)
	}
}

func (m *Matrix) multiplyMasked(out []float32, panel int, in *input, t int) {
	words := m.words()
	mask := m.Index[panel*PanelRows*words*8:][:len(out)*words*8]
	values := m.Data[m.Offsets[panel] : m.Offsets[panel+1]+readAhead]
	if m.Values == Q8 {
		asm.GemvMaskQ8(out, mask, values, m.Scales[panel*m.groups()*PanelRows:], in.quantised[t])
		return
	}
	x := in.padded[t*words*asm.MaskColumns:][:words*asm.MaskColumns]
	switch m.Values {
	case F32:
		asm.GemvMaskF32(out, mask, values, x)
	case F16:
		asm.GemvMaskF16(out, mask, values, x)
	default:
		asm.GemvMaskBF16(out, mask, values, x)
	}
}

// unpackedRows is how many rows are unpacked for one product.
const unpackedRows = 256

// applyUnpacked multiplies by parts of the matrix made dense.
func (m *Matrix) applyUnpacked(pool *linalg.Pool, dst, x linalg.Matrix[float32], add bool) {
	beta := float32(0)
	if add {
		beta = 1
	}
	part := linalg.Take[float32](pool, min(unpackedRows, m.Rows), m.Cols)
	defer linalg.GiveBack(pool, part)
	for from := 0; from < m.Rows; from += unpackedRows {
		rows := min(unpackedRows, m.Rows-from)
		pool.For(ceilDiv(rows, PanelRows), func(i int) {
			r := i * PanelRows
			m.unpackRows(from+r, min(PanelRows, rows-r), part.Data[r*m.Cols:])
		})
		linalg.Gemm(pool, linalg.NoTrans, linalg.Trans, 1, x, part.Slice(0, rows, 0, m.Cols), beta, dst.Slice(0, dst.Rows, from, from+rows))
	}
}
