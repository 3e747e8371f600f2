package jinja

import (
	"errors"
	"slices"
	"strings"
)

// mostSource is the most bytes that a template may have.
const mostSource = 1 << 20

// Template is a parsed template. It may be rendered by several goroutines at a
// time.
type Template struct{ body []statement }

// Parse parses a template. It fails, in one line that names the template's, on
// what Jinja does not know, and on what this package does not.
func Parse(source string) (t *Template, err error) {
	if len(source) > mostSource {
		return nil, errors.New("the template is longer than 1 MiB")
	}
	defer rescue(&err)
	p := parser{tokens: lex(source)}
	body := p.statements()
	return &Template{body}, nil
}

// failure is how parsing and rendering end early.
type failure string

// oneLine writes the line ends of a template, or of its values, that a failure
// quotes.
var oneLine = strings.NewReplacer("\n", `\n`, "\r", `\r`)

// rescue makes an error of a failure.
func rescue(err *error) {
	switch r := recover().(type) {
	case nil:
	case failure:
		*err = errors.New(oneLine.Replace(string(r)))
	default:
		panic(r)
	}
}

// statements parses up to a tag that begins with one of the words, whose name it
// takes; without any, up to the end of the template.
func (p *parser) statements(ends ...string) []statement {
	defer p.deeper()()
	var body []statement
	for {
		switch t := p.take(); t.kind {
		case dataToken:
			body = append(body, text(t.text))
		case varBegin:
			body = append(body, output{p.tuple(true, false)})
			p.close(varEnd)
		case endToken:
			if len(ends) > 0 {
				p.fail("the template ends before {%% %s %%}", ends[len(ends)-1])
			}
			return body
		case blockBegin:
			if len(ends) > 0 && p.now().kind == nameToken && slices.Contains(ends, p.now().text) {
				return body
			}
			body = append(body, p.statement())
			p.close(blockEnd)
		}
	}
}

// close takes the end of a tag.
func (p *parser) close(k kind) {
	if p.now().kind != k {
		p.fail("expected the end of the tag, got '%s'", p.now().text)
	}
	p.take()
}

// body parses what stands between the end of a tag and one of the words, of
// which it returns the one that came, taken.
func (p *parser) body(ends ...string) ([]statement, string) {
	p.skipOp(":")
	p.close(blockEnd)
	body := p.statements(ends...)
	return body, p.name()
}

// apart parses a body out of which no break leads.
func (p *parser) apart(end string) []statement {
	loops := p.loops
	p.loops = 0
	body, _ := p.body(end)
	p.loops = loops
	return body
}

// statement parses a tag and what belongs to it, but for the end of its last
// tag.
func (p *parser) statement() statement {
	switch word := p.name(); word {
	case "if":
		return p.condition()
	case "for":
		return p.loop()
	case "set":
		return p.set()
	case "macro":
		return p.macro()
	case "call":
		return p.callBlock()
	case "generation": // of transformers: what an assistant says
		return block{body: p.apart("endgeneration")}
	case "filter":
		e := p.filters(p.filter(captured{}))
		return block{filter: e, body: p.apart("endfilter")}
	case "with":
		return p.with()
	case "break", "continue":
		if p.loops == 0 {
			p.fail("%s is outside of a loop", word)
		}
		return jump(word)
	default:
		p.fail("the statement '%s' is not known here", word)
		return nil
	}
}

func (p *parser) condition() statement {
	var c condition
	for word := "if"; word != "endif"; {
		var b branch
		if word != "else" {
			b.test = p.tuple(false, false)
			b.body, word = p.body("elif", "else", "endif")
		} else {
			b.body, word = p.body("endif")
		}
		c = append(c, b)
	}
	return c
}

func (p *parser) loop() statement {
	l := loop{target: p.target("in")}
	if !p.skipWord("in") {
		p.fail("expected 'in', got '%s'", p.now().text)
	}
	l.over = p.tuple(false, false)
	if p.skipWord("if") {
		l.test = p.expression(true)
	}
	if p.word("recursive") {
		p.fail("loops that are recursive are not supported")
	}
	p.loops++
	var word string
	l.body, word = p.body("else", "endfor")
	p.loops--
	if word == "else" {
		l.none, _ = p.body("endfor")
	}
	return l
}

// target is what a value is given to: a name, one of a namespace, or several
// names.
type target struct {
	names     []string
	attribute string // of the namespace names[0]
	tuple     bool
}

func (p *parser) target(end string) target {
	parens := p.skipOp("(")
	t := target{names: []string{p.assignable()}}
	if p.skipOp(".") {
		t.attribute = p.name()
		return t
	}
	for p.skipOp(",") {
		t.tuple = true
		if p.now().kind != nameToken || end != "" && p.word(end) {
			break
		}
		t.names = append(t.names, p.assignable())
	}
	if parens {
		p.want(")")
	}
	return t
}

// assignable takes a name that may be given a value.
func (p *parser) assignable() string {
	n := p.name()
	if slices.Contains([]string{"true", "false", "none", "True", "False", "None"}, n) {
		p.fail("cannot assign to '%s'", n)
	}
	return n
}

func (p *parser) set() statement {
	t := p.target("")
	if p.skipOp("=") {
		return assignment{t, p.tuple(true, false)}
	}
	b := block{into: &t}
	if p.op("|") {
		b.filter = p.filters(captured{})
	}
	b.body = p.apart("endset")
	return b
}

func (p *parser) with() statement {
	var w with
	for p.now().kind != blockEnd {
		if len(w.targets) > 0 {
			p.want(",")
		}
		w.targets = append(w.targets, p.target(""))
		p.want("=")
		w.values = append(w.values, p.expression(true))
	}
	w.body, _ = p.body("endwith")
	return w
}

func (p *parser) macro() statement {
	m := macro{name: p.assignable()}
	p.signature(&m)
	m.inside(p, "endmacro")
	return m
}

// callBlock parses {% call(parameters) macro(arguments) %}, whose body the macro
// has as caller.
func (p *parser) callBlock() statement {
	body := macro{name: "caller"}
	if p.op("(") {
		p.signature(&body)
	}
	e, ok := p.unary(true).(call)
	if !ok {
		p.fail("what is not a call stands in {%% call %%}")
	}
	body.inside(p, "endcall")
	return callBlock{e, body}
}

// signature parses the parameters of a macro.
func (p *parser) signature(m *macro) {
	p.want("(")
	for !p.skipOp(")") {
		if len(m.parameters) > 0 {
			p.want(",")
		}
		m.parameters = append(m.parameters, p.assignable())
		var value expr
		if p.skipOp("=") {
			value = p.expression(true)
		} else if n := len(m.defaults); n > 0 && m.defaults[n-1] != nil {
			p.fail("a parameter without a default follows one with a default")
		}
		m.defaults = append(m.defaults, value)
	}
}

// inside parses a macro's body and sees what it reads.
func (m *macro) inside(p *parser, end string) {
	outer := p.names
	p.names = map[string]bool{}
	m.body = p.apart(end)
	m.rest, m.named, m.called = p.names["varargs"], p.names["kwargs"], p.names["caller"]
	for n := range p.names {
		if outer != nil {
			outer[n] = true
		}
	}
	p.names = outer
}
