// Package jinja renders the templates of chat models: Jinja as transformers has
// it, which is Jinja 3.1 in a sandbox that changes nothing, with trim_blocks,
// lstrip_blocks, the statements break, continue and generation, and a tojson
// that is Python's json.dumps. A text is the one that transformers renders, or
// there is none: what is not here is refused by its name, when the template is
// parsed (statements, filters, tests) or when it is met (methods, numbers beyond
// 64 bits).
//
//	lexer.go       text and tags, and the white space between them
//	expression.go  expressions: Parser.parse_expression of Jinja
//	parser.go      statements
//	scope.go       names and their values, and how much a template may do
//	run.go         statements are carried out
//	loop.go        for
//	macro.go       macros and calls
//	operator.go    + - ~ == in …, as Python has them
//	access.go      attributes, elements, slices
//	value.go       Python's values: truth, equality, order
//	text.go        str and repr
//	json.go        values of JSON, and JSON of values
//	filter.go, filterlist.go, test.go, method.go
//	               what values can be made into, and asked
//
// Templates come from whoever made a model: they reach no file, and their steps
// and what they put into memory are limited.
//
// The package knows nothing of chats, models or files.
package jinja
