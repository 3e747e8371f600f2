//go:build noasm || !(amd64 || arm64)

package asm

// lacks returns what keeps t from being used here, nothing if it can be.
func lacks(t Tier) []string {
	if t == Generic {
		return nil
	}
	return []string{"assembly, which this build is without"}
}
