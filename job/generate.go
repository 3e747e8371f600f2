package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sparsellm/arch"
	"sparsellm/calib/chat"
	"sparsellm/checkpoint"
	"sparsellm/generate"
	"sparsellm/linalg"
	"sparsellm/pipeline"
	"sparsellm/tokenizer"
)

// Question is what Generate is to answer, and how.
type Question struct {
	Prompt string
	Chat   bool     // the prompt is a user's message, and the model's template makes a chat of it
	Tokens int      // to answer with at most; 0: as many as the model takes
	Stop   []string // texts before which an answer ends
	generate.Sampling
	// Answer is given the answer's text as it comes, if not nil.
	Answer func(text string)
}

// Generated is what Generate has made.
type Generated struct {
	Settings  Settings     `json:"settings"`
	Sampling  Sampled      `json:"sampling"`
	Text      string       `json:"text"`
	End       generate.End `json:"end"` // why the answer ends
	Prompt    Pace         `json:"prompt"`
	Answer    Pace         `json:"answer"`
	Seconds   float64      `json:"seconds"` // loading the model included
	PeakBytes int64        `json:"peak_bytes"`
}

// Sampled is how tokens were chosen.
type Sampled struct {
	Chat        bool    `json:"chat"`
	MaxTokens   int     `json:"max_tokens"`
	Temperature float64 `json:"temperature"`
	TopK        int     `json:"top_k"`
	TopP        float64 `json:"top_p"`
	MinP        float64 `json:"min_p"`
	Seed        uint64  `json:"seed"`
}

// Pace is how fast tokens went through a model.
type Pace struct {
	Tokens  int     `json:"tokens"`
	Seconds float64 `json:"seconds"`
	PerSec  float64 `json:"tokens_per_second"`
}

func pace(tokens int, took time.Duration) Pace {
	p := Pace{Tokens: tokens, Seconds: took.Seconds()}
	if tokens > 0 && took > 0 {
		p.PerSec = float64(tokens) / p.Seconds
	}
	return p
}

// Generate has a model continue a text, or answer a message. If ctx is done
// meanwhile the result is what there is, and comes with an error.
func Generate(ctx context.Context, set Settings, q Question, hooks Hooks) (*Generated, error) {
	start := time.Now()
	if err := set.checkModel(); err != nil {
		return nil, err
	}
	if q.Tokens < 0 {
		return nil, pipeline.Wrong("<max_tokens> %d is negative", q.Tokens)
	}
	if err := q.Check(); err != nil {
		return nil, pipeline.Wrong("%w", err)
	}
	set.Calib = "" // nothing is pruned
	s, err := open(ctx, set, hooks)
	if err != nil {
		return nil, err
	}
	defer s.close()
	tok, err := s.openTokenizer()
	if err != nil {
		return nil, err
	}
	prompt, err := s.prompt(tok, q)
	if err != nil {
		return nil, err
	}
	r := &Generated{Settings: s.Settings, Sampling: Sampled{
		Chat: q.Chat, MaxTokens: q.Tokens,
		Temperature: q.Temperature, TopK: q.TopK, TopP: q.TopP, MinP: q.MinP, Seed: q.Seed,
	}}
	err = s.generate(ctx, s, tok, prompt, q, r)
	r.Seconds = time.Since(start).Seconds()
	r.PeakBytes = peakBytes()
	return r, err
}

// openTokenizer opens the tokenizer of the session.
func (s *session) openTokenizer() (*tokenizer.Tokenizer, error) {
	w, err := s.words()
	if err != nil && s.Tokenizer == "" {
		err = fmt.Errorf("%w; %s takes that of another folder", err, s.hooks.setting("tokenizer"))
	}
	return w.tok, err
}

