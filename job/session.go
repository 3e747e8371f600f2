package job

import (
	"context"
	"fmt"
	"strings"

	"sparsellm/arch"
	"sparsellm/asm"
	"sparsellm/calib"
	"sparsellm/checkpoint"
	"sparsellm/hub"
	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/pipeline"
	"sparsellm/report"
)

// session is an open model and what is needed to run it.
type session struct {
	Settings
	arithmetic
	hooks Hooks
	pool  *linalg.Pool
	ckpt  *checkpoint.Checkpoint
	cfg   model.Config
	untie bool                  // the config ties a head that the tensors do not
	own   func() (words, error) // the model's, read once
	words func() (words, error) // those to use, likewise
	// evaluated is how many tokens the longest text has that perplexity is
	// measured on.
	evaluated int
	fields    []string // of Field, as it was asked for
}

// open opens the model that checked settings name.
func open(ctx context.Context, set Settings, hooks Hooks) (*session, error) {
	ckpt, err := OpenModel(ctx, hooks, set.Model)
	if err != nil {
		return nil, err
	}
	s := &session{Settings: set, arithmetic: arithmeticOf(set.Precision), hooks: hooks, pool: linalg.NewPool(set.Threads), ckpt: ckpt}
	s.forgetWords()
	if err := s.review(); err != nil {
		s.close()
		return nil, err
	}
	if s.SeqLen > s.cfg.MaxPositions {
		s.close()
		return nil, pipeline.Wrong("<seqlen> %d is beyond the %d positions of the model", s.SeqLen, s.cfg.MaxPositions)
	}
	if s.Field != "" {
		s.fields = strings.Split(s.Field, ",")
	}
	s.Version, s.CPU, s.Arch = Version(), tierName(), s.cfg.Arch
	return s, nil
}

// tierName is the tier of instructions in use.
func tierName() string {
	tier, _, _ := asm.Chosen()
	return tier.String()
}

func (s *session) close() { s.ckpt.Close() }

// review reads the model's shape and says what the user should know of it.
func (s *session) review() error {
	if err := s.ckpt.Check(); err != nil { // before a config that goes with other weights
		return err
	}
	said, err := arch.Config(s.ckpt.Config())
	if err != nil {
		return err
	}
	var remarks []string
	if s.cfg, remarks, err = arch.Review(s.ckpt.Config(), s.ckpt); err != nil {
		return err
	}
	s.untie = said.Tied && !s.cfg.Tied
	for _, r := range append(s.ckpt.Remarks(), remarks...) {
		s.hooks.remark("%s", r)
	}
	return nil
}

// longestWindow is the default length of a window, as upstream has it, where
// the model can take more.
const longestWindow = 2048

// window returns the length to cut a file to, and the tokenizer that it needs.
func (s *session) window(path string) (int, calib.Encoder, error) {
	if rows, err := calib.HasRows(path); err != nil || rows {
		if rows && s.BOS == "yes" && err == nil {
			s.hooks.remark("%s has rows of token ids, which are used as they are: %s does not change them", path, s.hooks.setting("bos"))
		}
		return s.SeqLen, nil, err
	}
	tok, err := s.openTokenizer()
	if err != nil {
		return 0, nil, fmt.Errorf("cannot turn %s into token ids: %w", path, err)
	}
	if s.SeqLen > 0 {
		return s.SeqLen, tok, nil
	}
	return min(s.cfg.MaxPositions, longestWindow), tok, nil
}

