//go:build !noasm

package asm

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/cpuid/v2"
)

// Which instructions need which feature, by encoding, since a mnemonic may
// have several: the registers of AVX-512, its masks, and its vectors of 512
// bits are in the EVEX encoding alone (Intel's manual, volume 2, section 2.7).
// Sizes and, with EVEX, the suffixes .Z and .BCST are left off.
// An instruction that is in none of the lists fails the test.
var (
	legacyNeeds = needs{
		baseline: `TEXT FUNCDATA PCDATA NOP RET JMP J?? J??? MOV? MOVWLZX LEA? ADD? SUB? INC? DEC? NEG? NOT? AND? OR? XOR? SHL? SHR? SAR?
			CMP? TEST? IMULQ PUSHQ POPQ CMOV??? PREFETCHT0 BSFL BSFQ BSRL BSRQ`,
		cpuid.POPCNT: `POPCNT?`,
		cpuid.BMI1:   `TZCNT?`,
		cpuid.LZCNT:  `LZCNT?`,
	}
	vexNeeds = needs{
		cpuid.AVX: `VZEROUPPER VMOV?PS VMOV?PD VMOVS? VMOVDQU VMOVDQA VMOVMSKP? VMASKMOVP? VBROADCASTS? VBROADCASTF128
			VADDP? VSUBP? VMULP? VDIVP? VSQRTP? VMINP? VMAXP? VCMPP? VCMPS? VANDP? VANDNP? VORP? VXORP? VBLENDVP?
			VADDS? VSUBS? VMULS? VDIVS? VSQRTS? VMINS? VMAXS? VUCOMIS? VCVTPS2PD VCVTPD2PS VCVTDQ2PS VCVTPS2DQ
			VUNPCK??? VMOVSHDUP VMOVLPS VMOVHPS VINSERTF128 VEXTRACTF128 VPERM2F128`,
		// Integers of 128 bits are part of AVX; the tiers do not tell.
		cpuid.AVX2: `VPADD? VPSUB? VPAND VPANDN VPOR VPXOR VPSLL? VPSRL? VPSRA? VPCMPEQ? VPCMPGT? VPBROADCAST?
			VPMOVZX?? VPMOVSX?? VPACKUSDW VPACKSS?? VPABS? VPSIGN? VPSHUFB VPSHUFD VMOVD VPMADDUBSW VPMADDWD VPHADDD VPMAXU? VEXTRACTI128 VINSERTI128 VBROADCASTI128 VPERMQ VPERMD VPERMPS VPERMPD VPMASKMOV? VPMOVMSKB VPBLENDVB`,
		cpuid.FMA3:     `VFMADD231?? VFNMADD231?? VFMADD213?? VFNMADD213?? VFMADD132?? VFNMADD132??`,
		cpuid.F16C:     `VCVTPH2PS VCVTPS2PH`,
		cpuid.BMI1:     `ANDN? BLSR? BLSI? BLSMSK? BEXTR?`,
		cpuid.BMI2:     `BZHI? PDEP? PEXT? SHLX? SHRX? SARX? RORX? MULX?`,
		cpuid.AVX512F:  `KMOVW KANDW KANDNW KORW KXORW KNOTW KORTESTW`,
		cpuid.AVX512DQ: `KMOVB KANDB KANDNB KORB KXORB KNOTB KORTESTB`,
		cpuid.AVX512BW: `KMOV[DQ] KAND[DQ] KANDN[DQ] KOR[DQ] KXOR[DQ] KNOT[DQ] KORTEST[DQ]`,
		cpuid.AVXVNNI:  `VPDPBUSD VPDPBUSDS VPDPWSSD VPDPWSSDS`,
	}
	evexNeeds = needs{
		cpuid.AVX512F: `VMOV?PS VMOV?PD VMOVS? VMOVDQU32 VMOVDQU64 VMOVDQA32 VMOVDQA64 VBROADCASTS?
			VADDP? VSUBP? VMULP? VDIVP? VSQRTP? VMINP? VMAXP? VCMPP? VCOMPRESSP? VEXPANDP?
			VADDS? VSUBS? VMULS? VDIVS? VSQRTS? VMINS? VMAXS? VUCOMIS? VCVTPS2PD VCVTPD2PS VCVTPH2PS VCVTPS2PH
			VFMADD231?? VFNMADD231?? VFMADD213?? VFNMADD213?? VFMADD132?? VFNMADD132??
			VPADD[DQ] VPSUB[DQ] VPAND[DQ] VPANDN[DQ] VPOR[DQ] VPXOR[DQ] VPSLL[DQ] VPSRL[DQ] VPSRA[DQ] VPTERNLOG[DQ]
			VPCMP[DQ] VPCMPU[DQ] VPCMPEQ[DQ] VPCMPGT[DQ] VPTESTM[DQ] VPBROADCAST[DQ] VPMOVZXWD VCVTDQ2PS VUNPCK??? VEXTRACTF64X4 VEXTRACTI64X4`,
		cpuid.AVX512DQ:    `VANDP? VANDNP? VORP? VXORP? VPMULLQ VPMOV[DQ]2M VPMOVM2[DQ]`,
		cpuid.AVX512BW:    `VPSHUFB VMOVDQU8 VMOVDQU16 VPADD[BW] VPSUB[BW] VPCMP[BW] VPCMPU[BW] VPBROADCAST[BW] VPMOV[BW]2M VPMOVM2[BW]`,
		cpuid.AVX512VBMI2: `VPEXPAND[BW]`,
		cpuid.AVX512VNNI:  `VPDPBUSD VPDPBUSDS VPDPWSSD VPDPWSSDS`,
	}
	// oneElement are those that have no vector length for AVX512VL to be about.
	oneElement = "VMOVS? VADDS? VSUBS? VMULS? VDIVS? VSQRTS? VMINS? VMAXS? VUCOMIS? VFMADD???S? VFNMADD???S?"
)

