// Package micro gives the course and its figures something to prune: a
// feed-forward network out of one of the two small models in testdata, with
// the input that it has on the model's calibration samples.
//
// It fails by panicking, since the files it reads belong to the repository.
package micro

import (
	"encoding/json"
	"os"
	"path/filepath"

	"sparsellm/arch"
	"sparsellm/checkpoint"
	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/prune"
)

// Load runs the dense model in folder dir on its calibration samples as far as
// the feed-forward network of a block, and returns that network and its input,
// tokens × hidden. The samples follow one another in x's rows.
func Load(dir string, block int) (net *prune.FFN[float64], x linalg.Matrix[float64], samples int) {
	ck, err := checkpoint.Open(dir)
	check(err)
	defer ck.Close()
	m, err := arch.Open[float64](ck.Config(), ck)
	check(err)
	text, err := os.ReadFile(filepath.Join(dir, "calib.rows.json"))
	check(err)
	var rows [][]int
	check(json.Unmarshal(text, &rows))

	d := m.Config().Hidden
	hidden := make([]linalg.Matrix[float64], len(rows)) // of each sample, tokens × hidden
	for k, row := range rows {
		hidden[k] = linalg.NewMatrix[float64](len(row), d)
		check(m.Embed(row, 0, hidden[k]))
	}
	var pass model.Pass[float64]
	for i := range block {
		b, err := m.Block(i)
		check(err)
		for _, h := range hidden {
			pass.Block(nil, b, h, model.Sequences[float64]{Lengths: []int{h.Rows}}, nil)
		}
	}
	b, err := m.Block(block)
	check(err)
	x = linalg.NewMatrix[float64](0, d)
	network := b.Sublayers[1]
	for _, h := range hidden {
		pass.Sublayers(nil, b, 0, 1, h, model.Sequences[float64]{Lengths: []int{h.Rows}}, nil)
		in := linalg.NewMatrix[float64](h.Rows, d)
		network.Read(nil, in, h)
		x.Data = append(x.Data, in.Data...)
		x.Rows += in.Rows
	}

	n := network.Networks()[0]
	net = &prune.FFN[float64]{
		Activation: string(n.Activation),
		Up:         n.Up.Matrix(), UpBias: n.Up.Bias,
		Down: n.Down.Matrix(), DownBias: n.Down.Bias,
	}
	if n.Gate != nil {
		net.Gate, net.GateBias = n.Gate.Matrix(), n.Gate.Bias
	}
	return net, x, len(rows)
}

// Clone returns a copy of net that can be pruned without changing net.
func Clone(net *prune.FFN[float64]) *prune.FFN[float64] {
	c := *net
	c.Up, c.Down = net.Up.Clone(), net.Down.Clone()
	if net.Gate.Rows > 0 {
		c.Gate = net.Gate.Clone()
	}
	return &c
}

// Objective returns ‖Y − f(X)‖²/‖Y‖², where f is the pruned network and Y the
// output of the dense one, both without the output bias: what
// prune.Outcome.Objective holds.
func Objective(dense, pruned *prune.FFN[float64], x linalg.Matrix[float64]) float64 {
	y, f := output(dense, x), output(pruned, x)
	var diff, norm float64
	for i, v := range y.Data {
		diff += (v - f.Data[i]) * (v - f.Data[i])
		norm += v * v
	}
	return diff / norm
}

// output returns the network's output without its bias, tokens × hidden.
func output(net *prune.FFN[float64], x linalg.Matrix[float64]) linalg.Matrix[float64] {
	p := affine(x, net.Up, net.UpBias)
	if net.Gate.Rows > 0 {
		s := affine(x, net.Gate, net.GateBias)
		linalg.SwiGLU(p.Data, s.Data, p.Data)
	} else {
		for i, z := range p.Data {
			p.Data[i] = max(z, 0)
		}
	}
	return affine(p, net.Down, nil)
}

// affine returns x·wᵀ + bias: tokens × in, out × in, tokens × out.
func affine(x, w linalg.Matrix[float64], bias []float64) linalg.Matrix[float64] {
	y := linalg.NewMatrix[float64](x.Rows, w.Rows)
	linalg.Gemm(nil, linalg.NoTrans, linalg.Trans, 1, x, w, 0, y)
	for t := range y.Rows {
		row := y.Row(t)
		for j, b := range bias {
			row[j] += b
		}
	}
	return y
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
