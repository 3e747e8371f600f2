// Package calib turns local files into rows of token ids: the samples a model
// is calibrated with before pruning, and the windows its perplexity is
// measured on.
//
//	*.txt, *.md               the whole file is one text
//	*.json, *.jsonl, *.ndjson documents or rows, as the content says
//	*.rows.json               rows
//	*.parquet                 documents
//	a folder                  each *.txt and *.md below it is a document
//	wikitext2, ptb, c4        named data sets, looked for in a data folder
//
// A document is a JSON string, or a JSON object, of which columns.go says which
// fields make the text: those that the caller names, else those that the first
// row has of the ones that are known, such as "text", or "messages", which is a
// chat, or "instruction" and "output". Documents stand one on a line, in a list, or
// with white space between. Rows are a JSON list of lists of token ids, and are
// used as they are.
//
// Files are UTF-8, packed by gzip, Zstandard or not. A byte order mark is no part
// of a text, and line ends are those of Python's open: \r\n and \r are read as
// \n. What is something else is refused by its name: UTF-16, an archive, a web
// page in place of the data.
//
// Samples are drawn as SparseGPT's and SparseLLM's data loaders draw them, bit
// for bit: Python's random module (MT19937) picks random windows of the text's
// tokens, or, of documents, random ones until one is long enough and then a
// window of that. Packed documents (pack.go) follow one another instead. Perplexity windows do not overlap, and the remainder is
// dropped. Windows of text may begin with a token of the caller's (begin.go); rows
// are left as they are.
//
// The package knows nothing of models or of how text becomes tokens: it is
// handed an Encoder, and a Chat for what writes chats. It never asks the network.
package calib
