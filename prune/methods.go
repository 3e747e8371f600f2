package prune

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sparsellm/linalg"
)

// MethodInfo is what the rest of the program knows of a method: help, lists,
// titles, checks and plans are made of it.
type MethodInfo struct {
	Name  string // as the user writes it: "admm"
	Title string // as its authors write it: "ADMM"
	Help  string // what it does, a few words for a list
	// Rank says where it stands in lists, from 1: the more a method repairs,
	// the later.
	Rank int

	// Alternates says that the method prunes a block's feed-forward network as a
	// whole, by an alternation (Problem), and has what goes with that: epochs,
	// penalties, auxiliary variables, a trace, a local method for each matrix,
	// and a form that the authors released. Others prune a matrix at a time
	// (Method).
	Alternates bool
	// Local says that it can be the local method of one that alternates.
	Local bool
	// Quantises says that it can quantise the weights that it keeps.
	Quantises bool
	// Global says that it can zero by one threshold over all matrices.
	Global bool
	// Factor says that it takes the factor of the Hessian, which is kept for
	// the other matrices of the same input.
	Factor bool
	// Cost is what it takes of a matrix; of the attention's, if it alternates.
	Cost Cost
}

// Cost is what pruning one matrix, out × in, takes, the Hessian of its input
// being there, and the factor of that if the method asks for it: how often it
// does what package plan knows the time of, and what it has in memory.
type Cost struct {
	Sorts     float64 // of the scores of all weights
	Sweeps    float64
	Solves    float64 // by a factor, for all rows, with the choice of a mask
	Choleskys float64 // factors, in × in
	Fits      float64 // least squares on the support
	Swaps     float64 // of a mask, for each weight

	Squares  float64 // matrices of in × in
	Matrices float64 // of out × in
	Masks    float64 // of a byte a weight
	Columns  float64 // of a sweep's block, out × block size
	Rows     float64 // of what a fit handles at a time: up to 1024 × in
	Features float64 // bytes for each
	Bytes    float64
}

// DefaultLocal is the name of SparseGPT: the local method where no other is
// named, and what the alternation begins with whatever is named.
const DefaultLocal = "sparsegpt"

// registered are all methods by their rank, with what they are made of.
var registered []registration

type registration struct {
	MethodInfo
	single Method[float32] // nil if it alternates
	double Method[float64]
}

// register adds a method to the list, as the file of each does.
func register(info MethodInfo, single Method[float32], double Method[float64]) {
	r := registration{info, single, double}
	at, _ := slices.BinarySearchFunc(registered, r, func(a, b registration) int {
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), strings.Compare(a.Name, b.Name))
	})
	registered = slices.Insert(registered, at, r)
}

func init() {
	sweep := Cost{Sweeps: 1, Columns: 1, Matrices: 1}
	register(MethodInfo{
		Name: "sparsellm", Title: "SparseLLM", Rank: 7, Alternates: true, Quantises: true, Factor: true, Cost: sweep,
		Help: "all matrices of a block's feed-forward network together, by alternating optimisation " +
			"(Bai et al., NeurIPS 2024), and the attention's output for what the pruned attention gives it",
	}, nil, nil)
}

// Methods returns all methods, in the order of lists.
func Methods() []MethodInfo {
	var all []MethodInfo
	for _, r := range registered {
		all = append(all, r.MethodInfo)
	}
	return all
}

// Names returns the names of the methods that are wanted, of all if wanted is
// nil, in the order of lists.
func Names(wanted func(MethodInfo) bool) []string {
	var names []string
	for _, r := range registered {
		if wanted == nil || wanted(r.MethodInfo) {
			names = append(names, r.Name)
		}
	}
	return names
}

// Locals returns the names of the methods that can be the local method of one
// that alternates.
func Locals() []string { return Names(func(m MethodInfo) bool { return m.Local }) }

// MethodNamed returns what there is to know of a method. An error says which
// there are.
func MethodNamed(name string) (MethodInfo, error) { return named("method", name, Names(nil)) }

// LocalNamed is MethodNamed for local methods.
func LocalNamed(name string) (MethodInfo, error) { return named("local method", name, Locals()) }

func named(what, name string, among []string) (MethodInfo, error) {
	if !slices.Contains(among, name) {
		return MethodInfo{}, fmt.Errorf("prune: there is no %s %q: it is one of %s", what, name, strings.Join(among, ", "))
	}
	return registered[slices.IndexFunc(registered, func(r registration) bool { return r.Name == name })].MethodInfo, nil
}

// CheckBits returns an error if the method cannot quantise to so many bits.
func (m MethodInfo) CheckBits(bits int) error {
	if bits < 16 && !m.Quantises {
		return fmt.Errorf("prune: %s does not quantise; with %d bits it is one of %s", m.Name, bits, quantisers())
	}
	return nil
}

// quantisers names the methods that quantise.
func quantisers() string {
	return strings.Join(Names(func(m MethodInfo) bool { return m.Quantises }), ", ")
}

// NewMethod returns the method of that name, or nil if there is none or it
// alternates.
func NewMethod[T linalg.Float](name string) Method[T] {
	for _, r := range registered {
		if r.Name != name {
			continue
		}
		if m, ok := r.single.(Method[T]); ok {
			return m
		}
		if m, ok := r.double.(Method[T]); ok {
			return m
		}
	}
	return nil
}

// NewLocal returns what Problem.Local is for the local method of that name: nil
// for SparseGPT, whose sweep an alternation does itself.
func NewLocal[T linalg.Float](name string) Method[T] {
	if name == DefaultLocal {
		return nil
	}
	return NewMethod[T](name)
}
