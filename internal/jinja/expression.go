package jinja

import (
	"fmt"
	"slices"
)

// expr is an expression; eval gives its value.
type expr interface{ eval(s *scope) any }

// parser is a place among the tokens of a template.
type parser struct {
	tokens []token
	at     int
	depth  int             // of what is being parsed within what
	loops  int             // loops that are open, which a break may end
	names  map[string]bool // that the macro being parsed reads
}

// mostDepth is how deep a template may be nested.
const mostDepth = 100

func (p *parser) now() token { return p.tokens[p.at] }

// take takes a token; the last one stays.
func (p *parser) take() token {
	t := p.tokens[p.at]
	if t.kind != endToken {
		p.at++
	}
	return t
}

func (p *parser) fail(format string, a ...any) {
	panic(failure(fmt.Sprintf("line %d: %s", p.now().line, fmt.Sprintf(format, a...))))
}

// deeper counts a level of nesting, until its result is called.
func (p *parser) deeper() func() {
	if p.depth++; p.depth > mostDepth {
		p.fail("more than %d levels of nesting", mostDepth)
	}
	return func() { p.depth-- }
}

func (p *parser) is(k kind, text string) bool { return p.now().kind == k && p.now().text == text }

func (p *parser) op(text string) bool   { return p.is(operatorToken, text) }
func (p *parser) word(text string) bool { return p.is(nameToken, text) }

// skip takes a token if it is that.
func (p *parser) skip(k kind, text string) bool {
	ok := p.is(k, text)
	if ok {
		p.at++
	}
	return ok
}

func (p *parser) skipOp(text string) bool   { return p.skip(operatorToken, text) }
func (p *parser) skipWord(text string) bool { return p.skip(nameToken, text) }

// want takes an operator that has to come.
func (p *parser) want(op string) {
	if !p.skipOp(op) {
		p.fail("expected '%s', got '%s'", op, p.now().text)
	}
}

// name takes a name.
func (p *parser) name() string {
	if p.now().kind != nameToken {
		p.fail("expected a name, got '%s'", p.now().text)
	}
	return p.take().text
}

// expression parses one; without condition, not A if B else C.
func (p *parser) expression(condition bool) expr {
	defer p.deeper()()
	e := p.binary(0)
	for chain := 0; condition && p.skipWord("if"); p.longer(&chain) {
		c := conditional{test: p.binary(0), yes: e}
		if p.skipWord("else") {
			c.no = p.expression(true)
		}
		e = c
	}
	return e
}

// levels are the operators that a left operand may stand before, the loosest
// first; between or and and on one side and these on the other stand not and
// comparisons.
var levels = [][]string{{"+", "-"}, {"~"}, {"*", "/", "//", "%"}, {"**"}}

// mostChain is how many operators, filters or attributes may follow one another.
const mostChain = 1000

// longer counts one more of a chain.
func (p *parser) longer(n *int) {
	if *n++; *n > mostChain {
		p.fail("more than %d operators in a row", mostChain)
	}
}

// binary parses what binds at least as tightly as a level: 0 is or, 1 and, 2
// not, 3 comparisons, and then levels.
func (p *parser) binary(level int) expr {
	chain := 0
	switch level {
	case 0, 1:
		word := [...]string{"or", "and"}[level]
		e := p.binary(level + 1)
		for p.skipWord(word) {
			p.longer(&chain)
			e = logical{or: level == 0, a: e, b: p.binary(level + 1)}
		}
		return e
	case 2:
		if p.skipWord("not") {
			defer p.deeper()()
			return not{p.binary(2)}
		}
		return p.comparison()
	case 3 + len(levels):
		return p.unary(true)
	}
	ops := levels[level-3]
	e := p.binary(level + 1)
	for p.now().kind == operatorToken && slices.Contains(ops, p.now().text) {
		p.longer(&chain)
		op := p.take().text
		e = operation{op: op, a: e, b: p.binary(level + 1)}
	}
	return e
}

var comparisons = []string{"==", "!=", "<", "<=", ">", ">="}

// comparison parses a < b == c in d.
func (p *parser) comparison() expr {
	c := comparison{first: p.binary(3)}
	for {
		var op string
		switch t := p.now(); {
		case t.kind == operatorToken && slices.Contains(comparisons, t.text):
			op = p.take().text
		case p.skipWord("in"):
			op = "in"
		case p.word("not") && p.at+1 < len(p.tokens) && p.tokens[p.at+1].kind == nameToken && p.tokens[p.at+1].text == "in":
			p.at += 2
			op = "not in"
		case len(c.ops) == 0:
			return c.first
		default:
			return c
		}
		c.ops = append(c.ops, op)
		c.operands = append(c.operands, p.binary(3))
	}
}

// unary parses an operand with what stands before and after it.
func (p *parser) unary(filters bool) expr {
	defer p.deeper()()
	var e expr
	switch {
	case p.skipOp("-"):
		e = sign{true, p.unary(false)}
	case p.skipOp("+"):
		e = sign{false, p.unary(false)}
	default:
		e = p.primary()
	}
	e = p.postfix(e)
	for chain := 0; filters; p.longer(&chain) {
		switch {
		case p.skipOp("|"):
			e = p.filter(e)
		case p.skipWord("is"):
			e = p.test(e)
		case p.op("("):
			e = call{e, p.arguments()}
		default:
			return e
		}
	}
	return e
}

