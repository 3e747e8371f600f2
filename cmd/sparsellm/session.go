package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"sparsellm/arch"
	"sparsellm/calib"
	"sparsellm/checkpoint"
	"sparsellm/hub"
	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/perplexity"
	"sparsellm/tokenizer"
)

// session is an open model and what is needed to run it.
type session struct {
	con   *console
	flags *modelFlags
	pool  *linalg.Pool
	ckpt  *checkpoint.Checkpoint
	cfg   model.Config
	untie bool          // the config ties a head that the tensors do not
	tok   calib.Encoder // nil until a text asks for it
	// evaluated is how many tokens the longest text has that perplexity is
	// measured on.
	evaluated int
}

// openSession opens the model that the flags name.
func openSession(ctx context.Context, con *console, flags *modelFlags) (*session, error) {
	dir, err := locateModel(ctx, con, flags.model)
	if err != nil {
		return nil, err
	}
	ckpt, err := checkpoint.Open(dir)
	if err != nil {
		return nil, err
	}
	s := &session{con: con, flags: flags, pool: linalg.NewPool(flags.threads), ckpt: ckpt}
	if err := s.review(); err != nil {
		s.close()
		return nil, err
	}
	if flags.seqlen > s.cfg.MaxPositions {
		s.close()
		return nil, usagef("--seqlen %d is beyond the %d positions of the model", flags.seqlen, s.cfg.MaxPositions)
	}
	return s, nil
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
		s.con.remark("%s", r)
	}
	return nil
}

// longestWindow is the default length of a window, as upstream has it, where
// the model can take more.
const longestWindow = 2048

// window returns the length to cut a file to, and the tokenizer that it needs.
func (s *session) window(path string) (int, calib.Encoder, error) {
	if rows, err := calib.HasRows(path); err != nil || rows {
		return s.flags.seqlen, nil, err
	}
	if s.tok == nil {
		tok, err := tokenizer.Open(s.tokenizerDir())
		if err != nil {
			if s.flags.tokenizer == "" {
				err = fmt.Errorf("%w; --tokenizer takes that of another folder", err)
			}
			return 0, nil, fmt.Errorf("cannot turn %s into token ids: %w", path, err)
		}
		s.tok = tok
	}
	if s.flags.seqlen > 0 {
		return s.flags.seqlen, s.tok, nil
	}
	return min(s.cfg.MaxPositions, longestWindow), s.tok, nil
}

func (s *session) tokenizerDir() string {
	if s.flags.tokenizer != "" {
		return s.flags.tokenizer
	}
	return s.ckpt.Dir()
}

// calibration returns the samples that the flags ask for.
func (s *session) calibration(ctx context.Context, f *recipeFlags) ([][]int, error) {
	dir, err := locateData(ctx, s.con, f.calib, hub.Train, s.flags.dataDir)
	if err != nil {
		return nil, err
	}
	seqlen, tok, err := s.window(f.calib)
	if err != nil {
		return nil, err
	}
	if tok != nil { // of a text, of which more can be drawn than it has
		if err := s.checkMemory(f.nsamples, seqlen); err != nil {
			return nil, err
		}
	}
	rows, err := calib.Calibration(f.calib, tok, calib.Options{
		Samples: f.nsamples, SeqLen: seqlen, Seed: f.seed, DataDir: dir,
	})
	if err != nil {
		return nil, err
	}
	if err := s.checkMemory(len(rows), len(rows[0])); err != nil {
		return nil, err
	}
	return rows, s.checkRows(f.calib, rows)
}

// evaluation is a text to measure perplexity on, in windows.
type evaluation struct {
	text
	rows [][]int
}

// evaluations returns those of the files.
func (s *session) evaluations(ctx context.Context, files []string) ([]evaluation, error) {
	var all []evaluation
	for _, file := range files {
		dir, err := locateData(ctx, s.con, file, hub.Test, s.flags.dataDir)
		if err != nil {
			return nil, err
		}
		seqlen, tok, err := s.window(file)
		if err != nil {
			return nil, err
		}
		rows, err := calib.Evaluation(file, tok, seqlen, s.flags.windows, dir)
		if err != nil {
			return nil, err
		}
		if err := s.checkRows(file, rows); err != nil {
			return nil, err
		}
		e := evaluation{text: text{File: file}, rows: rows}
		for _, row := range rows {
			e.Tokens += len(row)
			e.SeqLen = max(e.SeqLen, len(row))
		}
		s.evaluated = max(s.evaluated, e.Tokens)
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

// String says what perplexities of e are comparable with.
func (e evaluation) String() string {
	return fmt.Sprintf("%s, %d windows of %d tokens", filepath.Base(e.File), len(e.rows), e.SeqLen)
}

// storedAs returns the dtype of a tensor in the output, as being that of
// --dtype.
func (s *session) storedAs(tensor string, as checkpoint.DType) checkpoint.DType {
	own, _ := s.ckpt.DType(tensor)
	return own.StoredAs(as)
}

// measure returns the perplexities of the model in src, one per evaluation.
// what is the model's name in the progress.
func (s *session) measure(ctx context.Context, src model.Source, what string, all []evaluation) ([]evalEval, error) {
	if s.flags.precision == "f64" {
		return measure[float64](ctx, s, src, what, all)
	}
	return measure[float32](ctx, s, src, what, all)
}

func measure[T linalg.Float](ctx context.Context, s *session, src model.Source, what string, all []evaluation) ([]evalEval, error) {
	m, err := arch.Open[T](s.ckpt.Config(), src)
	if err != nil {
		return nil, err
	}
	results := []evalEval{}
	for _, e := range all {
		start := time.Now()
		var meter *meter
		r, err := perplexity.Of(ctx, s.pool, m, e.rows, func(done, total int) {
			if meter == nil {
				meter = s.con.meter("", total)
			}
			meter.at(done, what+" on "+filepath.Base(e.File))
		})
		if meter != nil {
			meter.end()
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.File, err)
		}
		s.con.remark("%s: perplexity %v on %v, %s", what, number(r.Perplexity), e, short(time.Since(start)))
		results = append(results, evalEval{e.text, number(r.Perplexity)})
	}
	return results, nil
}
