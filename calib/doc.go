// Package calib turns local files into rows of token ids: the samples a model
// is calibrated with before pruning, and the windows its perplexity is
// measured on.
//
//	*.txt                        the whole file is one text
//	*.jsonl, *.json.gz           a JSON object per line, with a field "text": a document each
//	*.rows.json                  a JSON list of rows of token ids, used as they are
//	wikitext2, ptb, c4           named data sets, looked for in a data folder
//
// Samples are drawn as SparseGPT's and SparseLLM's data loaders draw them, bit
// for bit: Python's random module (MT19937) picks random windows of the text's
// tokens, or, of documents, random ones until one is long enough and then a
// window of that. Perplexity windows do not overlap, and the remainder is
// dropped.
//
// The package knows nothing of models or of how text becomes tokens: it is
// handed an Encoder. It never asks the network.
package calib
