// Package docs is a course on pruning by least squares, and pages about the use
// of the program and its packages. They are the Markdown files of this folder, of
// which README.md is the index; their code is the examples of this package, which
// the tests run and compare with them. Nothing imports it.
package docs
