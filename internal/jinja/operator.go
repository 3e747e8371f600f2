package jinja

import (
	"math"
	"math/bits"
	"slices"
	"strings"
)

// constant is a literal.
type constant struct{ value any }

func (c constant) eval(s *scope) any {
	s.step()
	return c.value
}

// sequence is [a, b] or (a, b).
type sequence struct {
	items []expr
	tuple bool
}

func (q sequence) eval(s *scope) any {
	s.step()
	s.pay(16 * len(q.items))
	l := &list{kind: plainKind}
	if q.tuple {
		l.kind = tupleKind
	}
	for _, e := range q.items {
		l.items = append(l.items, e.eval(s))
	}
	return l
}

// pairs is {a: b, c: d}.
type pairs struct{ keys, values []expr }

func (p pairs) eval(s *scope) any {
	s.step()
	d := new(Dict)
	for i, k := range p.keys {
		d.set(s, k.eval(s), p.values[i].eval(s))
	}
	return d
}

// conditional is yes if test else no.
type conditional struct{ test, yes, no expr }

func (c conditional) eval(s *scope) any {
	switch {
	case s.truth(c.test.eval(s)):
		return c.yes.eval(s)
	case c.no != nil:
		return c.no.eval(s)
	}
	return undefined{"an if without an else was not true"}
}

// logical is a or b, a and b.
type logical struct {
	or   bool
	a, b expr
}

func (l logical) eval(s *scope) any {
	if v := l.a.eval(s); s.truth(v) == l.or {
		return v
	}
	return l.b.eval(s)
}

type not struct{ value expr }

func (n not) eval(s *scope) any { return !s.truth(n.value.eval(s)) }

// sign is -a or +a.
type sign struct {
	minus bool
	value expr
}

func (g sign) eval(s *scope) any {
	v := g.value.eval(s)
	if i, ok := whole(v); ok && g.minus {
		return s.arithmetic("-", 0, i)
	} else if ok {
		return i
	}
	f, ok := v.(float64)
	if !ok {
		s.refuse(v, "has no sign")
	}
	if g.minus {
		f = -f
	}
	return f
}

// refuse says that an operation is not for v.
func (s *scope) refuse(v any, why string) {
	if u, ok := v.(undefined); ok {
		s.fail("%s", u.why)
	}
	s.fail("%s %s", kindOf(v), why)
}

// comparison is a < b == c in d: each operand with the one before.
type comparison struct {
	first    expr
	ops      []string
	operands []expr
}

func (c comparison) eval(s *scope) any {
	a := c.first.eval(s)
	for i, op := range c.ops {
		b := c.operands[i].eval(s)
		if !s.compare(op, a, b) {
			return false
		}
		a = b
	}
	return true
}

// compare is a op b.
func (s *scope) compare(op string, a, b any) bool {
	switch op {
	case "==":
		return s.equal(a, b)
	case "!=":
		return !s.equal(a, b)
	case "in":
		return s.contains(b, a)
	case "not in":
		return !s.contains(b, a)
	}
	for _, v := range []any{a, b} {
		if _, ok := v.(undefined); ok {
			s.refuse(v, "")
		}
	}
	n := s.order(a, b)
	switch op {
	case "<":
		return n < 0
	case "<=":
		return n <= 0
	case ">":
		return n > 0
	}
	return n >= 0
}

// contains is v in all.
func (s *scope) contains(all, v any) bool {
	switch all := all.(type) {
	case string:
		part, ok := v.(string)
		if !ok {
			s.refuse(v, "cannot be in a str")
		}
		return strings.Contains(all, part)
	case *Dict:
		_, ok := s.lookup(all, v)
		return ok
	}
	return slices.ContainsFunc(s.iterate(all), func(e any) bool { return s.equal(e, v) })
}

// operation is a + b, of any operator of arithmetic, or a ~ b.
type operation struct {
	op   string
	a, b expr
}

