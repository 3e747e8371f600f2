// Instructions that Go's assembler lacks, as the words that they are: vector
// arithmetic in floating point, but for the fused kind, and anything times one
// element of a vector. Registers are given by number, as constants, in the
// order of Go's assembler, the destination last; a few integer instructions
// that Go has are here for macros that know their registers by number. The
// encodings are from the Arm Architecture Reference Manual, section C4.1,
// "Advanced SIMD"; TestWords checks each against known words.

#define NEON3(word, m, n, d) WORD $(word | (m)<<16 | (n)<<5 | (d))
#define NEON2(word, n, d) WORD $(word | (n)<<5 | (d))

// Four float32: d = n op m.
#define FADD4S(m, n, d) NEON3(0x4e20d400, m, n, d)
#define FSUB4S(m, n, d) NEON3(0x4ea0d400, m, n, d)
#define FMUL4S(m, n, d) NEON3(0x6e20dc00, m, n, d)
#define FDIV4S(m, n, d) NEON3(0x6e20fc00, m, n, d)
#define FMAX4S(m, n, d) NEON3(0x4e20f400, m, n, d)
#define FMIN4S(m, n, d) NEON3(0x4ea0f400, m, n, d)

// Four comparisons, ones where they hold: of float32, and of int32.
#define FCMEQ4S(m, n, d) NEON3(0x4e20e400, m, n, d)
#define FCMGE4S(m, n, d) NEON3(0x6e20e400, m, n, d)
#define FCMGT4S(m, n, d) NEON3(0x6ea0e400, m, n, d)
#define CMGE4S(m, n, d) NEON3(0x4ea03c00, m, n, d)
#define CMGT4S(m, n, d) NEON3(0x4ea03400, m, n, d)

// Integers.
#define ADD4S(m, n, d) NEON3(0x4ea08400, m, n, d)
#define SUB4S(m, n, d) NEON3(0x6ea08400, m, n, d)
#define EOR16B(m, n, d) NEON3(0x6e201c00, m, n, d)
#define SHL4S(shift, n, d) NEON3(0x4f005400, 32+shift, n, d)
#define SSHR4S(shift, n, d) NEON3(0x4f000400, 64-shift, n, d)
#define ADDV4S(n, d) NEON2(0x4eb1b800, n, d) // the sum of four

// Four float16 to float32 and back, the lower or the upper four.
#define FCVTL4S(n, d) NEON2(0x0e217800, n, d)
#define FCVTL2_4S(n, d) NEON2(0x4e217800, n, d)
#define FCVTN4H(n, d) NEON2(0x0e216800, n, d)
#define FCVTN2_8H(n, d) NEON2(0x4e216800, n, d)

// Four float32, or two float64, times element i of m: d = n*m[i], d += n*m[i]
// and d -= n*m[i]. So that a loop over elements need not tell where registers
// end, i may go on into the registers after m.
#define ELEM4S(word, m, i, n, d) NEON3(word | ((i)&1)<<21 | ((i)>>1&1)<<11, (m)+((i)>>2), n, d)
#define ELEM2D(word, m, i, n, d) NEON3(word | ((i)&1)<<11, (m)+((i)>>1), n, d)
#define FMUL4SX(m, i, n, d) ELEM4S(0x4f809000, m, i, n, d)
#define FMLA4SX(m, i, n, d) ELEM4S(0x4f801000, m, i, n, d)
#define FMLS4SX(m, i, n, d) ELEM4S(0x4f805000, m, i, n, d)
#define FMUL2DX(m, i, n, d) ELEM2D(0x4fc09000, m, i, n, d)
#define FMLA2DX(m, i, n, d) ELEM2D(0x4fc01000, m, i, n, d)
#define FMLS2DX(m, i, n, d) ELEM2D(0x4fc05000, m, i, n, d)

// Products of eight int8, the lower or the upper of sixteen, as int16: d = n*m, and
// d += n*m. Sums of pairs of int16 as int32: d = those of n, and d += those.
// And four int32 to float32.
#define SMULL8H(m, n, d) NEON3(0x0e20c000, m, n, d)
#define SMULL2_8H(m, n, d) NEON3(0x4e20c000, m, n, d)
#define SMLAL8H(m, n, d) NEON3(0x0e208000, m, n, d)
#define SMLAL2_8H(m, n, d) NEON3(0x4e208000, m, n, d)
#define SADDLP4S(n, d) NEON2(0x4e602800, n, d)
#define SADALP4S(n, d) NEON2(0x4e606800, n, d)
#define SCVTF4S(n, d) NEON2(0x4e21d800, n, d)
