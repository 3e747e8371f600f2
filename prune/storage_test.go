package prune

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"sparsellm/linalg"
)

// copies is a storage outside of the alternation, which fails at the call
// after the given number.
type copies struct {
	all   linalg.Matrix[float64]
	calls *int
	fails int
}

var errStorage = errors.New("storage is gone")

func (c copies) call() error {
	if *c.calls++; *c.calls > c.fails {
		return errStorage
	}
	return nil
}

func (c copies) Load(token int, dst linalg.Matrix[float64]) error {
	linalg.Copy(dst, c.all.Slice(token, token+dst.Rows, 0, dst.Cols))
	return c.call()
}

func (c copies) Save(token int, src linalg.Matrix[float64]) error {
	linalg.Copy(c.all.Slice(token, token+src.Rows, 0, src.Cols), src)
	return c.call()
}

// TestStorage expects the same bits from auxiliary variables that are kept
// elsewhere, over several chunks, and an error of a storage wherever it comes.
func TestStorage(t *testing.T) {
	for _, gated := range []bool{false, true} {
		rng := rand.New(rand.NewPCG(41, 42))
		n, _ := network(rng, gated)
		x := randomMatrix(rng, 2*chunkTokens+100, n.Up.Cols)
		calls := 0
		of := func(fails int) (*FFN[float64], error) {
			calls = 0
			p := problem(n, x, spec(0.6, Pattern{}))
			if fails >= 0 {
				p.Storage = func(tokens, features int) (Storage[float64], error) {
					return copies{linalg.NewMatrix[float64](tokens, features), &calls, fails}, nil
				}
			}
			_, err := SparseLLM(context.Background(), nil, p)
			return p.Net, err
		}
		want, err := of(-1)
		if err != nil {
			t.Fatal(err)
		}
		got, err := of(1 << 20)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Up.Data, want.Up.Data) || !slices.Equal(got.Down.Data, want.Down.Data) {
			t.Errorf("gated %v: weights differ", gated)
		}
		if calls < 9 {
			t.Errorf("gated %v: the storage was called %d times", gated, calls)
		}
		for _, fails := range []int{0, 1, 3, calls - 1} {
			if _, err := of(fails); !errors.Is(err, errStorage) {
				t.Errorf("gated %v: a storage that fails after %d calls gives the error %v", gated, fails, err)
			}
		}
	}
}

// TestAnew expects the same bits from auxiliary variables that are computed
// anew, and no effect where they cannot be.
func TestAnew(t *testing.T) {
	for _, gated := range []bool{false, true} {
		rng := rand.New(rand.NewPCG(43, 44))
		n, _ := network(rng, gated)
		x := randomMatrix(rng, 2*chunkTokens+100, n.Up.Cols)
		for _, epochs := range []int{1, 2, 3, 4} {
			of := func(anew bool) *FFN[float64] {
				p := problem(n, x, spec(0.6, Pattern{}))
				p.Epochs, p.Anew, p.Held = epochs, anew, 150
				kept := 0
				p.Storage = func(tokens, features int) (Storage[float64], error) {
					kept++
					return nil, nil
				}
				if _, err := SparseLLM(context.Background(), nil, p); err != nil {
					t.Fatal(err)
				}
				if want := anew && epochs <= AnewEpochs; want != (kept == 0) {
					t.Errorf("gated %v, %d epochs, anew %v: %d are kept", gated, epochs, anew, kept)
				}
				return p.Net
			}
			got, want := of(true), of(false)
			if !slices.Equal(got.Up.Data, want.Up.Data) || !slices.Equal(got.Down.Data, want.Down.Data) {
				t.Errorf("gated %v, %d epochs: weights differ", gated, epochs)
			}
		}
	}
}