func (o operation) eval(s *scope) any {
	s.step()
	a, b := o.a.eval(s), o.b.eval(s)
	if o.op == "~" {
		return s.join(s.str(a), s.str(b))
	}
	i, whole1 := whole(a)
	j, whole2 := whole(b)
	if whole1 && whole2 {
		return s.arithmetic(o.op, i, j)
	}
	x, number1 := number(a)
	y, number2 := number(b)
	if number1 && number2 {
		return s.float(o.op, x, y)
	}
	switch a := a.(type) {
	case string:
		switch b := b.(type) {
		case string:
			if o.op == "+" {
				return s.join(a, b)
			}
		default:
			if o.op == "*" && whole2 {
				return s.repeat(a, j)
			}
		}
		if o.op == "%" {
			return s.format(a, b)
		}
	case *list:
		b, ok := b.(*list)
		if ok && o.op == "+" && a.kind == b.kind && a.kind <= tupleKind {
			s.pay(16 * (len(a.items) + len(b.items)))
			return &list{a.kind, slices.Concat(a.items, b.items)}
		}
		if o.op == "*" && whole2 && a.kind <= tupleKind {
			if j > 0 && len(a.items) > mostBytes/16/j {
				s.fail("a list is repeated too often")
			}
			s.pay(16 * len(a.items) * max(j, 0))
			return &list{a.kind, slices.Repeat(a.items, max(j, 0))}
		}
	}
	if b, ok := b.(string); ok && whole1 && o.op == "*" {
		return s.repeat(b, i)
	}
	for _, v := range []any{a, b} {
		if _, ok := v.(undefined); ok {
			s.refuse(v, "")
		}
	}
	s.fail("%s %s %s cannot be", kindOf(a), o.op, kindOf(b))
	return nil
}

func (s *scope) join(a, b string) string {
	s.pay(len(a) + len(b))
	return a + b
}

func (s *scope) repeat(text string, n int) string {
	n = max(n, 0)
	if n > 0 && len(text) > mostBytes/n {
		s.fail("a string is repeated too often")
	}
	s.pay(len(text) * n)
	return strings.Repeat(text, n)
}

// arithmetic is i op j of integers.
func (s *scope) arithmetic(op string, i, j int) any {
	overflow := false
	r := 0
	switch op {
	case "+":
		r = i + j
		overflow = (r > i) != (j > 0) && j != 0
	case "-":
		r = i - j
		overflow = (r < i) != (j > 0) && j != 0
	case "*":
		r, overflow = multiply(i, j)
	case "/":
		return s.float(op, float64(i), float64(j))
	case "//", "%":
		if j == 0 {
			s.fail("division by zero")
		}
		overflow = i == math.MinInt && j == -1
		if q, m := i/j, i%j; op == "%" {
			if r = m; m != 0 && (m < 0) != (j < 0) {
				r += j
			}
		} else if r = q; m != 0 && (m < 0) != (j < 0) {
			r--
		}
	case "**":
		if j < 0 {
			return s.float(op, float64(i), float64(j))
		}
		r = 1
		for n := 0; n < j && !overflow; n++ {
			if s.step(); i == 0 || i == 1 {
				r = i
				break
			}
			r, overflow = multiply(r, i)
		}
	}
	if overflow {
		s.fail("the integer is too large")
	}
	return r
}

func multiply(i, j int) (r int, overflow bool) {
	high, low := bits.Mul64(magnitude(i), magnitude(j))
	return i * j, high != 0 || low > math.MaxInt64
}

func magnitude(i int) uint64 {
	if i < 0 {
		return -uint64(i)
	}
	return uint64(i)
}

// float is x op y.
func (s *scope) float(op string, x, y float64) any {
	if y == 0 && (op == "/" || op == "//" || op == "%") || op == "**" && x == 0 && y < 0 {
		s.fail("division by zero")
	}
	switch op {
	case "+":
		return x + y
	case "-":
		return x - y
	case "*":
		return x * y
	case "/":
		return x / y
	case "%":
		m := math.Mod(x, y)
		if m != 0 && (m < 0) != (y < 0) {
			m += y
		}
		return m
	case "//":
		m := math.Mod(x, y)
		q := (x - m) / y
		if m != 0 && (m < 0) != (y < 0) {
			q--
		}
		return math.Floor(q + 0.5)
	}
	if x < 0 && y != math.Trunc(y) {
		s.fail("the power is a complex number")
	}
	return math.Pow(x, y)
}
