package job

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"sparsellm/arch"
	"sparsellm/internal/atomicfile"
	"sparsellm/internal/scratchfile"
	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/perplexity"
	"sparsellm/pipeline"
	"sparsellm/tasks"
)

// Distance is how far a model is from the one of Settings.Against on a text, as
// perplexity.Distance has it.
type Distance struct {
	Text
	KL              Number `json:"kl"` // in nats
	KLStderr        Number `json:"kl_stderr"`
	KL99            Number `json:"kl_p99"`
	Agreement       Number `json:"agreement"`
	AgreementStderr Number `json:"agreement_stderr"`
	Perplexity      Number `json:"perplexity"`
	Reference       Number `json:"against_perplexity"`
	Ratio           Number `json:"perplexity_ratio"`
}

// Difference is how much larger a measure of a task is than that of the model of
// Settings.Against, on the same documents.
type Difference struct {
	Measure string `json:"measure"`
	By      Number `json:"by"`
	Stderr  Number `json:"stderr"`
}

// against is the model that others are compared with, and what it says.
type against struct {
	*session
	own    bool     // it is the session's own
	states *os.File // its last hidden states of the texts, one after another
	begin  int64    // of them in the file
	tasks  []TaskResult
}

func (a *against) close() {
	if a.states != nil {
		a.states.Close()
	}
	if !a.own {
		a.session.close()
	}
}

// checkAgainst says what is wrong with how to compare, whatever the models are.
func (s *Settings) checkAgainst() error {
	if s.AgainstStates != "" && (s.Against == "" || len(s.Eval) == 0) {
		return pipeline.Wrong("<against_states> goes with <against> and a text only")
	}
	return atomicfile.Writable(s.AgainstStates)
}

// openAgainst opens the model that s.Against names, which may be s's own.
func (s *session) openAgainst(ctx context.Context) (*session, error) {
	if s.Against == s.Model || samePath(s.Against, s.Model) {
		return s, nil
	}
	set := Settings{Model: s.Against, Threads: s.Threads, Precision: s.Precision, TaskSettings: s.TaskSettings}
	other, err := open(ctx, set, s.hooks)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.hooks.setting("against"), err)
	}
	if other.cfg.Vocab != s.cfg.Vocab {
		other.close()
		return nil, fmt.Errorf("%s has a vocabulary of %d tokens and %s of %d, so that their predictions cannot be compared", s.Model, s.cfg.Vocab, s.Against, other.cfg.Vocab)
	}
	return other, nil
}

// statesHeader is the first line of a file of hidden states: whose they are, and
// of what.
type statesHeader struct {
	Format    string `json:"format"`
	Model     string `json:"model"` // its fingerprint
	Texts     string `json:"texts"` // hash of their token ids
	Precision string `json:"precision"`
	CPU       string `json:"cpu"`
	Rows      int    `json:"rows"`
	Hidden    int    `json:"hidden"`
}

const (
	statesFormat  = "sparsellm hidden states 1"
	longestHeader = 4096
)

func (s *session) statesHeader(other *session, texts []evaluation) (statesHeader, error) {
	print, err := other.ckpt.Fingerprint()
	h := statesHeader{Format: statesFormat, Model: print, Precision: s.Precision, CPU: s.CPU, Hidden: other.cfg.Hidden}
	sum := sha256.New()
	for _, t := range texts {
		for _, row := range t.rows {
			h.Rows += len(row)
			for _, id := range append([]int{len(row)}, row...) {
				binary.Write(sum, binary.LittleEndian, int64(id))
			}
		}
	}
	h.Texts = hex.EncodeToString(sum.Sum(nil))
	return h, err
}

// ask runs the model to compare with over texts and tasks. Its hidden states are
// in a file, that of Settings.AgainstStates or one that is gone at the end.
func (in[T]) ask(ctx context.Context, s, other *session, texts []evaluation, questions []asking) (a *against, err error) {
	a = &against{session: other, own: other == s}
	defer func() {
		if err != nil {
			a.close()
			a = nil
		}
	}()
	name := baseName(s.Against)
	if a.tasks, err = other.answer(ctx, other, other.ckpt, name, questions); err != nil || len(texts) == 0 {
		return a, err
	}
	header, err := s.statesHeader(other, texts)
	if err != nil {
		return a, err
	}
	write := func(w io.Writer) error {
		m, err := arch.Open[T](other.ckpt.Config(), other.ckpt)
		if err != nil {
			return err
		}
		return writeStates(ctx, s, m, name, header, texts, w)
	}
	switch path := s.AgainstStates; {
	case path == "":
		scratch, err := scratchfile.Create("", "sparsellm-states-*")
		if err != nil {
			return a, err
		}
		a.states = scratch.File
		if err := write(scratch); err != nil {
			return a, err
		}
		_, err = scratch.Seek(0, io.SeekStart)
		if err != nil {
			return a, err
		}
	default:
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			if err := atomicfile.Write(path, write); err != nil {
				return a, fmt.Errorf("%s: %w", path, err)
			}
		}
		if a.states, err = os.Open(path); err != nil {
			return a, err
		}
	}
	a.begin, err = checkStates(a.states, header, s.width())
	if err != nil {
		err = fmt.Errorf("%s: %w: remove it, or name another file with %s", a.states.Name(), err, s.hooks.setting("against_states"))
	}
	return a, err
}

