// Package arch opens models: it knows which package runs which architecture, by
// the model_type in config.json. What architectures there are, each a file, is
// said by package internal/architecture.
package arch
