package main

// checkMemory refuses calibration samples of which the activations alone, one
// hidden state per token, are more than the machine's memory: the run would end
// in a crash.
func (s *session) checkMemory(samples, tokens int) error {
	width := 4.0
	if s.flags.precision == "f64" {
		width = 8
	}
	need := float64(samples) * float64(tokens) * float64(s.cfg.Hidden) * width
	if have := machineMemory(); have > 0 && need > float64(have) {
		return usagef("%d calibration samples of %d tokens have %s of activations, more than the %s of memory here: use fewer or shorter ones (--nsamples, --seqlen)",
			samples, tokens, humanBytes(int64(min(need, 1<<62))), humanBytes(have))
	}
	return nil
}
