package jinja

// loop is {% for target in over if test %}body{% else %}none{% endfor %}.
type loop struct {
	target
	over, test expr
	body, none []statement
}

func (l loop) run(s *scope) jump {
	items := s.iterate(l.over.eval(s))
	if l.test != nil {
		var kept []any
		for _, v := range items {
			inner := s.inner()
			inner.assign(l.target, v)
			if s.truth(l.test.eval(inner)) {
				kept = append(kept, v)
			}
		}
		items = kept
	}
	state := &loopState{items: items}
	whole := false // Jinja's else is for a loop of which no round came to its end
	for i, v := range items {
		s.step()
		inner := s.inner()
		state.at = i
		inner.values["loop"] = state
		inner.assign(l.target, v)
		j := inner.run(l.body)
		if j == "" {
			whole = true
		}
		if j == "break" {
			break
		}
	}
	if !whole {
		return s.run(l.none)
	}
	return ""
}

// loopState is what a loop's body knows as loop.
type loopState struct {
	items []any
	at    int
	last  []any // what changed was asked about, nil before
}

func (l *loopState) get(name string) (any, bool) {
	n := len(l.items)
	switch name {
	case "index":
		return l.at + 1, true
	case "index0":
		return l.at, true
	case "revindex":
		return n - l.at, true
	case "revindex0":
		return n - l.at - 1, true
	case "first":
		return l.at == 0, true
	case "last":
		return l.at == n-1, true
	case "length":
		return n, true
	case "depth": // of a loop that is not recursive
		return 1, true
	case "depth0":
		return 0, true
	case "previtem":
		if l.at == 0 {
			return undefined{"there is no previous item"}, true
		}
		return l.items[l.at-1], true
	case "nextitem":
		if l.at == n-1 {
			return undefined{"there is no next item"}, true
		}
		return l.items[l.at+1], true
	case "cycle":
		return builtin(func(s *scope, in input) any {
			if len(in.list) == 0 {
				s.fail("no items for cycling given")
			}
			return in.list[l.at%len(in.list)]
		}), true
	case "changed":
		return builtin(func(s *scope, in input) any {
			if l.last != nil && s.equal(&list{tupleKind, l.last}, &list{tupleKind, in.list}) {
				return false
			}
			l.last = append([]any{}, in.list...)
			return true
		}), true
	}
	return nil, false
}