// prompt returns the tokens of a question.
func (s *session) prompt(tok *tokenizer.Tokenizer, q Question) ([]int, error) {
	text := q.Prompt
	if q.Chat {
		w, err := s.words()
		if err != nil {
			return nil, err
		}
		template, err := w.template()
		if errors.Is(err, chat.ErrNone) {
			return nil, fmt.Errorf("%s has no chat template, so that it knows no chats: leave %s out to have it continue the text", s.Model, s.hooks.setting("chat"))
		}
		if err != nil {
			return nil, err
		}
		messages, err := json.Marshal([]map[string]string{{"role": "user", "content": q.Prompt}})
		if err == nil {
			text, err = template.Prompt(messages)
		}
		if err != nil {
			return nil, err
		}
	}
	ids, err := tok.Encode(text, !q.Chat) // a template writes special tokens itself
	switch {
	case err != nil:
		return nil, fmt.Errorf("the prompt: %w", err)
	case len(ids) == 0:
		return nil, errors.New("the prompt is empty, and the tokenizer puts no token before a text: give at least a word")
	case len(ids) > s.cfg.MaxPositions:
		return nil, fmt.Errorf("the prompt has %d tokens, more than the %d that the model takes", len(ids), s.cfg.MaxPositions)
	}
	return ids, nil
}

// ends returns the tokens that end a text: those of generation_config.json, or
// else of the model's config, and the one that the tokenizer names.
func (s *session) ends(tok *tokenizer.Tokenizer) ([]int, error) {
	path := filepath.Join(s.ckpt.Dir(), "generation_config.json")
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	ids := endIDs(text)
	if len(ids) == 0 {
		ids = endIDs(s.ckpt.Config())
	}
	w, err := s.words()
	if err != nil {
		return nil, err
	}
	end, err := w.token(chat.EndOfText)
	if err != nil || end == "" {
		return ids, err
	}
	if one, err := tok.Encode(end, false); err == nil && len(one) == 1 && !slices.Contains(ids, one[0]) {
		ids = append(ids, one[0])
	}
	return ids, nil
}

// decoder returns one for the session's model as it is stored.
func decoder[T linalg.Float](s *session) (*generate.Decoder[T], error) {
	m, err := arch.Open[T](s.ckpt.Config(), checkpoint.AsStored{Checkpoint: s.ckpt})
	if err != nil {
		return nil, err
	}
	return generate.NewDecoder(s.pool, m)
}

// speak has a decoder continue a prompt, and gives say the text as it comes, a
// piece for each token and one for the rest, up to one of the stop strings.
func speak[T linalg.Float](ctx context.Context, d *generate.Decoder[T], tok *tokenizer.Tokenizer, prompt []int, stop []string, o generate.Options, say func(text string)) (ids []int, end generate.End, err error) {
	text := generate.NewText(tok, prompt, stop)
	o.Each = func(id int) bool {
		piece, stopped := text.Add(id)
		say(piece)
		return !stopped
	}
	ids, end, err = d.Continue(ctx, prompt, o)
	if end != generate.Stopped {
		say(text.Rest())
	}
	return ids, end, err
}

func (in[T]) generate(ctx context.Context, s *session, tok *tokenizer.Tokenizer, prompt []int, q Question, r *Generated) error {
	ends, err := s.ends(tok)
	if err != nil {
		return err
	}
	defer quietHeap()()
	d, err := decoder[T](s)
	if err != nil {
		return err
	}
	var all strings.Builder
	start := time.Now()
	var first time.Time
	o := generate.Options{Sampling: q.Sampling, Tokens: q.Tokens, Ends: ends}
	ids, end, err := speak(ctx, d, tok, prompt, q.Stop, o, func(text string) {
		if first.IsZero() {
			first = time.Now()
		}
		all.WriteString(text)
		if q.Answer != nil && text != "" {
			q.Answer(text)
		}
	})
	tokens, done := len(ids), time.Now()
	if tokens == 0 {
		first = done
	}
	r.Text, r.End = all.String(), end
	r.Prompt = pace(len(prompt), first.Sub(start))
	r.Answer = pace(max(tokens-1, 0), done.Sub(first)) // the first comes of the prompt
	r.Answer.Tokens = tokens
	if stopped(err) {
		r.End = "interrupted"
		return Interrupted{fmt.Sprintf("the answer stops at token %d", tokens)}
	}
	if err == nil && end == generate.Context {
		s.hooks.remark("the answer ends at the %d tokens that the model takes", s.cfg.MaxPositions)
	}
	return err
}
