// Package checkpoint reads a model's named tensors from what people have on
// disk and writes a changed copy of them. It reads Hugging Face folders of
// safetensors (one file or sharded), of PyTorch's pytorch_model.bin (likewise)
// and GGUF files, all memory-mapped, and always writes safetensors.
//
//   - Open gives a Checkpoint: names, shapes, dtypes, values as float32 or
//     float64 (it is a model.Source), and the bytes of config.json.
//   - Create starts a Writer: the same tensors in the same shards, in their
//     own dtype or another, of which any may be replaced, whole or in part, in any
//     order. What is written lies in a partial folder inside the output folder until
//     Commit renames it into place, so that nothing half-written ever has its
//     final name.
//   - NewOverlay lays changed tensors over a Checkpoint in memory, rounded as a
//     Writer would store them.
//   - SinkOf makes a model.Sink of either, which rounds what it stores to what is
//     stored. In which dtype that is, DType.StoredAs alone says.
//
// Rows of a tensor are read, and unpacked, alone. Where a system does not map
// files, no more of them is read than is asked for; the build tag nommap makes
// any system such a one, for tests.
//
// Everything read is taken to be hostile: sizes are checked before anything
// is allocated by them, file names may not leave the folder, a pickle builds
// nothing but tensors. Reads of a file that was cut short or rewritten after
// Open fail with ErrChanged.
//
// Which files make up a model is said here alone: the weights by the index, or
// by their names where it is lost (weights.go, parts.go), and what goes along
// with them (beside.go). Package hub fetches what Files names. Weights that are
// not what they seem, quantised by another tool or not weights at all, are
// refused with the cause and the way out.
//
// A GGUF file gets the names and the order of transformers: its metadata become a
// config.json (package internal/llamacpp, as the architecture's registration has
// it), from that follows the decoder.Description, and from that what each tensor
// is called in the file and how it lies there.
//
// The package knows no architecture by name, nothing of tokenizers but which files to carry over, and nothing of pruning. It prints
// nothing: what a user should know is in Remarks.
package checkpoint
