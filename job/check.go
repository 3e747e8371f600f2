package job

import (
	"cmp"
	"math"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"sparsellm/checkpoint"
	"sparsellm/internal/atomicfile"
	"sparsellm/pipeline"
	"sparsellm/prune"
)

// checkModel says what is wrong with what every job needs, whatever the model
// is.
func (s *Settings) checkModel() error {
	switch {
	case s.Model == "":
		return pipeline.Wrong("<model> is missing: give the folder of the model, or its name on the Hugging Face hub")
	case s.SeqLen < 0 || s.SeqLen == 1:
		return pipeline.Wrong("<seqlen> %d: a window needs at least 2 tokens", s.SeqLen)
	case s.Windows < 0:
		return pipeline.Wrong("%d windows cannot be evaluated", s.Windows)
	case s.Threads < 0:
		return pipeline.Wrong("<threads> %d is negative", s.Threads)
	case s.Precision != "f32" && s.Precision != "f64":
		return pipeline.Wrong("<precision> %s is neither f32 nor f64", s.Precision)
	}
	if err := s.checkBOS(); err != nil {
		return err
	}
	if s.Threads == 0 {
		s.Threads = runtime.GOMAXPROCS(0)
	}
	return nil
}

// checkCalib says what is wrong with where samples come from.
func (s *Settings) checkCalib() error {
	if s.Calib == "" {
		return pipeline.Wrong("<calib> is missing: give a .txt, .jsonl, .json.gz or .rows.json file to calibrate with, or one of the data sets wikitext2, ptb and c4")
	}
	return s.checkSamples()
}

func (s *Settings) checkSamples() error {
	if s.Samples < 1 {
		return pipeline.Wrong("<nsamples> %d: at least one calibration sample is needed", s.Samples)
	}
	return nil
}

// checkRecipe says what is wrong with what every way of pruning shares, and reads
// what has a form of its own.
func (s *Settings) checkRecipe() (err error) {
	if s.budget, err = parseBytes(s.Memory); err != nil {
		return err
	}
	if s.storeAs, err = parseDType(s.DType); err != nil {
		return err
	}
	if s.layers, err = parseLayers(s.Layers); err != nil {
		return err
	}
	if s.Scope != "matrix" && s.Scope != "model" {
		return pipeline.Wrong("<scope> %s is neither matrix nor model", s.Scope)
	}
	s.Global = s.Scope == "model"
	return s.checkPacking()
}

// parseDType reads what weights are stored in.
func parseDType(s string) (checkpoint.DType, error) {
	d, err := checkpoint.ParseDType(s)
	if err != nil {
		return d, pipeline.Wrong("<dtype> %s is none of keep, f32, f16, bf16", s)
	}
	return d, nil
}

// checkPacking says what is wrong with how the output is to be packed, and
// completes it.
func (s *Settings) checkPacking() error {
	if s.Values == "" {
		if s.Head != "" {
			return pipeline.Wrong("<head> goes with <values>, which packs the output")
		}
		return nil
	}
	s.Head = cmp.Or(s.Head, UsualHead)
	p, err := parsePacking(s.Values, s.Head)
	if err != nil {
		return err
	}
	s.Grid = gridOf(p.Values)
	if s.Bits < 16 && s.Grid != nil {
		return pipeline.Wrong("<wbits> and <values> %s both say what weights are quantised to: leave out <wbits>", s.Values)
	}
	return nil
}

// checkPrune says what is wrong with the settings of Prune, whatever the model
// is.
func (s *Settings) checkPrune() error {
	if err := s.checkModel(); err != nil {
		return err
	}
	if s.Out == "" {
		return pipeline.Wrong("<out> is missing: give the folder to write to")
	}
	if s.Force && s.Resume {
		return pipeline.Wrong("<force> starts again and <resume> goes on: they exclude each other")
	}
	if err := s.checkCalib(); err != nil {
		return err
	}
	if err := s.checkHow(); err != nil {
		return err
	}
	if s.To != "" {
		if _, err := valuesOf(s.To); err != nil {
			return err
		}
	}
	if s.Mask != "" && !samePath(filepath.Dir(s.Mask), s.Out) {
		if err := atomicfile.Writable(s.Mask); err != nil {
			return err
		}
	}
	return atomicfile.Writable(s.Trace)
}

// checkHow says what is wrong with how to prune.
func (s *Settings) checkHow() error {
	if err := s.checkRecipe(); err != nil {
		return err
	}
	if err := s.Check(); err != nil {
		return err
	}
	if method, err := prune.MethodNamed(s.Method); err == nil && s.Trace != "" && !method.Alternates {
		return pipeline.Wrong("<trace> goes with <method> %s only", strings.Join(prune.Names(func(m prune.MethodInfo) bool { return m.Alternates }), " or "))
	}
	return nil
}

// samePath reports whether a and b are the same folder, there or not.
func samePath(a, b string) bool {
	a, err1 := filepath.Abs(a)
	b, err2 := filepath.Abs(b)
	return err1 == nil && err2 == nil && a == b
}

// parseBytes reads a size such as 4GiB or 500MB; 0 for none.
func parseBytes(s string) (float64, error) {
	if s == "" {
		return 0, nil
	}
	units := []struct {
		suffix string
		bytes  float64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}}
	for _, u := range units {
		number, ok := strings.CutSuffix(s, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || !(n > 0) || math.IsInf(n, 0) {
			break
		}
		return n * u.bytes, nil
	}
	return 0, pipeline.Wrong("<memory> %s is not a size such as 4GiB or 500MB", s)
}

// SetTarget reads how sparse a model is to become: a share of zeros such as 0.5,
// or a pattern such as 2:4.
func (s *Settings) SetTarget(text string) error {
	if strings.Contains(text, ":") {
		p, err := prune.ParsePattern(text)
		if err != nil {
			return pipeline.Wrong("%w", err)
		}
		s.Sparsity, s.Pattern = 0, p
		return nil
	}
	share, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return pipeline.Wrong("sparsity %q is neither a number in [0, 1) nor a pattern N:M", text)
	}
	s.Sparsity, s.Pattern = share, prune.Pattern{}
	return nil
}

// describeTarget is SetTarget's inverse.
func describeTarget(spec prune.Spec) string {
	if spec.Pattern.Structured() {
		return spec.Pattern.String()
	}
	return strconv.FormatFloat(spec.Sparsity, 'g', -1, 64)
}
