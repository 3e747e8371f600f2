"""Writes steps.json: the z and s steps of random entries, by brute force.

    python steps.py >steps.json      # torch 2.7.1

For each activation φ, "inner" has entries with t, p, m, w, of which "best" is the t
that makes α(t − m)² + γ(p − w·φ(t))² least: the best of a grid, bisected to where the
slope changes its sign. w is 1 in the first half: the z step without a gate; in the
second it is z: the s step. "gated" has entries with s, p, m and the z step of a gate,
in closed form. "newton" is one Gauss–Newton step of SiLU's gate, cut until it lowers
the objective.
"""
import json
import math
import torch

torch.manual_seed(1)
F = torch.float64
ALPHA, GAMMA, N = 0.1, 1.0, 200


def tanh_form(x):
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


ACTIVATIONS = {
    "relu": torch.relu,
    "relu2": lambda x: torch.relu(x) ** 2,
    "silu": lambda x: x * torch.sigmoid(x),
    "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x),
    "gelu": lambda x: 0.5 * x * torch.special.erfc(-x / math.sqrt(2)),
    "gelu_new": tanh_form,
}


def rounded(x):  # few digits, which JSON holds exactly
    return (x * 1000).round() / 1000


def entries(phi):
    t, m, w = (rounded(k * torch.randn(N, dtype=F)) for k in (0.5, 2, 2))
    t = rounded(m + t)
    w[: N // 2] = 1
    p = rounded(w * phi(t) + torch.randn(N, dtype=F))
    return t, p, m, w


def minimise(phi, p, m, w):
    def cost(t):
        return ALPHA * (t - m) ** 2 + GAMMA * (p - w * phi(t)) ** 2

    h = 1e-3
    grid = torch.arange(-30, 30, h, dtype=F)
    costs = torch.stack([cost(g) for g in grid])
    best = grid[costs.argmin(0)]
    lo, hi = best - h, best + h
    for _ in range(100):  # thirds: the cost is convex that near, or has its kink there
        a, b = lo + (hi - lo) / 3, hi - (hi - lo) / 3
        down = cost(a) > cost(b)
        lo, hi = torch.where(down, a, lo), torch.where(down, hi, b)
    return (lo + hi) / 2, cost((lo + hi) / 2)


def columns(**named):
    return {k: [float("%.12g" % v) for v in x.tolist()] for k, x in named.items()}


out = {"alpha": ALPHA, "gamma": GAMMA, "inner": {}, "gated": {}}
for name, phi in ACTIVATIONS.items():
    t, p, m, w = entries(phi)
    best, least = minimise(phi, p, m, w)
    out["inner"][name] = columns(t=t, p=p, m=m, w=w, best=best, least=least)
    s, p, m, _ = entries(phi)
    g = phi(s)
    out["gated"][name] = columns(s=s, p=p, m=m, z=(ALPHA * m + GAMMA * g * p) / (ALPHA + GAMMA * g * g))

phi = ACTIVATIONS["silu"]
s, p, m, z = entries(phi)
sigma = torch.sigmoid(s)
slope = z * sigma * (1 + s * (1 - sigma))
step = (ALPHA * (s - m) - GAMMA * (p - z * phi(s)) * slope) / (ALPHA + GAMMA * slope**2)
cost = lambda s: ALPHA * (s - m) ** 2 + GAMMA * (p - z * phi(s)) ** 2
end = s.clone()
for k in range(6):
    end = torch.where((end == s) & (cost(s - step / 4**k) < cost(s)), s - step / 4**k, end)
out["newton"] = columns(s=s, p=p, m=m, z=z, end=end)
print(json.dumps(out))
