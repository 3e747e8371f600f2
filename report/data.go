package report

// Data is what a report shows. A section with nothing in it is left out.
type Data struct {
	Title    string
	Subtitle string
	Facts    []Fact // the few numbers that matter most
	Settings []Setting
	Texts    []Text
	Measures []Measure // of a comparison, besides the perplexities of Texts
	Blocks   []Block
	Matrices []Matrix // in order of pruning
	Phases   []Phase
	Runs     []Run    // of a comparison
	Speeds   []Speed  // of a benchmark
	Notes    []string // what a reader should be warned of
	Group    int      // M of an N:M pattern; 0 without one
}

// Fact is a number and what it says.
type Fact struct{ Value, Label string }

// Setting is one of those that decide the result.
type Setting struct{ Name, Value string }

// Text is the perplexity on one text.
type Text struct {
	Name           string
	SeqLen, Tokens int     // of a window; in all windows
	Dense, Pruned  float64 // Pruned is not read in a comparison
}

// Measure is what else models are compared by, such as how they do a task.
type Measure struct {
	Name  string
	Note  string  // on what it was measured
	Dense float64 // NaN: there is none
	More  bool    // more is better
}

// Measured is a measure of a run, and what there is to say of it.
type Measured struct {
	Value float64
	Note  string
}

// Block is how the optimisation of one block's feed-forward network went.
type Block struct {
	Block int
	// Objective is ‖Y − f(X)‖²/‖Y‖² after each epoch; the first is what
	// SparseGPT reaches.
	Objective []float64
	Kept      int     // the epoch whose weights were kept
	Final     float64 // the objective once those have been fitted on their support
	Updates   []Update
}

// Update is what the update of the auxiliary variables that precedes an
// epoch's weights did to the alternation's objective.
type Update struct {
	Epoch         int
	Before, After Parts
}

// Parts are those of what the alternation minimises, relative to ‖Y‖². One
// that is nought is not drawn.
type Parts struct {
	Fit        float64 // α‖z − W₁X‖², and of the gate
	Activation float64 // γ‖p − φ(z)‖²
	Output     float64 // β‖Y − W₂p‖²
}

// Matrix is what became of one weight matrix.
type Matrix struct {
	Block      int
	Name       string // the same in all blocks
	Rows, Cols int
	Sparsity   float64 // share of zeros
	Error      float64 // ‖(W − W₀)X‖²/‖W₀X‖²
	Seconds    float64
	Mask       *Mask // nil: not shown
}

// Phase is a part of the run.
type Phase struct {
	Name      string
	Seconds   float64
	PeakBytes int64 // most memory the process had held by its end; 0: unknown
}

// Run is one method and sparsity of a comparison.
type Run struct {
	Method, Target string
	Sparsity       float64   // share of zeros; of a run that failed, what was asked for
	Structured     bool      // Target is an N:M pattern
	Perplexities   []float64 // as many as there are texts
	Measures       []Measured
	Seconds        float64
	Error          string // why there are no perplexities
}

// Speed is how fast one of several models is.
type Speed struct {
	Model            string
	Bytes, PeakBytes int64
	Prompt, Answer   float64 // tokens per second
	Share            float64 // of the answer's weights in the memory's bandwidth
}
