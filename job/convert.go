package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sparsellm/arch"
	"sparsellm/calib/chat"
	"sparsellm/checkpoint"
	"sparsellm/internal/atomicfile"
	"sparsellm/pipeline"
	"sparsellm/tokenizer"
)

// Formats are those that Convert writes: a file for llama.cpp, with its matrices
// as float16 or as the name says.
func Formats() []string {
	var names []string
	for _, v := range checkpoint.GGUFValues() {
		names = append(names, "gguf-"+v)
	}
	return append([]string{"gguf"}, names...)
}

// valuesOf returns how a format stores matrices.
func valuesOf(format string) (string, error) {
	if !slices.Contains(Formats(), format) {
		return "", pipeline.Wrong("<to> %s is none of %s", format, strings.Join(Formats(), ", "))
	}
	if format == "gguf" {
		return "f16", nil
	}
	return strings.TrimPrefix(format, "gguf-"), nil
}

// Conversion are the settings of Convert.
type Conversion struct {
	Model     string // folder, GGUF file, or name of a model of the hub
	Tokenizer string // folder of the tokenizer, if not the model's
	Out       string // file to write
	To        string // one of Formats
	Force     bool   // also in place of a file that is there
}

// Converted is what Convert has done.
type Converted struct {
	Bytes int64 // of the file
	Took  time.Duration
}

// Convert writes a model to a file for llama.cpp. each, if not nil, is told how
// many tensors are written.
func Convert(ctx context.Context, set Conversion, hooks Hooks, each func(done, of int)) (*Converted, error) {
	start := time.Now()
	all := Default()
	all.Model, all.Tokenizer, all.Threads = set.Model, set.Tokenizer, 1
	if err := all.checkModel(); err != nil {
		return nil, err
	}
	if set.Out == "" {
		return nil, pipeline.Wrong("<out> is missing: give the file to write")
	}
	values, err := valuesOf(set.To)
	if err != nil {
		return nil, err
	}
	if st, err := os.Stat(set.Out); err == nil && st.IsDir() {
		return nil, fmt.Errorf("%s is a folder: %s is the file to write, such as %s", set.Out, hooks.setting("out"), filepath.Join(set.Out, fileName(values)))
	}
	if err := atomicfile.Writable(set.Out); err != nil {
		return nil, err
	}
	s, err := open(ctx, all, hooks)
	if err != nil {
		return nil, err
	}
	defer s.close()
	opt, err := s.fileOptions(values, hooks)
	if err != nil {
		return nil, err
	}
	opt.Force, opt.Each = set.Force, each
	remarks, err := s.ckpt.WriteGGUF(ctx, set.Out, opt)
	if err != nil {
		if errors.Is(err, checkpoint.ErrOutput) {
			err = fmt.Errorf("%w; %s writes there all the same", err, hooks.setting("force"))
		}
		return nil, err
	}
	for _, r := range remarks {
		hooks.remark("%s", r)
	}
	st, err := os.Stat(set.Out)
	if err != nil {
		return nil, err
	}
	return &Converted{st.Size(), time.Since(start)}, nil
}

// checkFile says why the pruned model could not be written in the format that the
// settings ask for, before it is pruned.
func (s *session) checkFile() error {
	if s.To == "" {
		return nil
	}
	values, err := valuesOf(s.To)
	if err != nil {
		return err
	}
	if _, err = s.fileOptions(values, s.hooks); err != nil {
		err = fmt.Errorf("the model cannot be written as %s: %w", s.To, err)
	}
	return err
}

// writeFile writes the pruned model in the format that the settings ask for, to
// its folder; also in place of a file that is there, if again is set.
func (s *session) writeFile(ctx context.Context, pruned *checkpoint.Checkpoint, again bool) error {
	if s.To == "" {
		return nil
	}
	values, err := valuesOf(s.To)
	if err != nil {
		return err
	}
	path := filepath.Join(s.Out, fileName(values))
	if _, err := os.Stat(path); err == nil && !again {
		return nil
	}
	hooks := s.hooks
	hooks.Remark = nil // it has been said before
	opt, err := s.fileOptions(values, hooks)
	if err != nil {
		return err
	}
	opt.Force, opt.Name = true, filepath.Base(s.Out)
	remarks, err := pruned.WriteGGUF(ctx, path, opt)
	if err != nil {
		return err
	}
	for _, r := range append(remarks, "wrote "+path) {
		s.hooks.remark("%s", r)
	}
	return nil
}

// missingFile writes the file of a run that is complete but for it.
func (s *session) missingFile(ctx context.Context) error {
	if s.To == "" {
		return nil
	}
	pruned, err := checkpoint.Open(s.Out)
	if err != nil {
		return err
	}
	defer pruned.Close()
	return s.writeFile(ctx, pruned, false)
}

// fileName is what a file for llama.cpp is called in a pruned model's folder.
func fileName(values string) string { return "model-" + values + ".gguf" }

