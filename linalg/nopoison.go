//go:build !poison

package linalg

// poison is for tests: go test -tags poison.
const poison = false
