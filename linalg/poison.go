//go:build poison

package linalg

// poison makes what is taken or given back full of NaN.
const poison = true
