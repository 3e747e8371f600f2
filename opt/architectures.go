package opt

import "sparsellm/internal/decoder"

var architectures []decoder.Architecture

// Architectures returns those of this package.
func Architectures() []decoder.Architecture { return architectures }

func register(a decoder.Architecture) decoder.Architecture {
	architectures = append(architectures, a)
	return a
}