// calibration returns the samples that the settings ask for, and sets what they
// say of them.
func (s *session) calibration(ctx context.Context) ([][]int, error) {
	dir, err := locateData(ctx, s.hooks, s.Calib, hub.Train, s.DataDir)
	if err != nil {
		return nil, err
	}
	seqlen, tok, err := s.window(s.Calib)
	if err != nil {
		return nil, err
	}
	if tok != nil { // of a text, of which more can be drawn than it has
		if err := s.checkMemory(s.Samples, seqlen); err != nil {
			return nil, err
		}
	}
	var found calib.Found
	reading, err := s.reading(dir, tok, &found)
	if err != nil {
		return nil, err
	}
	o := calib.Options{Samples: s.Samples, SeqLen: seqlen, Seed: s.Seed, Pack: s.Pack, Reading: reading}
	if s.Pack && tok != nil {
		if o.End, err = s.endOfText(); err != nil {
			return nil, err
		}
	}
	rows, err := calib.Calibration(s.Calib, tok, o)
	if err != nil {
		return nil, s.advise(err)
	}
	s.tell(found, reading)
	if s.Pack && len(rows) < s.Samples {
		s.hooks.remark("%s fills %d windows of %d tokens, fewer than %s asks for", s.Calib, len(rows), seqlen, s.hooks.setting("nsamples"))
	}
	if err := s.checkMemory(len(rows), len(rows[0])); err != nil {
		return nil, err
	}
	s.Samples, s.SampleLen = len(rows), len(rows[0])
	return rows, s.checkRows(s.Calib, rows)
}

// checkMemory refuses calibration samples of which the activations alone, one
// hidden state per token, are more than the machine's memory: the run would end
// in a crash.
func (s *session) checkMemory(samples, tokens int) error {
	need := float64(samples) * float64(tokens) * float64(s.cfg.Hidden) * float64(s.width())
	if have := machineMemory(); have > 0 && need > float64(have) {
		return pipeline.Wrong("%d calibration samples of %d tokens have %s of activations, more than the %s of memory here: use fewer or shorter ones (<nsamples>, <seqlen>)",
			samples, tokens, report.Bytes(int64(min(need, 1<<62))), report.Bytes(have))
	}
	return nil
}

// complete fills in what the settings leave to the defaults of how to prune.
func (s *session) complete() error {
	if err := s.choose(s.cfg.Blocks); err != nil {
		return err
	}
	return s.Complete(s.cfg)
}

// choose says which of so many blocks are pruned.
func (s *Settings) choose(blocks int) (err error) {
	if s.First, s.End, err = s.layers.of(blocks); err == nil {
		s.Layers = fmt.Sprintf("%d:%d", s.First, s.End)
	}
	return err
}

// evaluation is a text to measure perplexity on, in windows.
type evaluation struct {
	Text
	rows [][]int
}

// evaluations returns those of the files to measure perplexity on.
func (s *session) evaluations(ctx context.Context) ([]evaluation, error) {
	var all []evaluation
	for _, file := range s.Eval {
		dir, err := locateData(ctx, s.hooks, file, hub.Test, s.DataDir)
		if err != nil {
			return nil, err
		}
		seqlen, tok, err := s.window(file)
		if err != nil {
			return nil, err
		}
		reading, err := s.reading(dir, tok, nil)
		if err != nil {
			return nil, err
		}
		rows, err := calib.Evaluation(file, tok, seqlen, s.Windows, reading)
		if err != nil {
			return nil, s.advise(err)
		}
		if err := s.checkRows(file, rows); err != nil {
			return nil, err
		}
		e := evaluation{Text: Text{File: file}, rows: rows}
		read := 0
		for _, row := range rows {
			read += len(row)
			e.SeqLen = max(e.SeqLen, len(row))
		}
		s.evaluated = max(s.evaluated, read)
		e.Tokens = read
		if reading.Begin != nil { // which is no token of the text, nor predicted
			e.Tokens -= len(rows)
		}
		all = append(all, e)
	}
	return all, nil
}

// checkRows says early what the model would say later.
func (s *session) checkRows(file string, rows [][]int) error {
	for i, row := range rows {
		if err := s.cfg.CheckTokens(row); err != nil {
			return fmt.Errorf("%s: row %d: %w", file, i+1, err)
		}
	}
	return nil
}

// numbers returns the source of the model's weights as numbers that can be
// changed, which those of a packed model are not.
func (s *session) numbers() model.Source {
	if !s.ckpt.Packed() {
		return s.ckpt
	}
	return checkpoint.AsNumbers(s.ckpt)
}

// storedAs returns the dtype of a tensor in the output.
func (s *session) storedAs(tensor string) checkpoint.DType {
	own, _ := s.ckpt.DType(tensor)
	return own.StoredAs(s.storeAs)
}
