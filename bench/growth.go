package main

import (
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"text/tabwriter"

	"sparsellm/asm"
)

// growth measures how time and memory grow with tokens and with the hidden
// size, on models of random weights, beside what plan predicts.
//
//	go run . growth -method sparsellm
func growth(args []string) error {
	f := flag.NewFlagSet("growth", flag.ExitOnError)
	method := f.String("method", "sparsegpt", "method")
	arch := f.String("arch", "llama", "llama or opt")
	hidden := f.Int("hidden", 576, "hidden size to begin with; heads are 64 wide")
	intermediate := f.Int("intermediate", 1536, "intermediate size to begin with")
	samples := f.Int("nsamples", 4, "calibration samples to begin with")
	length := f.Int("seqlen", 512, "tokens of each")
	blocks := f.Int("blocks", 2, "blocks of the model")
	threads := f.Int("threads", 1, "threads")
	tokens := f.Int("doublings", 2, "how often to double the tokens")
	widths := f.Int("widenings", 1, "how often to double the widths")
	memory := f.String("memory", "", "the --memory of prune and plan")
	f.Parse(args)
	var more []string
	if *memory != "" {
		more = []string{"--memory", *memory}
	}
	dir, command, err := build()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Printf("%s, %s, %d blocks, samples of %d tokens, threads: %d, FMA ceiling %.0f GFLOP/s\n",
		*method, *arch, *blocks, *length, *threads, ceiling(*threads))
	fmt.Fprintln(w, "hidden\ttokens\tplan s\ts\tratio\tplan MB\tMB\tratio\tGFLOP/s\tper CPU s")
	measure := func(scale, samples int) error {
		d, n := *hidden*scale, *intermediate*scale
		model := filepath.Join(dir, fmt.Sprint(*arch, d))
		rows, err := randomModel(model, *arch, d, n, *blocks, samples, *length)
		if err != nil {
			return err
		}
		defer os.RemoveAll(model)
		p, err := planned(command, dir, model, *method, samples, *length, *threads, more...)
		if err != nil {
			return err
		}
		r, err := runOurs(command, dir, model, rows, *method, 0, *threads, more...)
		if err != nil {
			return err
		}
		var seconds, peak float64
		for _, x := range r.Phases {
			if x.Name != "write" { // whose pages are the system's cache
				seconds, peak = seconds+x.Seconds, max(peak, float64(x.Peak))
			}
		}
		fmt.Fprintf(w, "%d\t%d\t%.2f\t%.2f\t%.2f\t%.0f\t%.0f\t%.2f\t%.0f\t%.0f\n", d, samples**length,
			p.Seconds, seconds, p.Seconds/seconds, p.Bytes/1e6, peak/1e6, p.Bytes/peak, p.Flops/seconds/1e9, p.Flops/r.CPU.Seconds()/1e9)
		return w.Flush()
	}
	for i := range *tokens + 1 {
		if err := measure(1, *samples<<i); err != nil {
			return err
		}
	}
	for i := range *widths {
		if err := measure(2<<i, *samples); err != nil {
			return err
		}
	}
	return nil
}

type prediction struct{ Seconds, Bytes, Flops float64 }

func planned(command, dir, model, method string, samples, length, threads int, more ...string) (p prediction, err error) {
	path := filepath.Join(dir, "plan.json")
	cmd := limited(threads, command, append([]string{"plan", "--model", model, "--method", method, "--nsamples", strconv.Itoa(samples),
		"--seqlen", strconv.Itoa(length), "--threads", strconv.Itoa(threads), "--json", path}, more...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return p, fmt.Errorf("plan: %w: %s", err, out)
	}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	return p, err
}

// randomModel writes a model of normal weights in half precision and
// calibration samples, and returns the path of these.
func randomModel(dir, arch string, d, f, blocks, samples, length int) (string, error) {
	const vocab = 512
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	rng := rand.New(rand.NewPCG(1, 2))
	rows := make([][]int, samples)
	for i := range rows {
		rows[i] = make([]int, length)
		for j := range rows[i] {
			rows[i][j] = rng.IntN(vocab)
		}
	}
	path := filepath.Join(dir, "calib.rows.json")
	if err := writeJSON(path, rows); err != nil {
		return "", err
	}
	config := map[string]any{
		"model_type": arch, "hidden_size": d, "num_hidden_layers": blocks, "num_attention_heads": d / 64,
		"vocab_size": vocab, "max_position_embeddings": length, "tie_word_embeddings": true, "intermediate_size": f,
		"ffn_dim": f, "word_embed_proj_dim": d,
	}
	if err := writeJSON(filepath.Join(dir, "config.json"), config); err != nil {
		return "", err
	}
	return path, writeTensors(filepath.Join(dir, "model.safetensors"), tensors(arch, d, f, blocks, vocab, length), rng)
}

type namedShape struct {
	name  string
	shape []int
}

// tensors lists those of a model.
func tensors(arch string, d, f, blocks, vocab, positions int) []namedShape {
	if arch == "opt" {
		all := []namedShape{{"model.decoder.embed_tokens.weight", []int{vocab, d}}, {"model.decoder.embed_positions.weight", []int{positions + 2, d}},
			{"model.decoder.final_layer_norm.weight", []int{d}}, {"model.decoder.final_layer_norm.bias", []int{d}}}
		for i := range blocks {
			add := func(name string, shape ...int) {
				p := fmt.Sprintf("model.decoder.layers.%d.%s", i, name)
				all = append(all, namedShape{p + ".weight", shape}, namedShape{p + ".bias", shape[:1]})
			}
			for _, n := range []string{"q_proj", "k_proj", "v_proj", "out_proj"} {
				add("self_attn."+n, d, d)
			}
			add("fc1", f, d)
			add("fc2", d, f)
			add("self_attn_layer_norm", d)
			add("final_layer_norm", d)
		}
		return all
	}
	all := []namedShape{{"model.embed_tokens.weight", []int{vocab, d}}, {"model.norm.weight", []int{d}}}
	for i := range blocks {
		add := func(name string, shape ...int) {
			all = append(all, namedShape{fmt.Sprintf("model.layers.%d.%s.weight", i, name), shape})
		}
		for _, n := range []string{"q_proj", "k_proj", "v_proj", "o_proj"} {
			add("self_attn."+n, d, d)
		}
		add("mlp.up_proj", f, d)
		add("mlp.gate_proj", f, d)
		add("mlp.down_proj", d, f)
		add("input_layernorm", d)
		add("post_attention_layernorm", d)
	}
	return all
}

// writeTensors writes a safetensors file of normal values, a twentieth in
// matrices, about one in vectors.
func writeTensors(path string, all []namedShape, rng *rand.Rand) error {
	header := map[string]any{}
	at := 0
	for _, t := range all {
		n := 2
		for _, s := range t.shape {
			n *= s
		}
		header[t.name] = map[string]any{"dtype": "F16", "shape": t.shape, "data_offsets": []int{at, at + n}}
		at += n
	}
	text, err := json.Marshal(header)
	if err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.Write(append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...)); err != nil {
		return err
	}
	for _, t := range all {
		row := make([]float32, t.shape[len(t.shape)-1])
		half := make([]uint16, len(row))
		rows := 1
		if len(t.shape) == 2 {
			rows = t.shape[0]
		}
		for range rows {
			for i := range row {
				row[i] = float32(rng.NormFloat64()) / 20
				if len(t.shape) == 1 {
					row[i]++
				}
			}
			asm.F32ToF16(half, row)
			if err := binary.Write(file, binary.LittleEndian, half); err != nil {
				return err
			}
		}
	}
	return file.Close()
}
