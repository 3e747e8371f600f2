"""The weights of the tiny models of variants.py and spellings.py."""
import numpy as np


def weight(name, shape):
    """Uniform in −0.5..0.5, from splitmix64 seeded with the name's FNV-1a hash;
    in 0.5..1.5 for the weights of norms."""
    h = 0xCBF29CE484222325
    for c in name.encode():
        h = (h ^ c) * 0x100000001B3 % 2**64
    n = int(np.prod(shape))
    with np.errstate(over="ignore"):
        z = np.uint64(h) + np.uint64(0x9E3779B97F4A7C15) * np.arange(1, n + 1, dtype=np.uint64)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    w = (z >> np.uint64(40)).astype(np.float64) / 2**24 - 0.5
    if "norm" in name and name.endswith("weight"):
        w += 1
    return w.reshape(shape)
