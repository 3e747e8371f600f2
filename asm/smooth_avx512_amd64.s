//go:build !noasm

#include "textflag.h"

#define V0 Z0
#define V1 Z1
#define V2 Z2
#define V3 Z3
#define V4 Z4
#define V5 Z5
#define V6 Z6
#define V7 Z7
#define V8 Z8
#define V9 Z9
#define V10 Z10
#define V11 Z11
#define V12 Z12
#define V13 Z13
#define V14 Z14
#define V15 Z15

#include "exp_amd64.h"

#define SELECTLESS(a, b, from, into, tmp) \
	VCMPPS  $17, b, a, K1; \
	VMOVAPS from, K1, into
#define ADVANCE(pointer) ADDQ $64, pointer

#include "smooth_amd64.h"

// func activateLogisticAVX512(dst, x, up *float32, step, n int, table *table)
TEXT ·activateLogisticAVX512(SB), NOSPLIT, $0-48
	ACTIVATE(LOGISTIC, 16)

// func activateNormalAVX512(dst, x, up *float32, step, n int, table *table)
TEXT ·activateNormalAVX512(SB), NOSPLIT, $0-48
	ACTIVATE(DISTRIBUTION, 16)

// func startSmoothAVX512(state *smoothState, t, p, m, w *float32, step, n int, table *table, alpha, gamma float32)
TEXT ·startSmoothAVX512(SB), NOSPLIT, $0-72
	START(16)

// func tryLogisticAVX512(state *smoothState, trial, p, m, w *float32, step, n int, table *table, alpha, gamma float32)
TEXT ·tryLogisticAVX512(SB), NOSPLIT, $0-72
	TRY(LOGISTIC, LOGISTICSLOPES, 16)

// func tryNormalAVX512(state *smoothState, trial, p, m, w *float32, step, n int, table *table, alpha, gamma float32)
TEXT ·tryNormalAVX512(SB), NOSPLIT, $0-72
	TRY(DISTRIBUTION, DISTRIBUTIONSLOPES, 16)
