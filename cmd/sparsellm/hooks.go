package main

import (
	"path/filepath"
	"time"

	"sparsellm/job"
	"sparsellm/pipeline"
	"sparsellm/report"
)

// hooks show a job's progress on the console.
func (c *console) hooks() job.Hooks {
	return job.Hooks{
		Remark: func(text string) { c.remark("%s", text) },
		Pruning: func(label string, blocks int) (func(pipeline.Event), func(bool)) {
			f := c.follow(label, blocks)
			return f.event, f.end
		},
		Measuring: func(what, file string) (func(done, total int), func()) {
			at, end := c.meterLater()
			return func(done, total int) { at(done, total, what+" on "+file) }, end
		},
		Measured: func(what string, t job.Text, windows int, p job.Number, took time.Duration) {
			c.remark("%s: perplexity %v on %s, %d windows of %d tokens, %s", what, p, filepath.Base(t.File), windows, t.SeqLen, short(took))
		},
		Packing: func() func(done, total int) {
			at, end := c.meterLater()
			return func(done, total int) {
				if at(done+1, total, "packing"); done+1 >= total {
					end()
				}
			}
		},
		Downloading: c.downloading,
		OnStop:      c.onExit.add,
		Setting:     flagName,
		Words:       sentence,
	}
}

// downloading shows what comes from the hub, a bar for each file.
func (c *console) downloading() (at func(file string, done, total int64), end func()) {
	var m *meter
	of := ""
	at = func(file string, done, total int64) {
		if m == nil || file != of {
			m.end()
			m, of = c.meter("", int(total)), file
			m.line("downloading %s, %s", file, report.Bytes(total))
		}
		m.at(int(done), "downloading "+file)
	}
	return at, func() { m.end() }
}
