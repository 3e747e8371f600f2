package linalg

import (
	"unsafe"

	"sparsellm/asm"
)

// The blocks of a product: about blockRows × blockCols of C, for which operands
// are packed that all threads share. A task is what one thread computes at a
// time.
const (
	blockRows = 2016
	blockCols = 2048
	taskRows  = 112 // rounded to whole tiles
	taskCols  = 384
	packGroup = 4 // panels that a thread packs at a time

	tasksPerThread = 12
)

// depth is the number of terms that are summed before C is updated. A panel
// of A, depth deep, stays in the first-level cache, and a task's packed
// operands in the second.
func depth[T Float]() int {
	var x T
	if unsafe.Sizeof(x) == 4 {
		return 384
	}
	return 256
}

// soloWork is the number of multiplications below which waking another thread
// takes longer than doing its share.
const soloWork = 64 * 64 * 64

// product is C ← α·op(A)·op(B) + β·C with k terms in each sum; of C the
// lower triangle alone if lower.
type product[T Float] struct {
	a, b, c     Matrix[T]
	tA, tB      Transpose
	alpha, beta T
	k           int
	lower       bool
}

// multiply computes a product in the manner of Goto and van de Geijn (2008):
// slices of depth terms, operands packed so that the kernel of package asm
// reads them in order, and tiles of C shared out among the threads. Every
// element of C sums its terms in an order that depends on k alone.
func multiply[T Float](p *Pool, g product[T]) {
	m, n := g.c.Rows, g.c.Cols
	if m == 0 || n == 0 {
		return
	}
	if m*n*g.k <= soloWork {
		p = nil
	}
	mr, nr := asm.GemmTile[T]()
	slices := max(1, ceilDiv(g.k, depth[T]()))
	kc := ceilDiv(g.k, slices)
	rows, cols := even(m, blockRows, mr), even(n, blockCols, nr)
	work, done := lend[T](p, kc*(rows+cols))
	defer done()
	for j0 := 0; j0 < n; j0 += cols {
		for s := range slices {
			p0 := s * kc
			for i0 := 0; i0 < m; i0 += rows {
				blk := block[T]{product: &g, mr: mr, nr: nr, i0: i0, j0: j0, p0: p0}
				blk.m, blk.n = min(rows, m-i0), min(cols, n-j0)
				blk.k = min(kc, g.k-p0)
				if g.lower && i0+blk.m <= j0 {
					continue
				}
				blk.packedB = work[:roundUp(blk.n, nr)*blk.k]
				blk.packedA = work[len(blk.packedB):][:roundUp(blk.m, mr)*blk.k]
				blk.multiply(p)
			}
		}
	}
}

// even returns the length, in whole tiles, of the equal parts of about so many
// that n falls into. A short part at the end would pack the other operand for
// few rows.
func even(n, about, tile int) int {
	parts := max(1, (n+about/2)/about)
	return roundUp(ceilDiv(n, parts), tile)
}

// block is the part of a product that adds k terms, from p0, to the m × n
// elements of C from (i0, j0).
type block[T Float] struct {
	*product[T]
	mr, nr           int
	i0, j0, p0       int
	m, n, k          int
	packedA, packedB []T // panels of mr rows of op(A), of nr columns of op(B)
}

func (g *block[T]) multiply(p *Pool) {
	// Pack all panels first, then compute all tiles: a tile needs panels that
	// another thread has packed.
	panelsA, panelsB := ceilDiv(g.m, g.mr), ceilDiv(g.n, g.nr)
	groups := ceilDiv(max(panelsA, panelsB), packGroup)
	p.For(groups, func(group int) { // the same share of both, so that a thread packs rows that it has made
		for i := group * panelsB / groups; i < (group+1)*panelsB/groups; i++ {
			pack(g.packedB, i, g.nr, g.b, !g.tB, g.j0, g.n, g.p0, g.k)
		}
		for i := group * panelsA / groups; i < (group+1)*panelsA/groups; i++ {
			pack(g.packedA, i, g.mr, g.a, g.tA, g.i0, g.m, g.p0, g.k)
		}
	})
	rows, cols := g.task(p.Threads())
	across := ceilDiv(g.n, cols)
	tasks := ceilDiv(g.m, rows) * across
	p.For(tasks, func(t int) {
		if g.lower {
			t = tasks - 1 - t // the last rows are the longest: no one waits for them
		}
		i, j := t/across*rows, t%across*cols
		g.tiles(i, min(i+rows, g.m), j, min(j+cols, g.n))
	})
}

