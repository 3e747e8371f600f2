package asm

import "fmt"

// The routines of this file multiply a weight matrix by one vector of
// activations, both quantised. PanelRows rows lie side by side: a step is 64
// bytes, of which byte 4·r+k belongs to row r. Blocks of a panel follow each
// other, then panels; so a matrix is read from its first byte to its last.
// dst has a number for each row of whole panels.
//
// The products of a block are summed as integers, exactly, so that every
// tier computes the same bits:
//
//	for each group g of a row:
//		t := 0
//		for each block b of g, in order:
//			t += float32(Σ w·x.Q) * x.Scale[b]
//		dst += t * scale[g]
//
// with multiplications fused to additions, in any tier.
// Scales are float16: [panel][group][row].

// GemvQ8 multiplies weights of 8 bits (-127..127), [panel][block][step][row][4]:
// step s of a block holds its columns 4s..4s+3.
func GemvQ8(dst []float32, values []byte, scales []uint16, x *Activations, blocks int) {
	panels := mustPanels("GemvQ8", dst, len(values), Block, scales, x, blocks)
	if panels > 0 && blocks > 0 {
		gemvQ8(dst, values, scales, x, panels, blocks)
	}
}

// GemvQ4 multiplies weights of 4 bits (value + 8), [panel][block][step][row][4]:
// step s of a block holds its columns 8s..8s+3 in the lower halves of the
// bytes, 8s+4..8s+7 in the upper.
func GemvQ4(dst []float32, values []byte, scales []uint16, x *Activations, blocks int) {
	panels := mustPanels("GemvQ4", dst, len(values), Block/2, scales, x, blocks)
	if panels > 0 && blocks > 0 {
		gemvQ4(dst, values, scales, x, panels, blocks)
	}
}

// Gemv24Q8 multiplies weights of which two of four consecutive ones are kept.
// Step s of a block has those of columns 8s..8s+7, each row's in ascending
// order, and bits 2s and 2s+1 of the bytes of index, [panel][block][row][4],
// say which of their four columns they are of.
func Gemv24Q8(dst []float32, values, index []byte, scales []uint16, x *Activations, blocks int) {
	panels := mustPanels("Gemv24Q8", dst, len(values), Block/2, scales, x, blocks)
	mustIndex("Gemv24Q8", index, panels, blocks)
	if panels > 0 && blocks > 0 {
		gemv24Q8(dst, values, index, scales, x, panels, blocks)
	}
}

// Gemv24Q4 is Gemv24Q8 for weights of 4 bits (value + 8): the steps s = 0 and 2
// in the lower halves of the bytes of two rows of 64, 1 and 3 in the upper.
func Gemv24Q4(dst []float32, values, index []byte, scales []uint16, x *Activations, blocks int) {
	panels := mustPanels("Gemv24Q4", dst, len(values), Block/4, scales, x, blocks)
	mustIndex("Gemv24Q4", index, panels, blocks)
	if panels > 0 && blocks > 0 {
		gemv24Q4(dst, values, index, scales, x, panels, blocks)
	}
}

// mustPanels returns the number of panels; each row has so many bytes in a
// block.
func mustPanels(routine string, dst []float32, values, bytes int, scales []uint16, x *Activations, blocks int) int {
	panels := len(dst) / PanelRows
	groups := (blocks + Group/Block - 1) / (Group / Block)
	if len(dst)%PanelRows != 0 || blocks < 0 || values < panels*blocks*PanelRows*bytes ||
		len(scales) < panels*groups*PanelRows || len(x.Scale) < groups*Group/Block || len(x.Q) < groups*Group || len(x.Sum) < len(x.Scale) {
		panic(fmt.Sprintf("asm: %s: %d outputs of %d blocks: %d bytes of values, %d scales, %d activations",
			routine, len(dst), blocks, values, len(scales), len(x.Q)))
	}
	return panels
}

func mustIndex(routine string, index []byte, panels, blocks int) {
	if len(index) < panels*blocks*PanelRows*4 {
		panic(fmt.Sprintf("asm: %s: %d bytes of index for %d panels of %d blocks", routine, len(index), panels, blocks))
	}
}
