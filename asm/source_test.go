package asm

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	listedName  = regexp.MustCompile(`^\S+\.(\w+) STEXT `)
	listedLine  = regexp.MustCompile(`^\t0x([0-9a-f]{4,}) \d+ \((\S+)\)\t(.+)$`)
	listedBytes = regexp.MustCompile(`^\t0x[0-9a-f]{4,}((?: [0-9a-f]{2})+)  `)
)

// instruction is a line of the assembler's listing.
type instruction struct {
	routine, position, text string
	code                    []byte
}

// assemble returns the instructions of a source, macros expanded.
func assemble(t *testing.T, arch, source string) (list []instruction) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skip("there is no go command to assemble with: ", err)
	}
	include := filepath.Join(strings.TrimSpace(string(root)), "pkg", "include")
	cmd := exec.Command("go", "tool", "asm", "-S", "-p", "asm", "-I", include, "-I", ".", "-o", filepath.Join(t.TempDir(), "o"), source)
	cmd.Env = append(os.Environ(), "GOARCH="+arch)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", source, err, out)
	}
	var routine string
	var starts []int
	var code []byte
	flush := func() { // the bytes of a routine come after all its lines
		for i, start := range starts {
			end := len(code)
			if i+1 < len(starts) {
				end = starts[i+1]
			}
			list[len(list)-len(starts)+i].code = code[start:end]
		}
		starts, code = nil, nil
	}
	for line := range bytes.SplitSeq(out, []byte("\n")) {
		if !bytes.HasPrefix(line, []byte("\t")) { // another routine, or data
			flush()
			if m := listedName.FindSubmatch(line); m != nil {
				routine = string(m[1])
			}
		} else if m := listedLine.FindSubmatch(line); m != nil {
			start, err := strconv.ParseUint(string(m[1]), 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			starts = append(starts, int(start))
			list = append(list, instruction{routine: routine, position: string(m[2]), text: string(m[3])})
		} else if m := listedBytes.FindSubmatch(line); m != nil && len(starts) > 0 {
			part, err := hex.DecodeString(strings.ReplaceAll(string(m[1]), " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			code = append(code, part...)
		}
	}
	flush()
	return list
}

// TestWords compares each instruction of neon_arm64.h with what GNU as makes
// of the comment, and sees that no source spells a word itself.
func TestWords(t *testing.T) {
	known := []struct {
		call string
		word uint32
	}{
		{"FADD4S(17, 10, 4)", 0x4e31d544},     // fadd v4.4s, v10.4s, v17.4s
		{"FSUB4S(17, 10, 4)", 0x4eb1d544},     // fsub v4.4s, v10.4s, v17.4s
		{"FMUL4S(17, 10, 4)", 0x6e31dd44},     // fmul v4.4s, v10.4s, v17.4s
		{"FDIV4S(17, 10, 4)", 0x6e31fd44},     // fdiv v4.4s, v10.4s, v17.4s
		{"FMAX4S(17, 10, 4)", 0x4e31f544},     // fmax v4.4s, v10.4s, v17.4s
		{"FMIN4S(17, 10, 4)", 0x4eb1f544},     // fmin v4.4s, v10.4s, v17.4s
		{"FCMEQ4S(17, 10, 4)", 0x4e31e544},    // fcmeq v4.4s, v10.4s, v17.4s
		{"FCMGE4S(17, 10, 4)", 0x6e31e544},    // fcmge v4.4s, v10.4s, v17.4s
		{"FCMGT4S(17, 10, 4)", 0x6eb1e544},    // fcmgt v4.4s, v10.4s, v17.4s
		{"CMGE4S(17, 10, 4)", 0x4eb13d44},     // cmge v4.4s, v10.4s, v17.4s
		{"CMGT4S(17, 10, 4)", 0x4eb13544},     // cmgt v4.4s, v10.4s, v17.4s
		{"ADD4S(17, 10, 4)", 0x4eb18544},      // add v4.4s, v10.4s, v17.4s
		{"SUB4S(17, 10, 4)", 0x6eb18544},      // sub v4.4s, v10.4s, v17.4s
		{"EOR16B(17, 10, 4)", 0x6e311d44},     // eor v4.16b, v10.16b, v17.16b
		{"SHL4S(1, 2, 3)", 0x4f215443},        // shl v3.4s, v2.4s, #1
		{"SHL4S(23, 30, 9)", 0x4f3757c9},      // shl v9.4s, v30.4s, #23
		{"SSHR4S(1, 2, 3)", 0x4f3f0443},       // sshr v3.4s, v2.4s, #1
		{"SSHR4S(23, 30, 9)", 0x4f2907c9},     // sshr v9.4s, v30.4s, #23
		{"ADDV4S(17, 10)", 0x4eb1ba2a},        // addv s10, v17.4s
		{"FCVTL4S(17, 10)", 0x0e217a2a},       // fcvtl v10.4s, v17.4h
		{"FCVTL2_4S(17, 10)", 0x4e217a2a},     // fcvtl2 v10.4s, v17.8h
		{"FCVTN4H(17, 10)", 0x0e216a2a},       // fcvtn v10.4h, v17.4s
		{"FCVTN2_8H(17, 10)", 0x4e216a2a},     // fcvtn2 v10.8h, v17.4s
		{"SMULL8H(17, 10, 4)", 0x0e31c144},    // smull v4.8h, v10.8b, v17.8b
		{"SMULL2_8H(17, 10, 4)", 0x4e31c144},  // smull2 v4.8h, v10.16b, v17.16b
		{"SMLAL8H(17, 10, 4)", 0x0e318144},    // smlal v4.8h, v10.8b, v17.8b
		{"SMLAL2_8H(17, 10, 4)", 0x4e318144},  // smlal2 v4.8h, v10.16b, v17.16b
		{"SADDLP4S(17, 10)", 0x4e602a2a},      // saddlp v10.4s, v17.8h
		{"SADALP4S(17, 10)", 0x4e606a2a},      // sadalp v10.4s, v17.8h
		{"SCVTF4S(17, 10)", 0x4e21da2a},       // scvtf v10.4s, v17.4s
		{"FMUL4SX(0, 0, 2, 8)", 0x4f809048},   // fmul v8.4s, v2.4s, v0.s[0]
		{"FMUL4SX(1, 1, 30, 9)", 0x4fa193c9},  // fmul v9.4s, v30.4s, v1.s[1]
		{"FMUL4SX(8, 2, 3, 31)", 0x4f88987f},  // fmul v31.4s, v3.4s, v8.s[2]
		{"FMUL4SX(12, 3, 17, 4)", 0x4fac9a24}, // fmul v4.4s, v17.4s, v12.s[3]
		{"FMUL4SX(0, 7, 2, 29)", 0x4fa1985d},  // fmul v29.4s, v2.4s, v1.s[3]
		{"FMUL2DX(0, 0, 3, 8)", 0x4fc09068},   // fmul v8.2d, v3.2d, v0.d[0]
		{"FMUL2DX(16, 1, 30, 9)", 0x4fd09bc9}, // fmul v9.2d, v30.2d, v16.d[1]
		{"FMUL2DX(0, 5, 6, 31)", 0x4fc298df},  // fmul v31.2d, v6.2d, v2.d[1]
		{"FMLA4SX(0, 0, 2, 8)", 0x4f801048},   // fmla v8.4s, v2.4s, v0.s[0]
		{"FMLA4SX(1, 1, 30, 9)", 0x4fa113c9},  // fmla v9.4s, v30.4s, v1.s[1]
		{"FMLA4SX(8, 2, 3, 31)", 0x4f88187f},  // fmla v31.4s, v3.4s, v8.s[2]
		{"FMLA4SX(12, 3, 17, 4)", 0x4fac1a24}, // fmla v4.4s, v17.4s, v12.s[3]
		{"FMLA4SX(0, 7, 2, 29)", 0x4fa1185d},  // fmla v29.4s, v2.4s, v1.s[3]
		{"FMLA2DX(0, 0, 3, 8)", 0x4fc01068},   // fmla v8.2d, v3.2d, v0.d[0]
		{"FMLA2DX(16, 1, 30, 9)", 0x4fd01bc9}, // fmla v9.2d, v30.2d, v16.d[1]
		{"FMLA2DX(0, 5, 6, 31)", 0x4fc218df},  // fmla v31.2d, v6.2d, v2.d[1]
		{"FMLS4SX(0, 0, 2, 8)", 0x4f805048},   // fmls v8.4s, v2.4s, v0.s[0]
		{"FMLS4SX(1, 1, 30, 9)", 0x4fa153c9},  // fmls v9.4s, v30.4s, v1.s[1]
		{"FMLS4SX(8, 2, 3, 31)", 0x4f88587f},  // fmls v31.4s, v3.4s, v8.s[2]
		{"FMLS4SX(12, 3, 17, 4)", 0x4fac5a24}, // fmls v4.4s, v17.4s, v12.s[3]
		{"FMLS4SX(0, 7, 2, 29)", 0x4fa1585d},  // fmls v29.4s, v2.4s, v1.s[3]
		{"FMLS2DX(0, 0, 3, 8)", 0x4fc05068},   // fmls v8.2d, v3.2d, v0.d[0]
		{"FMLS2DX(16, 1, 30, 9)", 0x4fd05bc9}, // fmls v9.2d, v30.2d, v16.d[1]
		{"FMLS2DX(0, 5, 6, 31)", 0x4fc258df},  // fmls v31.2d, v6.2d, v2.d[1]
	}
	source := "#include \"neon_arm64.h\"\nTEXT ·x(SB), 0, $0\n"
	tested := map[string]bool{"NEON2": true, "NEON3": true, "ELEM4S": true, "ELEM2D": true} // parts of the others
	for _, k := range known {
		source += "\t" + k.call + "\n"
		name, _, _ := strings.Cut(k.call, "(")
		tested[name] = true
	}
	file := filepath.Join(t.TempDir(), "x_arm64.s")
	if err := os.WriteFile(file, []byte(source+"\tRET\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	list := assemble(t, "arm64", file)
	for len(list) > 0 && !strings.HasPrefix(list[0].text, "WORD") {
		list = list[1:]
	}
	for i, k := range known {
		if got := binary.LittleEndian.Uint32(list[i].code); got != k.word {
			t.Errorf("%s is %#08x, want %#08x", k.call, got, k.word)
		}
	}
	header, err := os.ReadFile("neon_arm64.h")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^#define (\w+)`).FindAllSubmatch(header, -1) {
		if !tested[string(m[1])] {
			t.Errorf("%s is compared with no known word", m[1])
		}
	}
	files, err := filepath.Glob("*_arm64.[sh]")
	if err != nil || len(files) < 2 {
		t.Fatal("no assembly: ", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if file != "neon_arm64.h" && bytes.Contains(text, []byte("WORD")) {
			t.Errorf("%s has a WORD of its own", file)
		}
	}
}
