package asm

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var wordLine = regexp.MustCompile(`^\tWORD\s+\$0x([0-9a-f]{8}) // (.+)$`)

// TestWords decodes each WORD in the arm64 sources and compares it with its
// comment, which is all that a reader can check.
func TestWords(t *testing.T) {
	files, err := filepath.Glob("*_arm64.s")
	if err != nil {
		t.Fatal(err)
	}
	words := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			if !strings.Contains(line, "WORD") || strings.HasPrefix(line, "//") {
				continue
			}
			m := wordLine.FindStringSubmatch(line)
			if m == nil {
				t.Errorf("%s:%d: no comment to compare with: %s", file, i+1, line)
				continue
			}
			w, err := strconv.ParseUint(m[1], 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			words++
			if got := decode(uint32(w)); got != m[2] {
				t.Errorf("%s:%d: %#08x is %q, the comment says %q", file, i+1, w, got, m[2])
			}
		}
	}
	if words == 0 {
		t.Error("found no WORD at all")
	}
}

// decode disassembles the instructions that the sources spell as words: vector
// floating point by element, on whole registers (Arm Architecture Reference
// Manual, C4.1, "Advanced SIMD vector x indexed element").
func decode(w uint32) string {
	field := func(hi, lo int) uint32 { return w >> lo & (1<<(hi-lo+1) - 1) }
	if field(31, 23) != 0b010011111 || field(10, 10) != 0 {
		return "unknown"
	}
	op, ok := map[uint32]string{0b0001: "FMLA", 0b0101: "FMLS", 0b1001: "FMUL"}[field(15, 12)]
	if !ok {
		return "unknown"
	}
	double, l, h := field(22, 22) == 1, field(21, 21), field(11, 11)
	d, n, m := field(4, 0), field(9, 5), field(20, 16)
	arrangement, element, index := "4S", "S", h<<1|l
	if double {
		if l != 0 {
			return "unknown"
		}
		arrangement, element, index = "2D", "D", h
	}
	return fmt.Sprintf("%s V%d.%s, V%d.%s, V%d.%s[%d]", op, d, arrangement, n, arrangement, m, element, index)
}
