package jinja

// statement is a part of a template; run returns whether a break or a continue
// is on its way to the loop that it means, "" being neither.
type statement interface{ run(s *scope) jump }

// jump is break or continue.
type jump string

func (j jump) run(s *scope) jump { return j }

// run carries out statements.
func (s *scope) run(body []statement) jump {
	for _, st := range body {
		s.step()
		if j := st.run(s); j != "" {
			return j
		}
	}
	return ""
}

// text is rendered as it is.
type text string

func (t text) run(s *scope) jump {
	s.write(string(t))
	return ""
}

// output is {{ … }}.
type output struct{ value expr }

func (o output) run(s *scope) jump {
	s.write(s.str(o.value.eval(s)))
	return ""
}

// condition is if … elif … else: the branches in order.
type condition []branch

// branch is taken if its test holds; the last has none if it is else.
type branch struct {
	test expr
	body []statement
}

func (c condition) run(s *scope) jump {
	for _, b := range c {
		if b.test == nil || s.truth(b.test.eval(s)) {
			return s.run(b.body)
		}
	}
	return ""
}

// assignment is {% set … = … %}.
type assignment struct {
	target
	value expr
}

func (a assignment) run(s *scope) jump {
	s.assign(a.target, a.value.eval(s))
	return ""
}

// assign gives the names of a target their values.
func (s *scope) assign(t target, v any) {
	switch {
	case t.attribute != "":
		ns, ok := name(t.names[0]).eval(s).(namespace)
		if !ok {
			s.fail("cannot assign an attribute to what is not a namespace: '%s'", t.names[0])
		}
		if t.attribute[0] == '_' {
			s.fail("a namespace has no attributes that begin with _")
		}
		ns.values.set(s, t.attribute, v)
	case t.tuple:
		values := s.iterate(v)
		if len(values) != len(t.names) {
			s.fail("%d values cannot be unpacked into %d names", len(values), len(t.names))
		}
		for i, n := range t.names {
			s.values[n] = values[i]
		}
	default:
		s.values[t.names[0]] = v
	}
}

// block is a body that is rendered by itself, to be filtered, or assigned. What
// it sets is its own.
type block struct {
	filter expr    // of captured; nil for none
	into   *target // nil: it is written
	body   []statement
}

// captured is the text of a block in the expression of its filters.
type captured struct{}

// capturedName is no name that a template can have.
const capturedName = "{% block %}"

func (captured) eval(s *scope) any { return name(capturedName).eval(s) }

func (b block) run(s *scope) jump {
	inner, text := s.capture()
	inner.run(b.body)
	var v any = text.String()
	if b.filter != nil {
		outer := s.inner()
		outer.values[capturedName] = v
		v = b.filter.eval(outer)
	}
	if b.into == nil {
		s.write(s.str(v))
	} else {
		s.assign(*b.into, v)
	}
	return ""
}

// with is {% with a = 1, b = 2 %}: the values are of the scope around it.
type with struct {
	targets []target
	values  []expr
	body    []statement
}

func (w with) run(s *scope) jump {
	inner := s.inner()
	for i, t := range w.targets {
		inner.assign(t, w.values[i].eval(s))
	}
	return inner.run(w.body)
}
