// Package tokenizer turns text into the token ids a checkpoint was trained
// with, id for id what transformers' AutoTokenizer gives: that of transformers 5
// for folders which transformers 5 wrote, else that of transformers 4, since the
// two read some folders in different ways (classes.go). It reads a checkpoint
// folder's tokenizer.json (byte-level BPE, SentencePiece-style BPE with byte
// fallback, unigram), or the older pair vocab.json and merges.txt of OPT, or the
// tokenizer.model of SentencePiece (BPE or unigram), or what a GGUF says of its
// tokenizer, which others read: files of a folder are made of it (gguf.go). Characters are what they were in
// Unicode 14, as in Hugging Face's tokenizers 0.20.
//
// A text passes through these stages, each a file of its own:
//
//	added tokens   special strings such as </s> are cut out of the text (added.go)
//	normalizers    the text between them is rewritten (normalize.go, rewrite.go, forms.go, precompiled.go)
//	pre-tokenizers it is cut into words (pretokenize.go, words.go, scan.go, pattern.go)
//	model          BPE merges pairs of symbols of a word by rank (bpe.go, merge.go);
//	               unigram takes the likeliest way to cut it (unigram.go, lattice.go, trie.go)
//	post-processor special tokens are put around the ids (postprocess.go)
//
// A model of SentencePiece has a normalizer and an algorithm of its own in the
// place of the stages between (sentencepiece.go, spnormalize.go, spbpe.go,
// spunigram.go), unless its class makes those stages of it (convert.go).
//
// A component of a tokenizer.json that is not implemented is refused by its
// name when the file is opened: ids are right or there are none.
//
// The package knows nothing of models but which class of tokenizers an
// architecture has, nothing of windows or data sets, and never asks the network.
package tokenizer
