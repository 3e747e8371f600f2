package job

import (
	"time"

	"sparsellm/pipeline"
)

// Phase is a part of a job. One that comes again, as pruning does in every
// block, is counted as one.
type Phase struct {
	Name      string  `json:"name"`
	Seconds   float64 `json:"seconds"`
	PeakBytes int64   `json:"peak_bytes"` // most memory the process had held by its end
}

// clock measures the phases of a run. A nil clock measures nothing.
type clock struct {
	phases []Phase
	now    int // index of the phase under way
	since  time.Time
}

// newClock starts with a phase.
func newClock(name string) *clock {
	return &clock{phases: []Phase{{Name: name}}, since: time.Now()}
}

// turn ends the phase under way and goes on with another.
func (c *clock) turn(name string) {
	if c == nil || c.phases[c.now].Name == name {
		return
	}
	c.stop()
	for i, p := range c.phases {
		if p.Name == name {
			c.now = i
			return
		}
	}
	c.now = len(c.phases)
	c.phases = append(c.phases, Phase{Name: name})
}

// stop returns all phases as they are now.
func (c *clock) stop() []Phase {
	now := time.Now()
	p := &c.phases[c.now]
	p.Seconds += now.Sub(c.since).Seconds()
	p.PeakBytes = max(p.PeakBytes, peakBytes())
	c.since = now
	return c.phases
}

// event turns to the stage of pruning that e begins.
func (c *clock) event(e pipeline.Event) {
	switch {
	case e.Matrix != nil:
	case e.Stage == "allocate":
		c.turn("allocate zeros")
	case e.Stage == "capture":
		c.turn("capture dense blocks")
	case e.Stage == "run":
		c.turn("run pruned blocks")
	default:
		c.turn("prune")
	}
}
