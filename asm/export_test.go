package asm

// setExtras turns off and on the instructions that kernels use beyond their
// tier's, where there are such.
var setExtras = func(bool) {}

// WithoutExtras runs f with what the tier has, then without more than that.
func WithoutExtras(f func()) {
	f()
	setExtras(false)
	defer setExtras(true)
	f()
}
