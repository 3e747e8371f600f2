// Package docs is a course on pruning by least squares. Its chapters are the
// Markdown files of this folder, of which README.md is the index; their code
// is the examples of this package, which the tests run and compare with the
// chapters. Nothing imports it.
package docs
