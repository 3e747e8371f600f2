// Package placeholder recognises what clones and downloads leave where a file
// of a model should be: the note of Git's extension for large files, a web
// page, a server's one-line refusal, or nothing at all. Whoever then parses
// the file would complain of its syntax, and never of the cause.
package placeholder