// task returns the rows and columns of the pieces that threads take in turn:
// as many as keep packed operands in the second-level cache, but few enough
// that no thread is left to wait long for the last.
func (g *block[T]) task(threads int) (rows, cols int) {
	cols = roundUp(ceilDiv(g.n, ceilDiv(g.n, taskCols)), g.nr)
	panels := ceilDiv(taskRows, g.mr)
	if threads == 1 {
		return panels * g.mr, cols
	}
	tasks := func() int { return ceilDiv(g.m, panels*g.mr) * ceilDiv(g.n, cols) }
	for panels > 2 && tasks() < tasksPerThread*threads {
		panels = ceilDiv(panels, 2)
	}
	for cols > 2*g.nr && tasks() < tasksPerThread*threads {
		cols = roundUp(ceilDiv(cols, 2), g.nr)
	}
	return panels * g.mr, cols
}

// pack packs panel i, w rows of x, which is a matrix or its transpose and of
// which n rows are in this block, from row r0, and k columns, from p0.
func pack[T Float](dst []T, i, w int, x Matrix[T], t Transpose, r0, n, p0, k int) {
	if k == 0 {
		return
	}
	m := min(w, n-i*w)
	r := r0 + i*w
	dst = dst[i*w*k:][:w*k]
	if t {
		asm.Pack(dst, w, x.Data[p0*x.Stride+r:], x.Stride, k, m)
	} else {
		asm.Transpose(dst, w, x.Data[r*x.Stride+p0:], x.Stride, m, k)
		clearColumns(dst, w, k, m)
	}
}

// tiles computes the rows r0..r1 and columns c0..c1 of the block, which begin
// at tiles.
func (g *block[T]) tiles(r0, r1, c0, c1 int) {
	beta := g.beta
	if g.p0 > 0 {
		beta = 1
	}
	for i := r0; i < r1; i += g.mr {
		m := min(g.mr, r1-i)
		a := g.packedA[i*g.k:][:g.mr*g.k]
		for j := c0; j < c1; j += g.nr {
			n := min(g.nr, c1-j)
			row, col := g.i0+i, g.j0+j
			if g.lower && row+m <= col {
				break // above the diagonal
			}
			b := g.packedB[j*g.k:][:g.nr*g.k]
			c := g.c.Data[row*g.c.Stride+col:]
			if g.lower && row < col+n-1 {
				diagonalTile(g.k, g.alpha, a, g.mr, b, g.nr, beta, c, g.c.Stride, m, n, row-col)
				continue
			}
			asm.Gemm(g.k, g.alpha, a, g.mr, b, g.nr, beta, c, g.c.Stride, m, n)
		}
	}
}

// diagonalTile is asm.Gemm for a tile that the diagonal crosses: of row i it
// reads and writes the columns up to i+d.
func diagonalTile[T Float](k int, alpha T, a []T, as int, b []T, bs int, beta T, c []T, ldc, m, n, d int) {
	var tile [maxTile]T
	for i := range m {
		if w := min(i+d+1, n); w > 0 {
			copy(tile[i*n:], c[i*ldc:][:w])
		}
	}
	asm.Gemm(k, alpha, a, as, b, bs, beta, tile[:], n, m, n)
	for i := range m {
		if w := min(i+d+1, n); w > 0 {
			copy(c[i*ldc:][:w], tile[i*n:])
		}
	}
}

// The largest tile of any tier has maxTile elements in at most maxRows rows.
const (
	maxRows = 14
	maxTile = maxRows * 32
)

func ceilDiv(a, b int) int { return (a + b - 1) / b }

func roundUp(a, b int) int { return ceilDiv(a, b) * b }
