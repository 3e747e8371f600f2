// Package arch knows which package runs which architecture, by the model_type
// in config.json. It is the one place to change when an architecture is added.
package arch
