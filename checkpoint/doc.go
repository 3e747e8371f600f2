// Package checkpoint reads a model's named tensors from what people have on
// disk and writes a changed copy of them. It reads Hugging Face folders of
// safetensors (one file or sharded), of PyTorch's pytorch_model.bin (likewise)
// and GGUF files, all memory-mapped, and always writes safetensors.
//
//   - Open gives a Checkpoint: names, shapes, dtypes, values as float32 or
//     float64 (it is a model.Source), and the bytes of config.json.
//   - Create starts a Writer: the same tensors in the same shards, in their
//     own dtype or another, of which any may be replaced, in any order. What
//     is written lies in a partial folder inside the output folder until
//     Commit renames it into place, so that nothing half-written ever has its
//     final name.
//   - NewOverlay lays changed tensors over a Checkpoint in memory, rounded as a
//     Writer would store them.
//
// Everything read is taken to be hostile: sizes are checked before anything
// is allocated by them, file names may not leave the folder, a pickle builds
// nothing but tensors. Reads of a file that was cut short or rewritten after
// Open fail with ErrChanged.
//
// The package knows nothing of architectures beyond the names that GGUF gives
// LLaMA's tensors, nothing of tokenizers but which files to carry over, and
// nothing of pruning.
package checkpoint
