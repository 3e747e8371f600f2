package pipeline

import (
	"context"
	"errors"
	"regexp"
	"testing"

	"sparsellm/linalg"
	"sparsellm/prune"
)

// What a run takes of its pool's memory it gives back, too, where matrices are
// left out and a network is not pruned as a whole (trial.prune looks).
func TestGivesBackWhatIsLeftOut(t *testing.T) {
	for name, skips := range map[string][]string{
		"opt-micro":   {"fc1", "fc2", "_proj", "out_proj"},
		"llama-micro": {"up_proj", "down_proj", "self_attn", "mlp"},
	} {
		for _, skip := range skips {
			for _, compat := range []bool{false, true} {
				opt := options("sparsellm", 0.5, prune.Pattern{})
				opt.Skip, opt.Compat = regexp.MustCompile(skip), compat
				if _, err := newTrial(t, name).prune(opt); err != nil {
					t.Errorf("%s without %s: %v", name, skip, err)
				}
			}
		}
	}
}

// after is a context that is cancelled when it has been asked so many times.
type after struct {
	context.Context
	left int
}

func (c *after) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// failingStorage keeps an auxiliary variable until it fails, after so many
// calls.
type failingStorage struct {
	left *int
	all  linalg.Matrix[float32]
}

var errTest = errors.New("the test's error")

func (s failingStorage) do(dst, src linalg.Matrix[float32]) error {
	if *s.left--; *s.left < 0 {
		return errTest
	}
	linalg.Copy(dst, src)
	return nil
}

func (s failingStorage) Load(token int, dst linalg.Matrix[float32]) error {
	return s.do(dst, s.all.Slice(token, token+dst.Rows, 0, dst.Cols))
}

func (s failingStorage) Save(token int, src linalg.Matrix[float32]) error {
	return s.do(s.all.Slice(token, token+src.Rows, 0, src.Cols), src)
}

// TestGivesBackAfterFailures fails runs of every method in every way, at each
// third occasion until there is none left: each must give back what it has taken
// (trial.run looks). Inputs that are not finite are TestNotFinite's.
func TestGivesBackAfterFailures(t *testing.T) {
	pool := linalg.NewPool(2)
	// try reports whether a run fails on occasion n, with the error wanted.
	try := func(n int, opt Options[float32], fail func(n int, opt *Options[float32]) context.Context) (failed bool) {
		c := newTrial(t, "llama-micro")
		c.rows = [][]int{c.rows[0][:9], c.rows[1][:5]}
		opt.Sink = nowhere[float32]()
		ctx := fail(n, &opt)
		defer func() {
			if r := recover(); r != nil {
				if failed = true; r != errTest {
					panic(r)
				}
			}
		}()
		_, err := c.run(ctx, pool, opt)
		if err != nil && !errors.Is(err, errTest) && !errors.Is(err, context.Canceled) {
			t.Errorf("%s, occasion %d: %v", wayOf(opt), n, err)
		}
		return err != nil
	}
	at := func(n int) func() bool { return func() bool { n--; return n == 0 } }
	for name, fail := range map[string]func(n int, opt *Options[float32]) context.Context{
		"cancelled": func(n int, opt *Options[float32]) context.Context { return &after{context.Background(), n} },
		"store": func(n int, opt *Options[float32]) context.Context {
			now := at(n)
			opt.Sink = storing[float32](func(string, linalg.Matrix[float32]) error {
				if now() {
					return errTest
				}
				return nil
			})
			return context.Background()
		},
		"save": func(n int, opt *Options[float32]) context.Context {
			now := at(n)
			opt.Save = func(State[float32]) error {
				if now() {
					return errTest
				}
				return nil
			}
			return context.Background()
		},
		"storage": func(n int, opt *Options[float32]) context.Context {
			opt.Storage = func(tokens, features int) (prune.Storage[float32], error) {
				if n--; n < 0 {
					return nil, errTest
				}
				return failingStorage{&n, linalg.NewMatrix[float32](tokens, features)}, nil
			}
			return context.Background()
		},
		"panic": func(n int, opt *Options[float32]) context.Context {
			now := at(n)
			opt.Observe = func(int, prune.Step[float32]) {
				if now() {
					panic(errTest)
				}
			}
			progress := at(n)
			opt.Progress = func(Event) {
				if progress() {
					panic(errTest)
				}
			}
			return context.Background()
		},
	} {
		failures := 0
		for k, opt := range everyWay(0.5, prune.Pattern{}) {
			for n := 1 + k%3; try(n, opt, fail); n += 3 {
				failures++
			}
		}
		if failures < 4 {
			t.Errorf("%s: only %d runs failed", name, failures)
		}
	}
}

// A Hessian that the released code cannot factor fails it.
func TestGivesBackWhatCannotBeFactored(t *testing.T) {
	c := newTrial(t, "opt-micro")
	c.rows = [][]int{c.rows[0][:2]}
	opt := options("sparsellm", 0.5, prune.Pattern{})
	opt.Compat, opt.Spec.Damping = true, 0
	if _, err := c.prune(opt); !errors.Is(err, linalg.ErrNotPositiveDefinite) {
		t.Error(err)
	}
}

// TestExplainGivesBack: whether it succeeds or is cancelled on the way.
func TestExplainGivesBack(t *testing.T) {
	pool := linalg.NewPool(2)
	for n, err := 0, error(context.Canceled); err != nil; n++ {
		c := newTrial(t, "llama-micro")
		m, openErr := c.model()
		if openErr != nil {
			t.Fatal(openErr)
		}
		opt := options("sparsegpt", 0.5, prune.Pattern{})
		opt.First = 1
		_, err = Explain(&after{context.Background(), n}, pool, m, c.rows, opt, "mlp.down_proj", 3, 5, 9)
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if b := pool.InUse(); b != 0 {
			t.Errorf("%d bytes are not given back after %v", b, err)
		}
	}
}
