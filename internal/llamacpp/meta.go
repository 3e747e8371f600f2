package llamacpp

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Meta is what a file says of its model. Keys are those of the architecture,
// without its name. The first thing that is wrong sets the error that Err
// returns; what is read after it is of no account.
type Meta struct {
	arch     string
	values   map[string]any
	tensors  map[string][]int64
	divisors map[string][]float64
	read     map[string]bool // keys that have been asked for
	err      error
}

// Array is metadata that is an array. Values are its elements, nil where they
// are texts or many.
type Array struct {
	Length uint64
	Values []any
}

// String is what an array looks like in an error.
func (a Array) String() string { return fmt.Sprintf("an array of %d", a.Length) }

// NewMeta returns the metadata of a file. Values are uint64, int64, float32,
// float64, bool, string and Array; tensors are the dimensions of the file's, the
// fastest first; divisors are the values of those of Divisors.
func NewMeta(values map[string]any, tensors map[string][]int64, divisors map[string][]float64) *Meta {
	m := &Meta{values: values, tensors: tensors, divisors: divisors, read: map[string]bool{}}
	m.arch, _ = values["general.architecture"].(string)
	if n := m.whole("split.count", -1); n > 1 {
		m.Fail("is one of %d parts of a model: merge them with llama-gguf-split first", n)
	}
	return m
}

// Arch returns the architecture's name.
func (m *Meta) Arch() string { return m.arch }

// Err returns the first thing that was wrong.
func (m *Meta) Err() error { return m.err }

// Fail sets the error, unless there is one.
func (m *Meta) Fail(format string, args ...any) {
	if m.err == nil {
		m.err = fmt.Errorf(format, args...)
	}
}

// key is a key in full, which counts as read from then on.
func (m *Meta) key(name string) string {
	key := m.arch + "." + name
	m.read[key] = true
	return key
}

// Has says whether there is such metadata.
func (m *Meta) Has(name string) bool {
	_, ok := m.values[m.key(name)]
	return ok
}

// HasTensor says whether the file has a tensor.
func (m *Meta) HasTensor(name string) bool { return m.tensors[name] != nil }

// InBlocks says whether some block of the first few thousand has a tensor, such
// as "attn_q.bias".
func (m *Meta) InBlocks(part string) bool {
	for name := range m.tensors {
		if rest, ok := strings.CutPrefix(name, "blk."); ok {
			if _, p, _ := strings.Cut(rest, "."); p == part {
				return true
			}
		}
	}
	return false
}

// Is says whether metadata is the number x, true being 1 and false 0.
func (m *Meta) Is(name string, x float64) bool {
	v, ok := Number(m.values[m.key(name)])
	return ok && v == x
}

// Int returns a number from 1 to the largest int32; preset, if it is not 0, where
// there is none. A preset below 0 lets 0 be, too.
func (m *Meta) Int(name string, preset int64) int64 { return m.whole(m.key(name), preset) }

func (m *Meta) whole(key string, preset int64) int64 {
	v, ok := m.values[key]
	if !ok && preset != 0 {
		return preset
	}
	if v == nil {
		m.Fail("lacks the metadata %q", key)
		return 0
	}
	return m.integer(key, v, preset < 0)
}

// integer is metadata, or an element of it, as a number.
func (m *Meta) integer(key string, v any, zero bool) (n int64) {
	switch x := v.(type) {
	case uint64:
		n = int64(min(x, math.MaxInt64))
	case int64:
		n = x
	default:
		m.Fail("has metadata %q that is no integer", key)
		return 0
	}
	if n < 0 || n == 0 && !zero || n > math.MaxInt32 {
		m.Fail("has the impossible metadata %q = %d", key, n)
		return 0
	}
	return n
}

// Ints returns the numbers, from 0 on, that n blocks have: one for all, or one
// for each.
func (m *Meta) Ints(name string, n int64, preset int64) []int64 {
	key := m.key(name)
	a, ok := m.values[key].(Array)
	if m.err != nil || n > 1<<16 {
		m.Fail("has too many blocks")
		return nil
	}
	all := make([]int64, n)
	if !ok {
		one := m.whole(key, preset)
		for i := range all {
			all[i] = one
		}
		return all
	}
	if a.Length != uint64(n) || len(a.Values) != len(all) {
		m.Fail("has metadata %q of %d numbers for %d blocks", key, a.Length, n)
		return all
	}
	for i, v := range a.Values {
		if b, ok := v.(bool); ok {
			v = uint64(0)
			if b {
				v = uint64(1)
			}
		}
		all[i] = m.integer(key, v, true)
	}
	return all
}

// IsArray says whether metadata is an array.
func (m *Meta) IsArray(name string) bool {
	_, ok := m.values[m.key(name)].(Array)
	return ok
}

// Number returns the shortest text of a number above 0 within float32, or of
// preset where there is none.
func (m *Meta) Number(name string, preset float64) json.Number {
	key := m.key(name)
	return m.decimal(key, m.positive(key, preset))
}

// Float is Number as a float64.
func (m *Meta) Float(name string, preset float64) float64 { return m.positive(m.key(name), preset) }

