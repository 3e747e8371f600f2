package jinja

import (
	"fmt"
	"maps"
	"strings"
)

// How much a template may do. A chat of a megabyte takes some millions of bytes
// and some hundred steps a message.
const (
	mostSteps = 1 << 22 // expressions and statements
	mostBytes = 1 << 28 // put into memory, in all
	mostCalls = 100     // of macros, within one another
)

// rendering is one run of a template.
type rendering struct {
	steps, bytes int64
	calls        int
}

// scope holds the values of names; those of outer hold where it has none.
type scope struct {
	*rendering
	outer  *scope
	values map[string]any
	out    *strings.Builder
}

// inner returns a scope within s.
func (s *scope) inner() *scope { return &scope{s.rendering, s, map[string]any{}, s.out} }

// capture returns a scope within s, and what comes to be written in it.
func (s *scope) capture() (*scope, *strings.Builder) {
	b := new(strings.Builder)
	return &scope{s.rendering, s, map[string]any{}, b}, b
}

func (s *scope) fail(format string, a ...any) { panic(failure(fmt.Sprintf(format, a...))) }

// step counts what a template does.
func (s *scope) step() {
	if s.steps++; s.steps > mostSteps {
		s.fail("the template takes more than %d steps", mostSteps)
	}
}

// pay counts bytes that are put into memory, before they are.
func (s *scope) pay(bytes int) {
	if s.bytes += int64(bytes); s.bytes > mostBytes || bytes < 0 || int64(bytes) > mostBytes {
		s.fail("the template takes more than %d MiB", mostBytes>>20)
	}
}

// write renders text.
func (s *scope) write(text string) {
	s.pay(len(text))
	s.out.WriteString(text)
}

// Render renders the template with values of names: nil, bool, int, float64,
// string, what FromJSON gives, and Function. It fails where Jinja does, or where
// the template takes too much; the error is one sentence.
func (t *Template) Render(values map[string]any) (text string, err error) {
	defer rescue(&err)
	s := &scope{rendering: new(rendering), values: maps.Clone(globals), out: new(strings.Builder)}
	s = s.inner()
	maps.Copy(s.values, values)
	s.run(t.body)
	return s.out.String(), nil
}

// name is a name that is read.
type name string

func (n name) eval(s *scope) any {
	s.step()
	for at := s; at != nil; at = at.outer {
		if v, ok := at.values[string(n)]; ok {
			return v
		}
	}
	return undefined{fmt.Sprintf("'%s' is undefined", string(n))}
}

// Function is one that a template may call, with arguments that have no names.
type Function func(arguments ...any) (any, error)

// globals are the names that every template has.
var globals = map[string]any{
	"range":     builtin(makeRange),
	"namespace": builtin(makeNamespace),
	"dict":      builtin(makeDict),
	// Jinja has these, too.
	"lipsum": missing("lipsum"), "cycler": missing("cycler"), "joiner": missing("joiner"), "self": missing("self"),
}

// missing is a function of Jinja that is not here.
func missing(name string) builtin {
	return func(s *scope, _ input) any {
		s.fail("%s is not supported", name)
		return nil
	}
}

// mostRange is the most elements of a range, as in Jinja's sandbox.
const mostRange = 100000

func makeRange(s *scope, in input) any {
	in.want(s, "range", 1, 3)
	var n [3]int
	for i, v := range in.list {
		n[i] = s.integer(v)
	}
	from, to, by := n[0], n[1], n[2]
	switch len(in.list) {
	case 1:
		from, to, by = 0, n[0], 1
	case 2:
		by = 1
	}
	if by == 0 {
		s.fail("range() takes steps that are not 0")
	}
	count := uint64(0)
	switch {
	case by > 0 && from < to:
		count = 1 + (uint64(to)-uint64(from)-1)/uint64(by)
	case by < 0 && from > to:
		count = 1 + (uint64(from)-uint64(to)-1)/-uint64(by)
	}
	if count > mostRange {
		s.fail("a range has more than %d elements", mostRange)
	}
	s.pay(16 * int(count))
	all := make([]any, count)
	for i := range all {
		all[i] = from + i*by
	}
	return &list{rangeKind, all}
}

// namespace is an object whose attributes a template may set.
type namespace struct{ values *Dict }

func makeNamespace(s *scope, in input) any { return namespace{makeDict(s, in).(*Dict)} }

func makeDict(s *scope, in input) any {
	input{list: in.list}.want(s, "dict", 0, 1)
	d := new(Dict)
	if len(in.list) > 0 {
		from, ok := in.list[0].(*Dict)
		if !ok {
			s.fail("a dict can be made of a dict alone here")
		}
		for _, k := range from.keys {
			d.set(s, k, from.values[k])
		}
	}
	for i, n := range in.names {
		d.set(s, n, in.named[i])
	}
	return d
}
