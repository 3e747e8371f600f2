//go:build !noasm

#include "textflag.h"

#define V0 Y0
#define V1 Y1
#define V2 Y2
#define V3 Y3
#define V4 Y4
#define V5 Y5
#define V6 Y6
#define V7 Y7
#define V8 Y8
#define V9 Y9
#define V10 Y10
#define V11 Y11
#define V12 Y12
#define V13 Y13
#define V14 Y14
#define V15 Y15

#include "exp_amd64.h"

#define SELECTLESS(a, b, from, into, tmp) \
	VCMPPS    $17, b, a, tmp; \
	VBLENDVPS tmp, from, into, into
#define ADVANCE(pointer) ADDQ $32, pointer

#include "smooth_amd64.h"

// func activateLogisticAVX2(dst, x, up *float32, step, n int, table *table)
TEXT ·activateLogisticAVX2(SB), NOSPLIT, $0-48
	ACTIVATE(LOGISTIC, 8)

// func activateNormalAVX2(dst, x, up *float32, step, n int, table *table)
TEXT ·activateNormalAVX2(SB), NOSPLIT, $0-48
	ACTIVATE(DISTRIBUTION, 8)

// func startSmoothAVX2(state *smoothState, t, p, m, w *float32, step, n int, table *table, alpha, gamma float32)
TEXT ·startSmoothAVX2(SB), NOSPLIT, $0-72
	START(8)

// func tryLogisticAVX2(state *smoothState, trial, p, m, w *float32, step, n int, table *table, alpha, gamma float32)
TEXT ·tryLogisticAVX2(SB), NOSPLIT, $0-72
	TRY(LOGISTIC, LOGISTICSLOPES, 8)

// func tryNormalAVX2(state *smoothState, trial, p, m, w *float32, step, n int, table *table, alpha, gamma float32)
TEXT ·tryNormalAVX2(SB), NOSPLIT, $0-72
	TRY(DISTRIBUTION, DISTRIBUTIONSLOPES, 8)