// writeStates writes a file of hidden states.
func writeStates[T linalg.Float](ctx context.Context, s *session, m model.Model[T], name string, header statesHeader, texts []evaluation, to io.Writer) error {
	w := bufio.NewWriterSize(to, 1<<20)
	line, err := json.Marshal(header)
	if err != nil {
		return err
	}
	w.Write(append(line, '\n')) // the error comes with Flush
	for _, t := range texts {
		at, end := s.hooks.measuring(name, filepath.Base(t.File))
		err := perplexity.States(ctx, s.pool, m, t.rows, at, func(x linalg.Matrix[T]) error {
			for i := range x.Rows {
				if err := binary.Write(w, binary.LittleEndian, x.Row(i)); err != nil {
					return err
				}
			}
			return nil
		})
		end()
		if err != nil {
			return fmt.Errorf("%s: %w", t.File, err)
		}
	}
	return w.Flush()
}

// checkStates says whether a file has the hidden states that a header describes,
// of numbers of so many bytes, and where they begin.
func checkStates(f *os.File, want statesHeader, width int) (begin int64, err error) {
	head := make([]byte, longestHeader)
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return 0, err
	}
	line, _, ok := bytes.Cut(head[:n], []byte{'\n'})
	var got statesHeader
	if !ok || json.Unmarshal(line, &got) != nil || got.Format != statesFormat {
		return 0, errors.New("it is no file of hidden states")
	}
	switch {
	case got.Model != want.Model:
		return 0, errors.New("it is of another model")
	case got.Texts != want.Texts:
		return 0, errors.New("it is of other texts, or of other windows of them")
	case got.Precision != want.Precision || got.CPU != want.CPU:
		return 0, fmt.Errorf("it was computed otherwise (%s on %s, and this is %s on %s)", got.Precision, got.CPU, want.Precision, want.CPU)
	case got != want:
		return 0, errors.New("it says that it has other rows")
	}
	begin = int64(len(line) + 1)
	st, err := f.Stat()
	if err == nil && st.Size() != begin+int64(want.Rows)*int64(want.Hidden)*int64(width) {
		err = fmt.Errorf("it has %d bytes, not those of %d rows of %d numbers", st.Size(), want.Rows, want.Hidden)
	}
	return begin, err
}

// distances measures the model in src against another.
func (in[T]) distances(ctx context.Context, s *session, src model.Source, what string, a *against, texts []evaluation) ([]Distance, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	m, err := arch.Open[T](s.ckpt.Config(), src)
	if err != nil {
		return nil, err
	}
	other, err := arch.Open[T](a.ckpt.Config(), a.ckpt)
	if err != nil {
		return nil, err
	}
	for _, m := range []model.Model[T]{m, other} { // each head is needed for each window
		if _, err := m.Keep(); err != nil {
			return nil, err
		}
	}
	if _, err := a.states.Seek(a.begin, io.SeekStart); err != nil {
		return nil, err
	}
	states := bufio.NewReaderSize(a.states, 1<<20)
	var all []Distance
	for _, t := range texts {
		at, end := s.hooks.measuring(what+" against "+baseName(s.Against), filepath.Base(t.File))
		d, err := perplexity.DistanceOf(ctx, s.pool, m, other, t.rows, func(x linalg.Matrix[T]) error {
			return binary.Read(states, binary.LittleEndian, x.Data[:x.Rows*x.Cols])
		}, at)
		end()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.File, err)
		}
		all = append(all, Distance{
			Text: t.Text, KL: Number(d.KL), KLStderr: Number(d.KLStderr), KL99: Number(d.KL99),
			Agreement: Number(d.Agreement), AgreementStderr: Number(d.AgreementStderr),
			Perplexity: Number(d.Perplexity), Reference: Number(d.Reference), Ratio: Number(d.Perplexity / d.Reference),
		})
		s.hooks.remark("%s on %s: KL %.4g, the same token in %.1f%%, perplexity %v for %v", what, filepath.Base(t.File), d.KL, 100*d.Agreement, Number(d.Perplexity), Number(d.Reference))
	}
	return all, nil
}

// compareTasks puts into each result how it differs from another model's.
func compareTasks(results, than []TaskResult) error {
	for i := range results {
		for k, m := range results[i].Measures {
			by, stderr, err := tasks.Difference(m, than[i].Measures[k])
			if err != nil {
				return err
			}
			results[i].Differences = append(results[i].Differences, Difference{m.Name, Number(by), Number(stderr)})
		}
	}
	return nil
}
