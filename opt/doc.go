// Package opt has the architectures after GPT, with LayerNorm, learned positions
// and a feed-forward network without a gate: OPT (Zhang et al., 2022). Each is a
// file: its names, the fields of its config.json, and what it chooses.
//
// It computes nothing: package internal/decoder runs what it describes.
package opt
