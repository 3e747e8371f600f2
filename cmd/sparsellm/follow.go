package main

import (
	"fmt"
	"strings"
	"time"

	"sparsellm/pipeline"
)

// Parts of a block's work, in the meter's units. They need not be exact.
const (
	unitsBlock   = 100
	unitsCapture = 25 // before the first matrix
	unitsRun     = 10 // after the last
)

// follower turns a run's events into a meter's movements.
type follower struct {
	meter    *meter
	blocks   int
	matrices int // in a block: as many as the one before had

	block   int // under way
	begun   bool
	damping float64 // that the last matrix took
	reports []pipeline.MatrixReport
	since   time.Time
}

// follow starts a meter for pruning so many blocks.
func (c *console) follow(label string, blocks int) *follower {
	return &follower{meter: c.meter(label, blocks*unitsBlock), blocks: blocks, matrices: 7, since: time.Now()}
}

// event implements pipeline.Options.Progress.
func (f *follower) event(e pipeline.Event) {
	if e.Stage == "allocate" {
		f.meter.at(0, fmt.Sprintf("allocating, block %d/%d", max(e.Block, 0)+1, f.blocks))
		return
	}
	if e.Block < 0 { // before the first block that is pruned
		f.meter.at(0, "running the blocks before")
		return
	}
	if !f.begun { // a run that is resumed begins with a later block
		f.begun, f.block = true, e.Block
		f.meter.mu.Lock()
		f.meter.from = e.Block * unitsBlock
		f.meter.mu.Unlock()
	}
	if e.Block != f.block {
		f.finishBlock()
		f.block = e.Block
	}
	name := fmt.Sprintf("block %d/%d", e.Block+1, f.blocks)
	at := e.Block * unitsBlock
	switch {
	case e.Matrix != nil:
		f.reports = append(f.reports, *e.Matrix)
		if d := e.Matrix.Damping; d != f.damping { // matrices of one input share it
			if f.damping = d; d > 0 {
				f.meter.warn("%s, %s: the Hessian is not positive definite; damping raised to %g", name, e.Matrix.Name, d)
			}
		}
		at += unitsCapture + (unitsBlock-unitsCapture-unitsRun)*min(len(f.reports), f.matrices)/f.matrices
		how := fmt.Sprintf("error %.3g", e.Matrix.Error)
		if objective, ok := kept(e.Matrix); ok {
			how = fmt.Sprintf("objective %.3g", objective)
		}
		f.meter.at(at, fmt.Sprintf("%s %s, %s", name, lastPart(e.Matrix.Name), how))
	case e.Stage == "capture":
		f.meter.at(at, name+" calibrating")
	case e.Stage == "run":
		f.meter.at(at+unitsBlock-unitsRun, name+" running")
	default:
		f.meter.at(at+unitsCapture, name+" pruning")
	}
}

// kept returns the objective that the alternation of m's network has come to,
// if it has one and m is the network's last.
func kept(m *pipeline.MatrixReport) (objective float64, ok bool) {
	if m.Network == nil || m.Network.Kept >= len(m.Network.Objective) {
		return 0, false
	}
	return m.Network.Objective[m.Network.Kept], true
}

// finishBlock prints a line about the block that is done.
func (f *follower) finishBlock() {
	if n := len(f.reports); n > 0 {
		f.matrices = n
		var zeros, all, err float64
		objective := ""
		for _, r := range f.reports {
			if o, ok := kept(&r); ok {
				objective = fmt.Sprintf(", objective %.3g", o)
			}
			w := float64(r.Rows * r.Cols)
			zeros += w * r.Sparsity
			all += w
			err += r.Error / float64(n)
		}
		f.meter.mu.Lock()
		eta := f.meter.eta()
		f.meter.mu.Unlock()
		if eta != "" && f.block+1 < f.blocks {
			eta = ", " + eta + " left"
		} else {
			eta = ""
		}
		f.meter.line("block %d/%d: %d matrices, %.1f%% zeros, mean error %.3g%s, %s%s",
			f.block+1, f.blocks, n, 100*zeros/all, err, objective, short(time.Since(f.since)), eta)
	}
	f.reports, f.since = f.reports[:0], time.Now()
}

// end removes the meter, after the last block's line if that was pruned.
func (f *follower) end(done bool) {
	if done {
		f.meter.at(f.meter.total, "")
		f.finishBlock()
	}
	f.meter.end()
}

// lastPart is what follows a name's last dot.
func lastPart(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }
