package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"text/tabwriter"
)

// TestBadInput gives every command what it cannot use: each case ends with the
// right exit code and one sentence on standard error that names the matter.
func TestBadInput(t *testing.T) {
	opt := micro("opt-micro")
	dir := t.TempDir()
	t.Setenv("HF_HUB_OFFLINE", "1")
	t.Setenv("HF_HOME", t.TempDir())
	at := func(name string) string { return filepath.Join(dir, name) }
	full := t.TempDir()
	write(t, filepath.Join(full, "mine.txt"), "keep me")
	damaged := func(file string, change func([]byte) []byte) string {
		m := copyModel(t, "opt-micro")
		path := filepath.Join(m, file)
		write(t, path, string(change(read(t, path))))
		return m
	}
	config := func(old, new string) string {
		return damaged("config.json", func(b []byte) []byte {
			if !strings.Contains(string(b), old) {
				t.Fatalf("config.json has no %s", old)
			}
			return []byte(strings.Replace(string(b), old, new, 1))
		})
	}
	const fc1 = "model.decoder.layers.1.fc1.weight"
	spoilt := func(tensor string, at int, v float64) string {
		return damaged("model.safetensors", func(b []byte) []byte {
			binary.LittleEndian.PutUint32(tensors(t, b)[tensor].data[4*at:], math.Float32bits(float32(v)))
			return b
		})
	}
	weight := func(v float64) string { return spoilt(fc1, 40, v) }
	header := func(old, new string) string {
		return damaged("model.safetensors", func(b []byte) []byte { return []byte(strings.Replace(string(b), old, new, 1)) })
	}
	sparseModel := filepath.Join(t.TempDir(), "sparse")
	must(t, pruneArgs(opt, sparseModel, "--method", "magnitude", "--sparsity", "0.7")...)
	index := copyModel(t, "opt-micro")
	if err := os.Rename(filepath.Join(index, "model.safetensors"), filepath.Join(dir, "elsewhere.safetensors")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(index, "model.safetensors.index.json"), `{"weight_map":{"`+fc1+`":"../elsewhere.safetensors"}}`)
	vocabulary := damaged("tokenizer.json", func(b []byte) []byte { return []byte(strings.Replace(string(b), `"BPE"`, `"Unigram"`, 1)) })
	noTokenizer := copyModel(t, "opt-micro")
	if err := os.Remove(filepath.Join(noTokenizer, "tokenizer.json")); err != nil {
		t.Fatal(err)
	}
	text := write(t, at("text.txt"), "Once upon a time there was a little model that nobody had pruned.")
	prune := func(more ...string) []string { return pruneArgs(opt, at("out"), more...) }
	on := func(model string, more ...string) []string { return pruneArgs(model, at("out"), more...) }
	eval := func(more ...string) []string { return append([]string{"eval", "--model", opt}, more...) }
	compare := func(more ...string) []string {
		return append([]string{"compare", "--model", opt, "--calib", filepath.Join(opt, "calib.rows.json"), "--nsamples", "2"}, more...)
	}
	explain := func(more ...string) []string {
		return append([]string{"explain", "--model", opt, "--calib", filepath.Join(opt, "calib.rows.json"), "--nsamples", "2", "--quiet",
			"--block", "0", "--matrix", "fc1", "--row", "3"}, more...)
	}
	test := filepath.Join(opt, "test.rows.json")
	faults := &strings.Builder{}
	table := tabwriter.NewWriter(faults, 2, 0, 2, ' ', 0)

	for _, c := range []struct {
		name string
		args []string
		code int
		want string // a part of the sentence
	}{
		{"unknown command", []string{"prunr"}, 2, `no command "prunr", did you mean prune?`},
		{"unknown flag", prune("--sparse", "0.5"), 2, "unknown flag: --sparse"},
		{"stray argument", prune("model"), 2, `unexpected argument "model"`},
		{"not a number", prune("--nsamples", "many"), 2, "--nsamples many is not a whole number"},
		{"no model", []string{"prune"}, 2, "--model is missing"},
		{"no out", []string{"prune", "--model", opt, "--calib", text}, 2, "--out is missing"},
		{"no calib", []string{"prune", "--model", opt, "--out", at("out")}, 2, "--calib is missing: give a .txt, .jsonl"},
		{"model not there", on(at("nowhere")), 1, "there is no model "},
		{"model a file", on(text), 1, "neither a folder"},
		{"model empty", on(t.TempDir()), 1, "holds no weights"},
		{"config no JSON", on(config("{", "[")), 1, "config.json"},
		{"unsupported", on(config(`"opt"`, `"mamba"`)), 1, `"mamba" is not supported`},
		{"activation", on(config(`"relu"`, `"mish"`)), 1, `activation_function is "mish"; only `},
		{"wrong shape", on(config(`"ffn_dim": 128`, `"ffn_dim": 96`)), 1, "fc1.weight"},
		{"absurd size", on(config(`"hidden_size": 32`, `"hidden_size": 99999999999`)), 1, "hidden_size"},
		{"zero heads", on(config(`"num_attention_heads": 4`, `"num_attention_heads": 0`)), 1, "num_attention_heads"},
		{"truncated", on(damaged("model.safetensors", func(b []byte) []byte { return b[:len(b)-100] })), 1, "model.safetensors"},
		{"header cut", on(damaged("model.safetensors", func(b []byte) []byte { return b[:50] })), 1, "model.safetensors"},
		{"Git LFS pointer", on(damaged("model.safetensors", func(b []byte) []byte {
			return []byte("version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("a", 64) + "\nsize 269060552\n")
		})), 1, "git lfs pull"},
		{"NaN weight", on(weight(math.NaN())), 1, fc1 + " has a NaN in row 1, column 8"},
		{"Inf weight", on(weight(math.Inf(1))), 1, fc1 + " has a +Inf in row 1, column 8"},
		{"NaN bias", on(spoilt("model.decoder.layers.1.self_attn.v_proj.bias", 3, math.NaN())), 1,
			"block 1: the input of self_attn.out_proj has a NaN at token 0 of calibration sample 0, in feature 3"},
		{"Inf norm", on(spoilt("model.decoder.layers.0.final_layer_norm.weight", 3, math.Inf(1))), 1,
			"block 0: the input of fc1 has a "},
		{"NaN embedding", on(spoilt("model.decoder.embed_positions.weight", 2*32, math.NaN())), 1,
			"the embedding has a NaN at token 0 of calibration sample 0, in feature 0"},
		{"offsets overlap", on(header(`"data_offsets":[0,`, `"data_offsets":[9,`)), 1, "model.safetensors"},
		{"negative shape", on(header(`"shape":[`, `"shape":[-`)), 1, "model.safetensors"},
		{"other dtype", on(header(`"dtype":"F32"`, `"dtype":"F16"`)), 1, "not what F16"},
		{"index leaves the folder", on(index), 1, "elsewhere.safetensors"},
		{"tokenizer of a kind", on(vocabulary, "--calib", text), 1, "Unigram"},
		{"sparser than asked for", on(sparseModel, "--keep-mask"), 1, "70.0% of the weights are zero already, more than the 50.0%"},
		{"resume and force", prune("--resume", "--force"), 2, "exclude each other"},
		{"beyond f16", on(weight(1e6), "--dtype", "f16"), 1, "beyond the range of F16"},
		{"sparsity 1", prune("--sparsity", "1"), 2, "sparsity 1 is not in [0, 1)"},
		{"sparsity negative", prune("--sparsity", "-0.5"), 2, "sparsity -0.5 is not in [0, 1)"},
		{"sparsity NaN", prune("--sparsity", "NaN"), 2, "sparsity NaN is not in [0, 1)"},
		{"sparsity a word", prune("--sparsity", "half"), 2, `sparsity "half"`},
		{"N > M", prune("--pattern", "5:4"), 2, "pattern 5:4"},
		{"N = 0", prune("--pattern", "0:4"), 2, "pattern 0:4"},
		{"no pattern", prune("--pattern", "24"), 2, "--pattern 24"},
		{"pattern and sparsity", prune("--pattern", "2:4", "--sparsity", "0.5"), 2, "exclude each other"},
		{"pattern over block", prune("--pattern", "2:3"), 2, "block size 128 is not a multiple of 3"},
		{"pattern over columns", prune("--pattern", "2:3", "--blocksize", "96"), 1, "32 columns are not a multiple of 3"},
		{"method", prune("--method", "obs"), 2, `no method "obs": it is one of magnitude`},
		{"scope", prune("--scope", "block"), 2, "--scope block"},
		{"scope of wanda", prune("--scope", "model", "--method", "wanda"), 2, "--scope model goes with --method magnitude only"},
		{"allocation", prune("--allocate", "even"), 2, "--allocate even is none of uniform, owl, alpha, error"},
		{"allocation and pattern", prune("--allocate", "owl", "--pattern", "2:4"), 2, "pattern 2:4 makes all matrices alike"},
		{"allocation and scope", prune("--allocate", "owl", "--scope", "model", "--method", "magnitude"), 2, "leave out --allocate owl"},
		{"allocation in a list", compare("--eval", test, "--methods", "wanda@even"), 2, `wanda@even: there is no allocation "even"`},
		{"allocation and pattern in lists", compare("--eval", test, "--methods", "wanda,wanda@owl"), 2, "pattern 2:4 makes all matrices alike"},
		{"allocation and scope in a list", compare("--eval", test, "--methods", "magnitude@owl", "--scope", "model"), 2, "magnitude@owl: --scope model"},
		{"scope and pattern", prune("--scope", "model", "--method", "magnitude", "--pattern", "2:4"), 2, "2:4"},
		{"nsamples", prune("--nsamples", "0"), 2, "--nsamples 0"},
		{"epochs", prune("--epochs", "-1"), 2, "--epochs -1"},
		{"local method", prune("--local", "obs"), 2, `no local method "obs": it is one of sparsegpt, admm, alps, swaps`},
		{"local method of another", prune("--method", "wanda", "--local", "admm"), 2, "for sparsellm only"},
		{"local method in a list", compare("--eval", test, "--methods", "wanda+admm"), 2, "for sparsellm only"},
		{"blocksize", prune("--blocksize", "0"), 2, "block size 0"},
		{"percdamp", prune("--percdamp", "-1"), 2, "damping -1"},
		{"wbits", prune("--wbits", "1"), 2, "1 bits"},
		{"wbits of wanda", prune("--wbits", "4", "--method", "wanda"), 2, "wanda does not quantise; with 4 bits it is one of sparsegpt, sparsellm"},
		{"wbits in a list", compare("--eval", test, "--wbits", "4", "--methods", "sparsegpt,swaps"), 2, "swaps does not quantise"},
		{"wbits and local method", prune("--wbits", "4", "--local", "admm"), 2, "admm does not quantise"},
		{"alpha", prune("--alpha", "-2"), 2, "--alpha"},
		{"gamma", prune("--gamma", "NaN"), 2, "gamma is NaN"},
		{"dtype", prune("--dtype", "f8"), 2, "--dtype f8"},
		{"precision", prune("--precision", "f16"), 2, "--precision f16"},
		{"threads", prune("--threads", "-3"), 2, "--threads -3"},
		{"only no expression", prune("--only", "fc("), 2, "--only is not a regular expression"},
		{"only nothing", prune("--only", "fc9"), 1, "no matrix of the model is selected"},
		{"layers form", prune("--layers", "1"), 2, "--layers 1 is not of the form A:B"},
		{"layers word", prune("--layers", "0:most"), 2, `"most"`},
		{"layers beyond", prune("--layers", "1:9"), 2, "model's 2 blocks"},
		{"layers empty", prune("--layers", "1:1"), 2, "--layers 1:1"},
		{"seqlen beyond", prune("--seqlen", "4096"), 2, "--seqlen 4096 is beyond the 128 positions"},
		{"seqlen", prune("--seqlen", "1"), 2, "--seqlen 1"},
		{"out not empty", pruneArgs(opt, full), 1, "is not empty; --force"},
		{"out the model", pruneArgs(opt, opt), 1, "is the model's own folder; --force"},
		{"out in the model", pruneArgs(opt, filepath.Join(opt, "out")), 1, "inside the model's folder"},
		{"out a file", pruneArgs(opt, text), 1, "text.txt is not a folder\n"},
		{"json nowhere", prune("--json", at("no/where.json")), 1, "there is no folder"},
		{"json a folder", prune("--json", full), 1, "it is a folder"},
		{"mask nowhere", prune("--mask", at("no/where.safetensors")), 1, "there is no folder"},
		{"calib beyond memory", prune("--calib", text, "--nsamples", "4000000000000", "--seqlen", "128"), 2, "more than the "},
		{"calib not there", prune("--calib", at("no.txt")), 1, "there is no file"},
		{"calib of no form", prune("--calib", write(t, at("x.dat"), "text")), 1, "is none of *.txt"},
		{"calib of no data set", prune("--calib", "wikitext"), 1, "nor a data set of that name"},
		{"calib of a foreign form", prune("--calib", write(t, at("x.parquet"), "PAR1")), 1, "it is no parquet file"},
		{"calib UTF-16", prune("--calib", write(t, at("wide.txt"), "\xff\xfea\x00")), 1, "`iconv -f UTF-16 -t UTF-8`"},
		{"calib no JSON", prune("--calib", write(t, at("a.rows.json"), "[[1, 2")), 1, "a.rows.json"},
		{"calib no rows", prune("--calib", write(t, at("b.rows.json"), "[]")), 1, "b.rows.json"},
		{"calib no ids", prune("--calib", write(t, at("c.rows.json"), `[["a","b"]]`)), 1, "is not a token id"},
		{"token out of range", prune("--calib", write(t, at("d.rows.json"), "[[5,6,512,7]]")), 1, "512"},
		{"token negative", prune("--calib", write(t, at("e.rows.json"), "[[5,-6]]")), 1, "-6"},
		{"row too long", append(prune("--calib", write(t, at("f.rows.json"), "["+row(129)+"]")), "--seqlen", "0"), 1, "129"},
		{"no tokenizer", on(noTokenizer, "--calib", text), 1, "vocab.json with merges.txt; --tokenizer takes"},
		{"text too short", prune("--calib", text, "--seqlen", "128"), 1, "too few"},
		{"text empty", prune("--calib", write(t, at("empty.txt"), " \n")), 1, "holds no text"},
		{"text not UTF-8", prune("--calib", write(t, at("latin.txt"), "caf\xe9")), 1, "UTF-8"},
		{"jsonl without text", prune("--calib", write(t, at("x.jsonl"), `{"txt":"a"}`)), 1, `"text" is missing`},
		{"gzip", prune("--calib", write(t, at("x.json.gz"), "no gzip")), 1, "x.json.gz is no gzip file"},
		{"data set without folder", prune("--calib", "wikitext2"), 1, "no --data-dir to find the data set wikitext2 in"},
		{"data set not there", prune("--calib", "c4", "--data-dir", dir), 1, "c4-train"},
		{"eval not there", prune("--eval", at("no.txt")), 1, "no.txt"},
		{"eval without data", eval(), 2, "--data is missing"},
		{"eval windows", eval("--data", test, "--windows", "-1"), 2, "windows"},
		{"eval one token", eval("--data", write(t, at("g.rows.json"), "[[5]]")), 1, "row 1 has 1 tokens"},
		{"compare without eval", compare(), 2, "--eval is missing"},
		{"compare method", compare("--eval", test, "--methods", "wanda,best"), 2, `no method "best"`},
		{"compare twice", compare("--eval", test, "--methods", "wanda,wanda"), 2, "twice"},
		{"compare sparsity", compare("--eval", test, "--sparsities", "0.5,1.5"), 2, "sparsity 1.5"},
		{"compare nothing", compare("--eval", test, "--sparsities", ""), 2, "must not be empty"},
		{"inspect nothing", []string{"inspect"}, 2, "folder is missing"},
		{"inspect two", []string{"inspect", "a", "b"}, 2, `unexpected argument "b"`},
		{"inspect not there", []string{"inspect", at("nowhere")}, 1, "nowhere"},
		{"explain no block", []string{"explain", "--model", opt, "--calib", text, "--matrix", "fc1", "--row", "0"}, 2, "--block is missing"},
		{"explain no matrix", []string{"explain", "--model", opt, "--calib", text, "--block", "0", "--row", "0"}, 2, "--matrix is missing"},
		{"explain no row", []string{"explain", "--model", opt, "--calib", text, "--block", "0", "--matrix", "fc1"}, 2, "--row is missing"},
		{"explain no calib", []string{"explain", "--model", opt, "--block", "0", "--matrix", "fc1", "--row", "0"}, 2, "--calib is missing"},
		{"explain nsamples", explain("--nsamples", "0"), 2, "--nsamples 0"},
		{"explain block", explain("--block", "2"), 2, "--block 2 is not one of the model's 2, from 0 on"},
		{"explain block negative", explain("--block", "-1"), 2, "--block -1"},
		{"explain matrix", explain("--matrix", "fc3"), 2, "--matrix fc3: block 0 has self_attn.k_proj, "},
		{"explain row", explain("--row", "128"), 2, "row 128 is not one of the matrix's 128, from 0 on"},
		{"explain row negative", explain("--row", "-1"), 2, "row -1"},
		{"explain row a word", explain("--row", "last"), 2, "--row last is not a whole number"},
		{"explain columns form", explain("--columns", "3"), 2, "--columns 3 is not of the form A:B"},
		{"explain columns word", explain("--columns", "0:all"), 2, `--columns 0:all: "all" is not a column's number`},
		{"explain columns empty", explain("--columns", "4:4"), 2, "columns 4:4 are not a range of the matrix's 32"},
		{"explain columns to zero", explain("--columns", "0:0"), 2, "columns 0:0 are not a range"},
		{"explain columns negative", explain("--columns", "-1:4"), 2, "--columns -1:4"},
		{"explain columns beyond", explain("--columns", "30:33"), 2, "columns 30:33 are not a range of the matrix's 32"},
		{"explain columns start beyond", explain("--columns", "40:"), 2, "columns 40:41 are not a range of the matrix's 32"},
		{"explain two blocks", explain("--columns", "12:20", "--blocksize", "16"), 2, "of two blocks of the sweep, the first of which ends at 16"},
		{"explain sparsity", explain("--sparsity", "1"), 2, "sparsity 1 is not in [0, 1)"},
		{"explain pattern", explain("--pattern", "24"), 2, "--pattern 24"},
		{"explain both", explain("--pattern", "2:4", "--sparsity", "0.5"), 2, "exclude each other"},
		{"explain pattern over columns", explain("--pattern", "2:3", "--blocksize", "96"), 2, "32 columns are not a multiple of 3"},
		{"explain blocksize", explain("--blocksize", "0"), 2, "block size 0"},
		{"explain percdamp", explain("--percdamp", "-1"), 2, "damping -1"},
		{"explain NaN weight", append(explain(), "--model", weight(math.NaN()), "--block", "1"), 1, fc1 + " has a NaN in row 1, column 8"},
		{"explain NaN before", append(explain(), "--model", weight(math.NaN()), "--block", "1", "--matrix", "fc2"), 1, "block 1: the input of fc2 has a NaN"},
		{"explain model not there", explain("--model", at("nowhere")), 1, "there is no model "},
		{"explain calib not there", explain("--calib", at("no.txt")), 1, "there is no file"},
		{"explain json nowhere", explain("--json", at("no/where.json")), 1, "there is no folder"},
		{"tokenize without", []string{"tokenize", "--jsonl"}, 2, "--tokenizer is missing"},
		{"tokenize not there", []string{"tokenize", "--tokenizer", at("nowhere")}, 1, "nowhere"},
		{"tokenize no string", []string{"tokenize", "--tokenizer", opt, "--jsonl"}, 1, "line 1: it is not a JSON string"},
		{"hub offline", on("nobody/nothing"), 1, "there is no folder nobody/nothing, and the Hugging Face hub does not give it: the network is off"},
		{"demo with argument", []string{"demo", "now"}, 2, `unexpected argument "now"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := sparseOn("{}\n", c.args...)
			if o.code != c.code {
				t.Errorf("exit code %d, want %d", o.code, c.code)
			}
			checkSentence(t, o.err)
			if !strings.Contains(o.err, c.want) {
				t.Errorf("the sentence lacks %q: %s", c.want, o.err)
			}
			if o.out != "" {
				t.Errorf("standard output has %q", o.out)
			}
			fmt.Fprintf(table, "%s\t%d\t%s\n", c.name, o.code, folders.ReplaceAllString(strings.TrimSpace(o.err), "…"))
			if _, err := os.Stat(at("out")); err == nil {
				t.Error("an output folder is left behind")
				os.RemoveAll(at("out"))
			}
		})
	}
	table.Flush()
	t.Logf("what is wrong, the exit code, and what the user reads\n%s", faults)
	if got := string(read(t, filepath.Join(full, "mine.txt"))); got != "keep me" {
		t.Errorf("a user's file became %q", got)
	}
}

// folders are the paths of temporary ones.
var folders = regexp.MustCompile(regexp.QuoteMeta(os.TempDir()) + `/\w+/\d+`)

// trace is what a sentence for users never has.
var trace = regexp.MustCompile(`panic|goroutine|\.go:\d|0x[0-9a-f]{6}|strconv\.|(arch|calib|chat|checkpoint|decoder|linalg|llama|model|opt|hub|perplexity|pipeline|plan|prune|pyjson|report|scratchfile|tokenizer): `)

func checkSentence(t *testing.T, stderr string) {
	t.Helper()
	line, rest, _ := strings.Cut(stderr, "\n")
	if !strings.HasPrefix(line, "sparsellm: ") || rest != "" {
		t.Errorf("not one sentence: %q", stderr)
	}
	if m := trace.FindString(strings.TrimPrefix(line, "sparsellm: ")); m != "" {
		t.Errorf("the sentence has %q, which says nothing to a user: %s", m, line)
	}
}

func row(n int) string {
	return "[" + strings.TrimSuffix(strings.Repeat("5,", n), ",") + "]"
}
