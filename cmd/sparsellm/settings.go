package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"sparsellm/asm"
)

// settings are all that decides a result, completed with what was taken where
// the user said nothing.
type settings struct {
	Version   string `json:"version"`
	CPU       string `json:"cpu"` // tier of instructions
	Threads   int    `json:"threads"`
	Precision string `json:"precision"` // that was computed in
	Model     string `json:"model"`
	Arch      string `json:"arch"`
	Tokenizer string `json:"tokenizer,omitempty"`
	DataDir   string `json:"data_dir,omitempty"`
	SeqLen    int    `json:"seqlen"`            // as asked for; 0: what each file calls for
	Windows   int    `json:"windows,omitempty"` // of each file at most; 0: all
	*recipe          // nil where nothing is pruned
}

// recipe is the part of the settings that says how to prune.
type recipe struct {
	Out       string   `json:"out,omitempty"`
	Method    string   `json:"method,omitempty"`
	Local     string   `json:"local,omitempty"` // how a method that alternates prunes a matrix
	Sparsity  *float64 `json:"sparsity,omitempty"`
	Pattern   string   `json:"pattern,omitempty"` // N:M keeps N of every M
	Methods   []string `json:"methods,omitempty"`
	Targets   []string `json:"sparsities,omitempty"`
	Compat    bool     `json:"compat"`
	Scope     string   `json:"scope"`
	Allocate  string   `json:"allocate,omitempty"`
	Calib     string   `json:"calib"`
	NSamples  int      `json:"nsamples"`     // that were used
	Sample    int      `json:"calib_seqlen"` // tokens of each
	Seed      int64    `json:"seed"`
	KeepMask  bool     `json:"keep_mask"`
	BlockSize int      `json:"blocksize"`
	PercDamp  float64  `json:"percdamp"`
	WBits     int      `json:"wbits"`
	Epochs    int      `json:"epochs,omitempty"` // these four are unset where each method has its own
	Alpha     float64  `json:"alpha,omitempty"`
	Beta      float64  `json:"beta,omitempty"`
	Gamma     float64  `json:"gamma,omitempty"`
	Layers    string   `json:"layers"`
	Only      string   `json:"only,omitempty"`
	Skip      string   `json:"skip,omitempty"`
	DType     string   `json:"dtype"`
}

// settings returns those of the session.
func (s *session) settings() settings {
	tier, _, _ := asm.Chosen()
	f := s.flags
	return settings{
		Version: version(), CPU: tier.String(), Threads: f.threads, Precision: f.precision,
		Model: f.model, Arch: s.cfg.Arch, Tokenizer: f.tokenizer, DataDir: f.dataDir,
		SeqLen: f.seqlen, Windows: f.windows,
	}
}

// print writes the settings as key=value pairs in lines of at most 80 columns.
func (s settings) print(w io.Writer) error {
	line := "settings:"
	if err := s.each(func(name, value string) {
		pair := name + "=" + value
		if len(line)+1+len(pair) > 80 {
			fmt.Fprintln(w, line)
			line = " "
		}
		line += " " + pair
	}); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, line)
	return err
}

// each calls f with the name and value of every setting, as JSON has them.
func (s settings) each(f func(name, value string)) error {
	text, err := json.Marshal(s)
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
