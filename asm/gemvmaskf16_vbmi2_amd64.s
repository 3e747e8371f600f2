//go:build !noasm

#include "textflag.h"

#define WIDEN(y, z) VCVTPH2PS y, z

// func gemvMaskF16AVX512VBMI2(dst *float32, mask, values *byte, x *float32, rows, words int)
TEXT ·gemvMaskF16AVX512VBMI2(SB), NOSPLIT, $0-48
#include "gemvmask_vbmi2_amd64.h"