// fileOptions says how to write the model as a GGUF file, with the tokenizer of
// the settings' folder, or, if that is empty, of the model's.
func (s *session) fileOptions(values string, hooks Hooks) (opt checkpoint.GGUFOptions, err error) {
	ckpt, folder := s.ckpt, s.Tokenizer
	name := filepath.Base(ckpt.Dir())
	if full, err := filepath.Abs(ckpt.Dir()); err == nil {
		name = filepath.Base(full)
	}
	opt = checkpoint.GGUFOptions{Values: values, Name: name}
	given := folder != ""
	if !given {
		folder = ckpt.Dir()
	}
	if err := ckpt.CheckGGUF(opt); err != nil { // before the tokenizer, which takes its time
		return opt, err
	}
	cfg, err := arch.Config(ckpt.Config())
	if err != nil {
		return opt, err
	}
	if strings.HasSuffix(folder, ".gguf") {
		read, err := checkpoint.ReadVocabulary(folder)
		tokens, _ := read["tokenizer.ggml.tokens"].([]string)
		if opt.Metadata = ownTokenizer(read); err == nil && len(tokens) != cfg.Vocab {
			err = fmt.Errorf("the tokenizer of %s has %d tokens, the model word embeddings for %d", folder, len(tokens), cfg.Vocab)
		}
		return opt, err
	}
	g, err := tokenizer.ToGGUF(folder, cfg.Arch, cfg.Vocab)
	if errors.Is(err, tokenizer.ErrNone) && !given {
		read, err := ckpt.Vocabulary()
		if opt.Metadata = ownTokenizer(read); opt.Metadata == nil && err == nil {
			hooks.remark("%s has no tokenizer: llama.cpp will take token ids alone", folder)
			opt.Metadata = map[string]any{"tokenizer.ggml.model": "no_vocab"}
		}
		return opt, err
	}
	if err != nil {
		return opt, fmt.Errorf("%w; %s takes that of another folder", err, hooks.setting("tokenizer"))
	}
	said, err := rolesOf(ckpt.Config())
	if err != nil {
		return opt, err
	}
	opt.Metadata = tokenizerMetadata(g, said)
	template, err := chat.Source(folder)
	if template != "" {
		opt.Metadata["tokenizer.chat_template"] = template
	}
	return opt, err
}

// rolesOf returns the ids that a config.json gives roles.
func rolesOf(config []byte) (map[string]int, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(config, &fields); err != nil {
		return nil, err
	}
	ids := map[string]int{}
	for key, text := range fields {
		var one int
		var several []int
		switch {
		case !strings.HasSuffix(key, "_token_id"):
		case json.Unmarshal(text, &one) == nil && one >= 0 && string(text) != "null":
			ids[key] = one
		case json.Unmarshal(text, &several) == nil && len(several) > 0 && several[0] >= 0:
			ids[key] = several[0]
		}
	}
	return ids, nil
}

// tokenizerMetadata is a tokenizer as a GGUF file has it; said are ids of roles
// that it does not name itself.
func tokenizerMetadata(g tokenizer.GGUF, said map[string]int) map[string]any {
	const at = "tokenizer.ggml."
	m := map[string]any{at + "model": g.Model, at + "tokens": g.Tokens, at + "token_type": g.Types}
	if g.Pre != "" {
		m[at+"pre"] = g.Pre
	}
	if g.Merges != nil {
		m[at+"merges"] = g.Merges
	}
	if g.Scores != nil {
		m[at+"scores"] = g.Scores
	}
	for _, role := range []struct {
		name, said string
		id         *int
	}{
		{"bos", "bos_token_id", g.BOS}, {"eos", "eos_token_id", g.EOS}, {"unknown", "unk_token_id", g.Unknown}, {"padding", "pad_token_id", g.Pad},
	} {
		id, ok := said[role.said]
		if role.id != nil {
			id, ok = *role.id, true
		}
		if ok && id < len(g.Tokens) {
			m[at+role.name+"_token_id"] = id
		}
	}
	for key, flag := range map[string]*bool{"add_bos_token": g.AddBOS, "add_eos_token": g.AddEOS, "add_space_prefix": g.AddSpacePrefix} {
		if flag != nil {
			m[at+key] = *flag
		}
	}
	return m
}

// ownTokenizer is the tokenizer within a GGUF file as it is there, of what was
// read of it; nil if there is none.
func ownTokenizer(read map[string]any) map[string]any {
	if read["tokenizer.ggml.model"] == nil {
		return nil
	}
	m := map[string]any{}
	for key, value := range read {
		if !strings.HasPrefix(key, "tokenizer.") {
			continue
		}
		switch v := value.(type) {
		case uint64:
			m[key] = int(min(v, 1<<32-1))
		case int64:
			m[key] = int32(v)
		case []float64:
			numbers := make([]float32, len(v))
			whole := make([]int32, len(v))
			for i, x := range v {
				numbers[i], whole[i] = float32(x), int32(x)
			}
			if m[key] = any(whole); key == "tokenizer.ggml.scores" {
				m[key] = numbers
			}
		case string, bool, float32, []string:
			m[key] = v
		}
	}
	return m
}
