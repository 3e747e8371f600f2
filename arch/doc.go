// Package arch opens models: it finds the architecture of a config.json by its
// model_type and has package internal/decoder run it. What architectures there
// are, each a file of package opt or llama, is said by internal/architecture.
package arch
