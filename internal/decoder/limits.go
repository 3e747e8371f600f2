package decoder

// Limits on what a config.json may ask for, far beyond any model there is, so
// that no product of two sizes overflows.
const (
	MaxWidth     = 1 << 20 // hidden and intermediate sizes
	MaxVocab     = 1 << 26
	MaxBlocks    = 1 << 12
	MaxHeads     = 1 << 12
	MaxPositions = 1 << 30
)
