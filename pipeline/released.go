package pipeline

// What the authors' released code sets otherwise than by its own defaults. It
// has one script for networks without a gate (OPT), and one for those with
// (LLaMA).

// releasedPenalty is α, β and γ of networks with or without a gate.
func releasedPenalty(gated bool) float64 {
	if gated {
		return 5
	}
	return 0.1
}

// releasedEpochs are those of block i, epochs being those of the others.
func releasedEpochs(gated bool, i, epochs int) int {
	if gated && (i == 1 || i == 30 || i == 31) {
		return 1
	}
	return epochs
}
