package job

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"sparsellm/checkpoint"
	"sparsellm/pipeline"
	"sparsellm/plan"
	"sparsellm/prune"
)

// Settings are all that decides a result, and where it goes. Zeros mean what is
// usual, but for those that Default sets. In a result they are completed with
// what was taken where nothing was said.
type Settings struct {
	Version string `json:"version"` // of the program; set by the job
	CPU     string `json:"cpu"`     // tier of instructions; set by the job

	Threads   int    `json:"threads"`   // 0: one per CPU
	Precision string `json:"precision"` // to compute in: f32 or f64
	// Model is a folder, a GGUF file, or the name of a model of the hub.
	Model     string `json:"model"`
	Arch      string `json:"arch"`                // set by the job
	Tokenizer string `json:"tokenizer,omitempty"` // folder of it, if not the model's
	DataDir   string `json:"data_dir,omitempty"`  // folder of data sets, if not the hub's
	SeqLen    int    `json:"seqlen"`              // tokens in a window; 0: what each file calls for
	// Eval are files to measure perplexity on, of each at most so many Windows;
	// 0: all.
	Eval    []string `json:"-"`
	Windows int      `json:"windows,omitempty"`
	// Field names those fields of a row of data, with commas between, that make
	// its text; empty: those that are known. In a result, that were.
	Field    string `json:"field,omitempty"`
	Template string `json:"chat_template,omitempty"` // SHA-256 of it, if chats were written; set by the job
	// BOS is yes or no for each window of text to begin with the tokenizer's BOS
	// token, which is one of its tokens, and for texts of tasks to have the special
	// tokens that the tokenizer puts around a text. Empty or auto: windows do of
	// models that need it, which is yes in a result; texts of tasks do.
	BOS string `json:"bos,omitempty"`

	TaskSettings
	// Against is a model that predictions and answers are compared with, and
	// AgainstStates a file to keep its hidden states in, or to take them from.
	Against       string `json:"against,omitempty"`
	AgainstStates string `json:"-"`

	pipeline.Settings        // how to prune; the job sets Global, First and End
	Scope             string `json:"scope"`          // of the threshold of magnitude: matrix or model
	Calib             string `json:"calib"`          // file or data set to calibrate with
	Samples           int    `json:"nsamples"`       // to draw; in a result, that were drawn
	Pack              bool   `json:"pack,omitempty"` // short documents into windows
	SampleLen         int    `json:"calib_seqlen"`   // tokens of the first; set by the job
	Seed              int64  `json:"seed"`
	Layers            string `json:"layers"` // blocks A:B, A ≤ block < B; half is half of them
	DType             string `json:"dtype"`  // to store weights in: f32, f16, bf16, or keep
	// Values is how kept weights are stored if the output is to be packed: f16, q8
	// or q4, which they are moved to while pruning; empty: it is not packed. Head is
	// the same for embeddings and head, and nothing without Values.
	Values string `json:"values,omitempty"`
	Head   string `json:"head,omitempty"`
	Memory string `json:"-"` // not to exceed, such as 4GiB; empty: no budget

	// Methods and Targets are what Compare compares, in place of a Method, a
	// Sparsity and a Pattern.
	Methods []string `json:"methods,omitempty"`
	Targets []string `json:"sparsities,omitempty"`

	Out    string `json:"out,omitempty"` // folder to write
	Force  bool   `json:"-"`             // also if it is not empty, or the model's own
	Resume bool   `json:"-"`             // go on with an interrupted run into it, if there is one
	Mask   string `json:"-"`             // file to write masks to, if any
	Trace  string `json:"-"`             // file to write each step's objective to, if any
	To     string `json:"-"`             // format of Formats to write the pruned model in, too, if any
	// Report has the result know what a report shows besides: masks, and what
	// the updates did.
	Report bool `json:"-"`
	// Rates are those of the machine that Plan plans for; none: of this one,
	// which it measures.
	Rates plan.Rates `json:"-"`

	budget  float64 // of Memory, in bytes; 0 for none
	storeAs checkpoint.DType
	layers  layerRange
}

// Default returns the settings that are usual, for which a Model, a Calib and an
// Out are missing.
func Default() Settings {
	return Settings{
		Precision: "f32", Scope: "matrix", DType: "keep", Samples: 64,
		Settings: pipeline.Settings{
			Method: "sparsellm", Local: prune.DefaultLocal,
			Spec: prune.Spec{Sparsity: 0.5, BlockSize: 128, Damping: 0.01, Bits: 16},
		},
	}
}

// The settings in JSON, in order.
var (
	modelKeys  = strings.Fields("version cpu threads precision model arch tokenizer data_dir seqlen windows field chat_template bos tasks task_data limit shots shots_from template stop max_tokens against")
	recipeKeys = strings.Fields("out method local sparsity pattern methods sparsities compat scope allocate calib pack nsamples calib_seqlen seed " +
		"keep_mask blocksize percdamp wbits epochs alpha beta gamma layers only skip dtype values head")
	sweepKeys = strings.Fields("sparsity pattern calib pack nsamples calib_seqlen seed blocksize percdamp")
)

// MarshalJSON implements json.Marshaler: without those of pruning where nothing
// is calibrated for it.
func (s Settings) MarshalJSON() ([]byte, error) {
	keys := modelKeys
	if s.Calib != "" {
		keys = append(keys[:len(keys):len(keys)], recipeKeys...)
	}
	return s.ordered(keys)
}

// ordered is JSON of the settings of keys, in their order.
func (s Settings) ordered(keys []string) ([]byte, error) {
	values, err := s.values()
	if err != nil {
		return nil, err
	}
	return object(keys, values), nil
}

// values are those of the settings that say something, by key.
func (s Settings) values() (map[string]json.RawMessage, error) {
	type plain Settings // which has no MarshalJSON
	s.Sparsity = s.Target()
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(plain(s)); err != nil {
		return nil, err
	}
	var values map[string]json.RawMessage
	err := json.Unmarshal(text.Bytes(), &values)
	if len(s.Methods) > 0 {
		delete(values, "sparsity")
	}
	return values, err
}

// object writes the values that there are of keys, in their order.
func object(keys []string, values map[string]json.RawMessage) []byte {
	b := []byte{'{'}
	for _, key := range keys {
		value, ok := values[key]
		if !ok {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, "%q:%s", key, value)
	}
	return append(b, '}')
}

// Each calls f with the name and value of every setting, as JSON has them.
func (s Settings) Each(f func(name, value string)) error {
	text, err := s.MarshalJSON()
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if _, err := d.Token(); err != nil { // {
		return err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		f(fmt.Sprint(key), strings.Trim(string(value), `"`))
	}
	return nil
}
