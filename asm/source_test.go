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

// decode disassembles the instructions that the sources spell as words, all on
// whole registers: vector floating point by element, and those of decodePlain.
func decode(w uint32) string {
	field := func(hi, lo int) uint32 { return w >> lo & (1<<(hi-lo+1) - 1) }
	// Arm Architecture Reference Manual, C4.1, "Advanced SIMD vector x indexed
	// element".
	if field(31, 23) != 0b010011111 || field(10, 10) != 0 {
		return decodePlain(w)
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

// decodePlain disassembles instructions on four lanes of 32 bits: "Advanced
// SIMD three same", "two-register miscellaneous", "across lanes" and "shift by
// immediate" of the same section.
func decodePlain(w uint32) string {
	d, n, m := w&31, w>>5&31, w>>16&31
	threeSame := map[uint32]string{
		0x4e20d400: "FADD", 0x4ea0d400: "FSUB", 0x6e20dc00: "FMUL", 0x6e20fc00: "FDIV", 0x4e20f400: "FMAX", 0x4ea0f400: "FMIN",
		0x4e20e400: "FCMEQ", 0x6e20e400: "FCMGE", 0x6ea0e400: "FCMGT", 0x4ea03400: "CMGT", 0x4ea03c00: "CMGE",
	}
	if op, ok := threeSame[w&^(31<<16|31<<5|31)]; ok {
		return fmt.Sprintf("%s V%d.4S, V%d.4S, V%d.4S", op, d, n, m)
	}
	two := map[uint32]string{
		0x0e217800: "FCVTL V%d.4S, V%d.4H", 0x4e217800: "FCVTL2 V%d.4S, V%d.8H",
		0x0e216800: "FCVTN V%d.4H, V%d.4S", 0x4e216800: "FCVTN2 V%d.8H, V%d.4S",
		0x4eb1b800: "ADDV S%d, V%d.4S",
	}
	if format, ok := two[w&^(31<<5|31)]; ok {
		return fmt.Sprintf(format, d, n)
	}
	if w&^(31<<16|31<<5|31) == 0x4f200400 { // immh:immb is 64 less the shift
		return fmt.Sprintf("SSHR V%d.4S, V%d.4S, #%d", d, n, 32-m)
	}
	return "unknown"
}
