"""Writes ggml.safetensors beside itself: of every quantised type that is read, random blocks ("Q4_K.blocks") and what the
Python package gguf makes of them ("Q4_K.values"); of those that are written, numbers ("Q8_0.x") and the blocks it makes of
them ("Q8_0.quantized"). Needs numpy 2.4.6 and gguf 0.19.0."""
import os, struct, json
import numpy as np, gguf
from gguf.quants import quantize, dequantize

here = os.path.dirname(os.path.abspath(__file__))
T = gguf.GGMLQuantizationType
r = np.random.default_rng(0)
out = {}
f16 = lambda *x: np.array(x, np.float16)
# What a block's scale is in the first blocks: signed zeros, the smallest and largest, infinities, NaN; then what models have.
extreme = f16(0, -0.0, 6e-8, -6e-8, 65504, -65504, np.inf, -np.inf, np.nan)
scales = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82], "Q3_K": [108],
          "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "IQ4_NL": [0], "IQ4_XS": [0]}  # where float16 numbers are in a block
for name, places in scales.items():
    block, size = gguf.GGML_QUANT_SIZES[T[name]]
    n = 24 if block == 32 else 12
    b = r.integers(0, 256, (n, size), dtype=np.uint8)
    for k, at in enumerate(places):
        x = (r.standard_normal(n) * 0.02).astype(np.float16)
        x[:len(extreme)] = np.roll(extreme, 4 * k)
        b[:, at:at + 2] = x[:, None].view(np.uint8)
    out[name + ".blocks"] = b
    with np.errstate(all="ignore"):
        out[name + ".values"] = dequantize(b, T[name])

x = r.standard_normal((40, 32), dtype=np.float32)
x[0] = 0
x[1, 3:] = -0.0
x[2, 5:] = 0
x[3] = [(-1) ** i * (i + 1) for i in range(32)]
x[4] = np.float32(1e-7) * x[4]   # a scale that float16 holds but coarsely
x[5] = np.float32(1e-12) * x[5]  # and one that it does not
x[6] = 2.0 ** -140               # whose reciprocal float32 has not
x[6, 1:] = 0
x[7] = 3e4 * np.sign(x[7])       # the largest that models in float16 have
x[8] = np.arange(32) * 8 - 124   # halves of a step
x[8, 0] = 127 * 2
x[9] = np.arange(32) / 2 - 8
x[10, ::2] = 0                   # pruned
x[11, 7], x[11, 21] = 5, -5      # two that are largest
x[12, 7], x[12, 21] = -5, 5
x[13:20] *= np.float32(10) ** r.uniform(-4, 4, (7, 1)).astype(np.float32)
x[20:30] = x[20:30].astype(np.float16)
for name in ("Q8_0", "Q4_0"):
    out[name + ".x"] = x
    with np.errstate(all="ignore"):
        q = x.copy()
        q[6] = 0 # no zero times an infinity
        out[name + ".quantized"] = quantize(q, T[name])

header, off = {}, 0
for n, y in out.items():
    header[n] = {"dtype": "U8" if y.dtype == np.uint8 else "F32", "shape": list(y.shape), "data_offsets": [off, off + y.nbytes]}
    off += y.nbytes
h = json.dumps(header).encode()
h += b" " * (-len(h) % 8)
with open(f"{here}/ggml.safetensors", "wb") as f:
    f.write(struct.pack("<Q", len(h)) + h + b"".join(np.ascontiguousarray(y).tobytes() for y in out.values()))
