package llama

import (
	"fmt"

	"sparsellm/internal/decoder"
	"sparsellm/internal/llamacpp"
)

// addExperts puts experts in place of a block's network: the matrices gate, up
// and down of each lie behind prefix and its number.
func addExperts(f *decoder.Config, d *decoder.Description, b *decoder.BlockDescription, count int, prefix, gate, up, down string) {
	d.Experts, d.Active = count, f.Int("num_experts_per_tok", 2, 1, max(count, 1))
	e := &decoder.ExpertsDescription{Norms: b.Network.Norms, Active: d.Active}
	for k := range count {
		linear := func(name string) decoder.LinearDescription {
			return decoder.LinearDescription{Name: fmt.Sprintf("%s%d.%s", prefix, k, name)}
		}
		e.Experts = append(e.Experts, decoder.NetworkDescription{Gate: linear(gate), Up: linear(up), Down: linear(down)})
	}
	b.Experts = e
}

// putExperts puts how many experts there are, under a name, and how many a token
// reaches, which it returns.
func putExperts(m *llamacpp.Meta, c *llamacpp.Config, name string) (used int64) {
	used = m.Int("expert_used_count", 0)
	c.Put(name, m.Int("expert_count", 0))
	c.Put("num_experts_per_tok", used)
	return used
}

// maxExperts is far beyond any model there is.
const maxExperts = 1 << 12
