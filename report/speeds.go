package report

import (
	"fmt"
	"html/template"
)

// speedRow is a model of a benchmark, with the lengths of its bars in percent of
// the longest.
type speedRow struct {
	Model, Bytes, PeakBytes, Prompt, Answer, Times, Share string
	BytesBar, PromptBar, AnswerBar                        template.CSS
}

func (d *Data) speeds() []speedRow {
	var bytes, prompt, answer float64
	for _, s := range d.Speeds {
		bytes, prompt, answer = max(bytes, float64(s.Bytes)), max(prompt, s.Prompt), max(answer, s.Answer)
	}
	bar := func(x, most float64) template.CSS { return template.CSS(fmt.Sprintf("%.1f%%", 100*x/most)) }
	var rows []speedRow
	for _, s := range d.Speeds {
		rows = append(rows, speedRow{
			Model: s.Model, Bytes: Bytes(s.Bytes), PeakBytes: Bytes(s.PeakBytes),
			Prompt: TokensPerSecond(s.Prompt), Answer: TokensPerSecond(s.Answer), Share: Percent(s.Share),
			Times:    fmt.Sprintf("%.2f×", s.Answer/d.Speeds[0].Answer),
			BytesBar: bar(float64(s.Bytes), bytes), PromptBar: bar(s.Prompt, prompt), AnswerBar: bar(s.Answer, answer),
		})
	}
	return rows
}