func (m *Meta) positive(key string, preset float64) float64 {
	v, ok := m.values[key]
	if !ok {
		return preset
	}
	x, ok := Number(v)
	if _, flag := v.(bool); !ok || flag {
		m.Fail("has metadata %q that is no number", key)
	} else if !(x >= math.SmallestNonzeroFloat32 && x <= math.MaxFloat32) {
		m.Fail("has the impossible metadata %q = %v", key, x)
	}
	if m.err != nil {
		return preset
	}
	return x
}

// decimal is the shortest text of a number that was read under a key, with a
// point or an exponent, so that Python takes it for a float.
func (m *Meta) decimal(key string, x float64) json.Number {
	if _, double := m.values[key].(float64); double {
		return decimal(x, 64)
	}
	return decimal(x, 32)
}

// decimal is the shortest text that gives a float of this many bits.
func decimal(x float64, bits int) json.Number {
	s := strconv.FormatFloat(x, 'g', -1, bits)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return json.Number(s)
}

// Scale returns the text of a number other than 0, which llama.cpp takes for
// none; empty where there is none.
func (m *Meta) Scale(name string) json.Number {
	if !m.Has(name) || m.Is(name, 0) {
		return ""
	}
	return m.Number(name, 1)
}

// HeadDim returns how wide a head is.
func (m *Meta) HeadDim() int64 {
	dim := m.Int("embedding_length", 0) / max(m.Int("attention.head_count", 0), 1)
	if n := m.Int("attention.key_length", -1); n > 0 {
		return n
	}
	return dim
}

// RootOf is the text of 1/√n.
func RootOf(n int64) json.Number { return decimal(1/math.Sqrt(float64(max(n, 1))), 64) }

// Share is the text of the share of part in whole from which decoder takes part
// again.
func Share(part, whole int64) json.Number {
	share := float64(part) / float64(max(whole, 1))
	if int64(share*float64(whole)) < part {
		share = math.Nextafter(share, 2)
	}
	return decimal(share, 64)
}

// token returns a token's id; nil where there is none.
func (m *Meta) token(name string) *int64 {
	if v := m.whole("tokenizer.ggml."+name+"_token_id", -1); v >= 0 {
		return &v
	}
	return nil
}

// Number returns metadata as a number.
func Number(v any) (float64, bool) {
	switch v := v.(type) {
	case uint64:
		return float64(v), true
	case int64:
		return float64(v), true
	case float32:
		return float64(v), true
	case float64:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

// harmless is metadata that changes nothing, whatever it is: what llama.cpp and
// transformers pass over, too.
var harmless = []string{"vocab_size", "pooling_type", "attention.layer_norm_epsilon", "attention.layer_norm_rms_epsilon", "rope.scaling.finetuned"}

// neutral is metadata that changes nothing at the values given, true being 1 and
// false 0: llama.cpp takes a scale of 0 for none.
var neutral = map[string][]float64{
	"logit_scale": {0, 1}, "residual_scale": {0, 1}, "embedding_scale": {0, 1},
	"attn_logit_softcapping": {0}, "final_logit_softcapping": {0},
	"attention.clamp_kqv": {0}, "attention.max_alibi_bias": {0}, "attention.causal": {1}, "attention.temperature_scale": {0},
	"attention.sliding_window": {0},
	"use_parallel_residual":    {0}, "swin_norm": {0}, "leading_dense_block_count": {0}, "nextn_predict_layers": {0},
	"expert_count": {0}, "expert_used_count": {0}, "expert_shared_count": {0}, "expert_weights_scale": {0, 1}, "interleave_moe_layer_step": {0},
	"expert_group_count": {0}, "expert_group_used_count": {0},
	"rope.scaling.yarn_attn_factor": {1}, "rope.scaling.yarn_log_multiplier": {0},
}

// Understood fails on metadata of the architecture that would change the model
// and that nobody has asked for. Heads are headDim wide, and sequences at most
// positions long.
func (m *Meta) Understood(headDim, positions int64) {
	dim := float64(headDim)
	for _, key := range slices.Sorted(maps.Keys(m.values)) {
		name, ok := strings.CutPrefix(key, m.arch+".")
		if !ok || m.read[key] || slices.Contains(harmless, name) {
			continue
		}
		v := m.values[key]
		x, number := Number(v)
		values := neutral[name]
		switch name {
		case "attention.scale":
			values = []float64{0, float64(float32(1 / math.Sqrt(dim)))}
		case "attention.value_length", "rope.dimension_count":
			values = []float64{dim}
		case "attention.sliding_window": // nobody reads it of this architecture
			if x >= float64(positions) {
				continue
			}
		case "tensor_data_layout":
			if v == "Meta AI original pth" { // the order of rows that is presumed
				continue
			}
		}
		if !number || !slices.Contains(values, x) {
			m.Fail("has the metadata %q = %v, which is not supported", key, v)
		}
	}
}

// Put sets metadata of an architecture, whose name is not part of the key: an
// int, a float32, a bool, a string, or a list of one of these.
type Put func(key string, value any)
