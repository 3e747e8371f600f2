package jinja

import (
	"slices"
)

// arguments are those of a call as they stand in the template.
type arguments struct {
	list  []expr
	names []string
	named []expr
}

// input is what a call is given.
type input struct {
	list  []any
	names []string
	named []any
}

// in evaluates arguments.
func (a arguments) in(s *scope) input {
	in := input{names: a.names}
	for _, e := range a.list {
		in.list = append(in.list, e.eval(s))
	}
	for _, e := range a.named {
		in.named = append(in.named, e.eval(s))
	}
	return in
}

// want fails if there are not as many arguments as it says, or some with names.
func (in input) want(s *scope, what string, least, most int) {
	if n := len(in.list); n < least || n > most {
		s.fail("%s takes %d to %d arguments here, not %d", what, least, most, n)
	}
	if len(in.names) > 0 {
		s.fail("%s takes no argument %s here", what, in.names[0])
	}
}

// take returns the values of parameters, otherwise where there is none.
func (in input) take(s *scope, what string, parameters []string, otherwise ...any) []any {
	input{list: in.list}.want(s, what, 0, len(parameters))
	values := slices.Clone(otherwise)
	copy(values, in.list)
	for i, n := range in.names {
		at := slices.Index(parameters, n)
		if at < len(in.list) {
			s.fail("%s takes no argument %s here", what, n)
		}
		values[at] = in.named[i]
	}
	return values
}

// builtin is a function of this package.
type builtin func(s *scope, in input) any

// call is f(arguments).
type call struct {
	f expr
	arguments
}

func (c call) eval(s *scope) any {
	s.step()
	return s.call(c.f.eval(s), c.in(s))
}

// call calls f.
func (s *scope) call(f any, in input) any {
	switch f := f.(type) {
	case builtin:
		return f(s, in)
	case Function:
		if len(in.names) > 0 {
			s.fail("the function takes no argument %s", in.names[0])
		}
		v, err := f(in.list...)
		if err != nil {
			s.fail("%s", err.Error())
		}
		return v
	case closure:
		return f.call(s, in)
	case undefined:
		s.fail("%s", f.why)
	}
	s.fail("%s cannot be called", kindOf(f))
	return nil
}

// macro is {% macro name(parameters) %}body{% endmacro %}.
type macro struct {
	name       string
	parameters []string
	defaults   []expr // nil where a parameter has none
	body       []statement
	// Whether it reads varargs, kwargs and caller.
	rest, named, called bool
}

// closure is a macro with the scope that it was defined in.
type closure struct {
	*macro
	scope *scope
}

func (m macro) run(s *scope) jump {
	s.values[m.name] = closure{&m, s}
	return ""
}

// call renders the macro's body.
func (c closure) call(from *scope, in input) any {
	if c.scope.calls++; c.scope.calls > mostCalls {
		from.fail("macros call one another more than %d levels deep", mostCalls)
	}
	defer func() { c.scope.calls-- }()
	s, out := c.scope.capture()
	given := min(len(in.list), len(c.parameters))
	if given < len(in.list) && !c.rest {
		s.fail("macro '%s' takes not more than %d arguments", c.name, len(c.parameters))
	}
	rest, named := in.list[given:], new(Dict)
	for i, n := range in.names {
		at := slices.Index(c.parameters, n)
		switch {
		case n == "caller" && c.called:
			s.values[n] = in.named[i]
		case at >= given:
			s.values[n] = in.named[i]
		case at < 0 && c.named:
			named.set(s, n, in.named[i])
		default:
			s.fail("macro '%s' takes no keyword argument '%s'", c.name, n)
		}
	}
	for i, n := range c.parameters {
		_, has := s.values[n]
		switch {
		case i < given:
			s.values[n] = in.list[i]
		case has:
		case c.defaults[i] != nil:
			s.values[n] = c.defaults[i].eval(s)
		default:
			s.values[n] = undefined{"parameter '" + n + "' was not provided"}
		}
	}
	if _, has := s.values["caller"]; c.called && !has {
		s.values["caller"] = undefined{"no caller defined"}
	}
	if c.rest {
		s.values["varargs"] = &list{tupleKind, rest}
	}
	if c.named {
		s.values["kwargs"] = named
	}
	s.run(c.body)
	return out.String()
}

// callBlock calls a macro that may call back what stands in the block.
type callBlock struct {
	to   call
	body macro
}

func (c callBlock) run(s *scope) jump {
	in := c.to.in(s)
	in.names = append(slices.Clone(in.names), "caller")
	in.named = append(in.named, closure{&c.body, s})
	s.write(s.str(s.call(c.to.f.eval(s), in)))
	return ""
}
