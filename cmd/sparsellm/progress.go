package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// meter shows how far a long step has got: a bar that redraws itself on a
// terminal, and a line now and then elsewhere. Its methods may be called from
// several goroutines.
type meter struct {
	con   *console
	label string
	total int
	start time.Time
	bar   *progressbar.ProgressBar // nil where there is no terminal
	stop  chan struct{}

	mu   sync.Mutex // guards the rest
	done int
	from int // where it started
	what string
}

// meter starts showing a step of total parts.
func (c *console) meter(label string, total int) *meter {
	m := &meter{con: c, label: label, total: max(total, 1), start: time.Now(), stop: make(chan struct{})}
	if c.terminal && !c.quiet {
		m.bar = progressbar.NewOptions(m.total,
			progressbar.OptionSetWriter(c.err),
			progressbar.OptionSetWidth(16),
			progressbar.OptionSetPredictTime(false), // it knows the last seconds only; parts take minutes
			progressbar.OptionSetElapsedTime(true),
			progressbar.OptionEnableColorCodes(c.color),
			progressbar.OptionClearOnFinish(),
		)
		go m.tick()
	}
	return m
}

// meterLater is meter for a step whose total is known once it is under way: at
// starts it.
func (c *console) meterLater() (at func(done, total int, what string), end func()) {
	var m *meter
	at = func(done, total int, what string) {
		if m == nil {
			m = c.meter("", total)
		}
		m.at(done, what)
	}
	return at, func() { m.end() }
}

// tick redraws the bar while a part takes its time.
func (m *meter) tick() {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			m.draw()
		case <-m.stop:
			return
		}
	}
}

// at moves the bar to done parts and says what is going on.
func (m *meter) at(done int, what string) {
	m.mu.Lock()
	m.done, m.what = min(max(done, 0), m.total), what
	m.mu.Unlock()
	m.draw()
}

func (m *meter) draw() {
	if m.bar == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	text := m.label + m.what
	if eta := m.eta(); eta != "" {
		text = fmt.Sprintf("%.38s, %s left", text, eta)
	}
	m.bar.Describe(fmt.Sprintf("%-48s", text))
	if m.done < m.total { // a full bar would vanish
		m.bar.Set(m.done)
	}
}

// eta says how long the rest will take if it goes on as until now; nothing
// while that is a guess.
func (m *meter) eta() string {
	spent := time.Since(m.start)
	if m.done <= m.from || spent < 2*time.Second {
		return ""
	}
	return short(time.Duration(float64(spent) / float64(m.done-m.from) * float64(m.total-m.done)))
}

// line prints a line, only where there is no bar.
func (m *meter) line(format string, args ...any) {
	if m.bar == nil {
		m.con.remark("%s%s", m.label, fmt.Sprintf(format, args...))
	}
}

// warn prints a line, above the bar if there is one.
func (m *meter) warn(format string, args ...any) {
	if m.bar != nil {
		m.mu.Lock()
		m.bar.Clear()
		m.mu.Unlock()
	}
	m.con.remark("warning: %s%s", m.label, fmt.Sprintf(format, args...))
}

// end removes the bar, if there is one.
func (m *meter) end() {
	if m != nil && m.bar != nil {
		close(m.stop)
		m.mu.Lock()
		defer m.mu.Unlock()
		m.bar.Finish()
	}
}

// inSeconds is short for a number of seconds.
func inSeconds(s float64) string { return short(time.Duration(s * float64(time.Second))) }

// short is d for a reader: 0.4s, 12s, 3m05s, 2h07m.
func short(d time.Duration) string {
	switch s := int(d.Seconds() + 0.5); {
	case d < 9950*time.Millisecond:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	default:
		return fmt.Sprintf("%dh%02dm", s/3600, s%3600/60)
	}
}