// baseline stands for what every amd64 has.
const baseline = cpuid.UNKNOWN

type needs map[cpuid.FeatureID]string

// matches reports whether name is one of a list of patterns.
func matches(list, name string) bool {
	return slices.ContainsFunc(strings.Fields(list), func(p string) bool {
		ok, err := filepath.Match(p, name)
		if err != nil {
			panic(err)
		}
		return ok
	})
}

// needed returns the features of one instruction, given as the assembler
// spells it, with operands, and as the bytes that it became.
func needed(text string, code []byte) ([]cpuid.FeatureID, error) {
	name, operands, _ := strings.Cut(text, "\t")
	name, _, _ = strings.Cut(name, ".")
	table, encoding := legacyNeeds, "plain"
	if len(code) > 0 {
		switch code[0] {
		case 0xc4, 0xc5:
			table, encoding = vexNeeds, "VEX"
		case 0x62:
			table, encoding = evexNeeds, "EVEX"
		}
	}
	var features []cpuid.FeatureID
	for f, list := range table {
		if matches(list, name) {
			features = append(features, f)
		}
	}
	if len(features) != 1 {
		return nil, fmt.Errorf("%s, in the %s encoding, is in %d lists of what instructions need", name, encoding, len(features))
	}
	switch {
	case features[0] == baseline:
		return nil, nil
	case encoding == "EVEX" && code[3]>>5&3 != 2 && !matches(oneElement, name): // the length is not 512
		features = append(features, cpuid.AVX512VL)
	case encoding == "VEX" && strings.HasPrefix(name, "VBROADCASTS") && strings.HasPrefix(operands, "X"):
		features[0] = cpuid.AVX2 // from memory AVX does it
	}
	return features, nil
}