// primary parses a name, a literal or what is in brackets.
func (p *parser) primary() expr {
	t := p.take()
	switch t.kind {
	case nameToken:
		switch t.text {
		case "true", "True":
			return constant{true}
		case "false", "False":
			return constant{false}
		case "none", "None":
			return constant{nil}
		}
		if p.names != nil {
			p.names[t.text] = true
		}
		return name(t.text)
	case stringToken:
		text := t.text
		for p.now().kind == stringToken {
			text += p.take().text
		}
		return constant{text}
	case numberToken:
		return constant{t.value}
	case operatorToken:
		switch t.text {
		case "(":
			e := p.tuple(true, true)
			p.want(")")
			return e
		case "[":
			return sequence{items: p.items("]")}
		case "{":
			return p.dict()
		}
	}
	p.at--
	p.fail("unexpected '%s'", p.now().text)
	return nil
}

// items parses expressions with commas between, up to close.
func (p *parser) items(close string) []expr {
	var all []expr
	for !p.skipOp(close) {
		if len(all) > 0 {
			if p.want(","); p.skipOp(close) {
				break
			}
		}
		all = append(all, p.expression(true))
	}
	return all
}

func (p *parser) dict() expr {
	var d pairs
	for !p.skipOp("}") {
		if len(d.keys) > 0 {
			if p.want(","); p.skipOp("}") {
				break
			}
		}
		d.keys = append(d.keys, p.expression(true))
		p.want(":")
		d.values = append(d.values, p.expression(true))
	}
	return d
}

// tuple parses an expression, or several with commas between, which make a
// tuple; empty says whether none may.
func (p *parser) tuple(condition, empty bool) expr {
	var all []expr
	comma := false
	for {
		t := p.now()
		if t.kind == varEnd || t.kind == blockEnd || t.kind == operatorToken && t.text == ")" {
			break
		}
		all = append(all, p.expression(condition))
		if !p.skipOp(",") {
			break
		}
		comma = true
	}
	switch {
	case comma || len(all) == 0 && empty:
		return sequence{items: all, tuple: true}
	case len(all) == 0:
		p.fail("expected an expression, got '%s'", p.now().text)
	}
	return all[0]
}

// postfix parses .name, [key] and (arguments).
func (p *parser) postfix(e expr) expr {
	for chain := 0; ; p.longer(&chain) {
		switch {
		case p.skipOp("."):
			if t := p.now(); t.kind == numberToken {
				e = item{e, constant{p.take().value}}
			} else {
				e = attribute{e, p.name()}
			}
		case p.skipOp("["):
			e = item{e, p.subscript()}
			p.want("]")
		case p.op("("):
			e = call{e, p.arguments()}
		default:
			return e
		}
	}
}

// subscript parses what stands in [ ]: a key or a slice.
func (p *parser) subscript() expr {
	var parts [3]expr
	n := 0
	for ; n < 3; n++ {
		if !p.op(":") && !p.op("]") {
			parts[n] = p.expression(true)
		}
		if n == 0 && !p.op(":") {
			if parts[0] == nil {
				p.fail("a key is missing in [ ]")
			}
			return parts[0]
		}
		if !p.skipOp(":") {
			break
		}
	}
	return slice(parts)
}

// arguments parses those of a call, with its parentheses.
func (p *parser) arguments() arguments {
	var a arguments
	p.want("(")
	for first := true; !p.skipOp(")"); first = false {
		if !first {
			if p.want(","); p.skipOp(")") {
				break
			}
		}
		switch {
		case p.op("*") || p.op("**"):
			p.fail("* and ** in a call are not supported")
		case p.now().kind == nameToken && p.tokens[p.at+1].kind == operatorToken && p.tokens[p.at+1].text == "=":
			a.names = append(a.names, p.take().text)
			p.at++
			a.named = append(a.named, p.expression(true))
		case len(a.names) > 0:
			p.fail("an argument without a name follows one with a name")
		default:
			a.list = append(a.list, p.expression(true))
		}
	}
	return a
}

// filters parses |name(arguments) …, of a body if e is nil.
func (p *parser) filters(e expr) expr {
	for chain := 0; p.skipOp("|"); p.longer(&chain) {
		e = p.filter(e)
	}
	return e
}

func (p *parser) filter(e expr) expr {
	f := filtered{value: e, name: p.name()}
	if filters[f.name] == nil {
		p.fail("there is no filter '%s' here", f.name)
	}
	if p.op("(") {
		f.arguments = p.arguments()
	}
	return f
}

// test parses what follows is.
func (p *parser) test(e expr) expr {
	negated := p.skipWord("not")
	t := tested{value: e, name: p.name()}
	if tests[t.name] == nil {
		p.fail("there is no test '%s' here", t.name)
	}
	switch now := p.now(); {
	case p.op("("):
		t.arguments = p.arguments()
	case now.kind == nameToken && !slices.Contains([]string{"else", "or", "and", "is"}, now.text),
		now.kind == stringToken, now.kind == numberToken, p.op("["), p.op("{"):
		// As in Jinja, what follows a test is its argument, an if, too.
		t.list = []expr{p.postfix(p.primary())}
	case p.word("is"):
		p.fail("tests with 'is' cannot be chained")
	}
	if negated {
		return not{t}
	}
	return t
}