// TestNeeded assembles instructions and says what each needs.
func TestNeeded(t *testing.T) {
	cases := []struct {
		text string
		want []cpuid.FeatureID
	}{
		{"ADDQ AX, BX", nil},
		{"POPCNTL AX, BX", []cpuid.FeatureID{cpuid.POPCNT}},
		{"TZCNTQ AX, BX", []cpuid.FeatureID{cpuid.BMI1}},
		{"LZCNTQ AX, BX", []cpuid.FeatureID{cpuid.LZCNT}},
		{"BLSRL AX, BX", []cpuid.FeatureID{cpuid.BMI1}},
		{"BZHIQ AX, BX, CX", []cpuid.FeatureID{cpuid.BMI2}},
		{"SHLXQ AX, BX, CX", []cpuid.FeatureID{cpuid.BMI2}},
		{"VADDPS Y0, Y1, Y2", []cpuid.FeatureID{cpuid.AVX}},
		{"VBROADCASTSS (AX), Y2", []cpuid.FeatureID{cpuid.AVX}},
		{"VBROADCASTSS X1, Y2", []cpuid.FeatureID{cpuid.AVX2}},
		{"VPADDD Y0, Y1, Y2", []cpuid.FeatureID{cpuid.AVX2}},
		{"VFMADD231PS Y0, Y1, Y2", []cpuid.FeatureID{cpuid.FMA3}},
		{"VCVTPH2PS X0, Y1", []cpuid.FeatureID{cpuid.F16C}},
		{"VADDPS Z0, Z1, Z2", []cpuid.FeatureID{cpuid.AVX512F}},
		{"VADDPS Y16, Y1, Y2", []cpuid.FeatureID{cpuid.AVX512F, cpuid.AVX512VL}},
		{"VADDPS Y0, Y1, K1, Y2", []cpuid.FeatureID{cpuid.AVX512F, cpuid.AVX512VL}},
		{"VADDSS X16, X1, X2", []cpuid.FeatureID{cpuid.AVX512F}},
		{"VFMADD231SD X16, X1, X2", []cpuid.FeatureID{cpuid.AVX512F}},
		{"VANDPS Z0, Z1, Z2", []cpuid.FeatureID{cpuid.AVX512DQ}},
		{"VPANDD X0, X1, X2", []cpuid.FeatureID{cpuid.AVX512F, cpuid.AVX512VL}},
		{"VPCMPB $1, Z0, Z1, K1", []cpuid.FeatureID{cpuid.AVX512BW}},
		{"VPDPBUSD Z0, Z1, Z2", []cpuid.FeatureID{cpuid.AVX512VNNI}},
		{"KMOVW K1, AX", []cpuid.FeatureID{cpuid.AVX512F}},
		{"KMOVB K1, AX", []cpuid.FeatureID{cpuid.AVX512DQ}},
		{"KMOVQ K1, AX", []cpuid.FeatureID{cpuid.AVX512BW}},
	}
	source := "TEXT ·x(SB), 0, $0\n"
	for _, c := range cases {
		source += "\t" + c.text + "\n"
	}
	source += "\tVPERMILPS $1, Y0, Y1\n\tRET\n"
	file := filepath.Join(t.TempDir(), "x_amd64.s")
	if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	list := assemble(t, "amd64", file)
	list = list[len(list)-len(cases)-2:]
	for i, c := range cases {
		got, err := needed(list[i].text, list[i].code)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s, % x, needs %v, %v; want %v", c.text, list[i].code, got, err, c.want)
		}
	}
	if _, err := needed(list[len(cases)].text, list[len(cases)].code); err == nil || !strings.Contains(err.Error(), "VPERMILPS") {
		t.Errorf("an instruction that is in no list gives %v", err)
	}
}

// TestGuards: no routine has an instruction that its tier, which its name
// ends with, does not ask the processor for.
func TestGuards(t *testing.T) {
	files, err := filepath.Glob("*_amd64.s")
	if err != nil || len(files) == 0 {
		t.Fatal("no assembly: ", err)
	}
	for _, file := range files {
		list := assemble(t, "amd64", file)
		if len(list) == 0 {
			t.Errorf("%s: no instructions", file)
		}
		for _, in := range list {
			var has []cpuid.FeatureID
			switch {
			case strings.HasSuffix(in.routine, "AVX512VNNI"):
				has, _ = features(AVX512)
				has = append(has, vnniFeatures...)
			case strings.HasSuffix(in.routine, "AVX512VBMI2"):
				has, _ = features(AVX512)
				has = append(has, vbmi2Features...)
			case strings.HasSuffix(in.routine, "AVX512"):
				has, _ = features(AVX512)
			case strings.HasSuffix(in.routine, "AVX2"):
				has, _ = features(AVX2)
			default:
				t.Fatalf("%s: the name %s does not end in a tier", in.position, in.routine)
			}
			need, err := needed(in.text, in.code)
			if err != nil {
				t.Fatalf("%s: %v", in.position, err)
			}
			for _, f := range need {
				if !slices.Contains(has, f) {
					t.Errorf("%s: %s has %q, which needs %v", in.position, in.routine, in.text, f)
				}
			}
		}
	}
}
