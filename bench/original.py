"""SparseGPT and SparseLLM in PyTorch, float32 on the CPU, as the released code
goes about them: what a whole run of sparsellm is measured against.

Written for this comparison from the description of the algorithms. Prunes the
first blocks of a model and writes a line of JSON: seconds and peak bytes of
every phase.
"""

import argparse
import json
import resource
import time

import torch
from transformers import AutoModelForCausalLM

EPOCHS, DAMPING, BLOCKSIZE = 4, 0.01, 128


class Clock:
    def __init__(self):
        self.phases, self.name, self.since = {}, "load", time.perf_counter()

    def turn(self, name):
        now = time.perf_counter()
        seconds, _ = self.phases.get(self.name, (0, 0))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        self.phases[self.name] = (seconds + now - self.since, peak)
        self.name, self.since = name, now


class Hessian:
    """(2/K) Σ x xᵀ over K samples, one by one."""

    def __init__(self, features):
        self.h, self.samples = torch.zeros(features, features), 0

    def add(self, x):  # features × tokens
        self.h *= self.samples / (self.samples + 1)
        self.samples += 1
        x = (2 / self.samples) ** 0.5 * x
        self.h += x.matmul(x.t())


def sweep(w, h, sparsity):
    """Prunes w in place. h keeps its damping, as it does in the released code."""
    dead = torch.diag(h) == 0
    h[dead, dead] = 1
    w[:, dead] = 0
    diagonal = torch.arange(h.shape[0])
    h[diagonal, diagonal] += DAMPING * torch.mean(torch.diag(h))
    r = torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(h)), upper=True)
    for start in range(0, w.shape[1], BLOCKSIZE):
        end = min(start + BLOCKSIZE, w.shape[1])
        block, factor = w[:, start:end].clone(), r[start:end, start:end]
        kept, errors = torch.zeros_like(block), torch.zeros_like(block)
        score = block**2 / torch.diag(factor).reshape(1, -1) ** 2
        mask = score <= torch.sort(score.flatten())[0][int(score.numel() * sparsity)]
        for i in range(end - start):
            column, d = block[:, i], factor[i, i]
            q = column.clone()
            q[mask[:, i]] = 0
            kept[:, i] = q
            error = (column - q) / d
            block[:, i:] -= error.unsqueeze(1).matmul(factor[i, i:].unsqueeze(0))
            errors[:, i] = error
        w[:, start:end] = kept
        w[:, end:] -= errors.matmul(r[start:end, end:])


class Network:
    """A block's feed-forward network, its tokens in columns."""

    def __init__(self, layer, x, samples):
        self.x, self.samples, self.gated = x, samples, hasattr(layer, "mlp")
        if self.gated:
            mlp = layer.mlp
            self.up, self.gate, self.down = mlp.up_proj.weight.data, mlp.gate_proj.weight.data, mlp.down_proj.weight.data
            self.b1 = self.b2 = 0
            self.weight = 5.0
        else:
            self.up, self.down = layer.fc1.weight.data, layer.fc2.weight.data
            self.b1, self.b2 = layer.fc1.bias.data.unsqueeze(1), layer.fc2.bias.data.unsqueeze(1)
            self.weight = 0.1
        self.z = self.up.matmul(x) + self.b1
        if self.gated:
            self.s = self.gate.matmul(x)
        self.p = self.activation()
        self.y = self.down.matmul(self.p) + self.b2

    def activation(self):
        if self.gated:
            return torch.nn.functional.silu(self.s) * self.z
        return torch.relu(self.z)

    def hessian_of(self, x):
        h = Hessian(x.shape[0])
        for part in x.chunk(self.samples, dim=1):
            h.add(part)
        return h.h

    def prune(self, sparsity):
        inverse = torch.linalg.pinv(self.x)
        first = [self.hessian_of(self.x)]
        if self.gated:
            first.append(first[0].clone())
        for epoch in range(EPOCHS):
            if epoch > 0:
                self.update(inverse)
            last = self.hessian_of(self.p)
            sweep(self.up, first[0], sparsity)
            if self.gated:
                sweep(self.gate, first[1], sparsity)
            sweep(self.down, last, sparsity)
            self.auxiliaries()

    def update(self, inverse):
        self.up.copy_((self.z - self.b1).matmul(inverse))
        if self.gated:
            self.gate.copy_(self.s.matmul(inverse))
            self.down.copy_(self.y.matmul(torch.linalg.pinv(self.p)))
            return
        for _ in range(10):
            residual = self.down.matmul(self.p) + self.b2 - self.y
            self.down -= 0.01 * 2 / residual.numel() * residual.matmul(self.p.t())

    def auxiliaries(self):
        a = b = g = self.weight
        n = self.down.shape[1]
        left = torch.linalg.inv(b * self.down.t().matmul(self.down) + g * torch.eye(n))
        self.p = left.matmul(b * self.down.t().matmul(self.y - self.b2) + g * self.activation())
        m = self.up.matmul(self.x) + self.b1
        if not self.gated:
            above = ((g * self.p + a * m) / (g + a)).clamp(min=0)
            below = m.clamp(max=0)
            cost = [g * (self.p - torch.relu(z)) ** 2 + a * (z - m) ** 2 for z in (above, below)]
            self.z = torch.where(cost[1] < cost[0], below, above)
            return
        act = torch.nn.functional.silu(self.s)
        self.z = (m + act * self.p) / (act**2 + 1)
        m = self.gate.matmul(self.x)
        for _ in range(2):
            c = torch.sigmoid(self.s)
            slope = c * (1 + self.s * (1 - c))
            gradient = 2 * a * (self.s - m) - 2 * g * (self.p - self.s * c * self.z) * self.z * slope
            self.s = self.s - 0.01 * gradient


def embed(model, rows):
    """Returns the first block's inputs, the arguments it is called with, and the blocks."""
    gated = hasattr(model.model, "layers")
    layers = model.model.layers if gated else model.model.decoder.layers
    seen = []

    class Stop(Exception):
        pass

    class Catcher(torch.nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def forward(self, hidden, **kwargs):
            seen.append((hidden, kwargs))
            raise Stop

    first, layers[0] = layers[0], Catcher(layers[0])
    for row in rows:
        try:
            model(torch.tensor([row]))
        except Stop:
            pass
    layers[0] = first
    return [h for h, _ in seen], [dict(k, past_key_value=None, use_cache=False) for _, k in seen], layers


def run(layer, hidden, kwargs, hook=None):
    handles = []
    if hook:
        for name, m in layer.named_modules():
            if isinstance(m, torch.nn.Linear):
                handles.append(m.register_forward_hook(lambda m, i, o, name=name: hook(name, i[0])))
    out = [layer(h, **k)[0] for h, k in zip(hidden, kwargs)]
    for h in handles:
        h.remove()
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("rows")
    parser.add_argument("--method", default="sparsegpt")
    parser.add_argument("--sparsity", type=float, default=0.5)
    parser.add_argument("--blocks", type=int, default=0, help="only so many blocks (0: all)")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_grad_enabled(False)

    clock = Clock()
    model = AutoModelForCausalLM.from_pretrained(args.model, torch_dtype=torch.float32, attn_implementation="eager")
    with open(args.rows) as f:
        rows = json.load(f)
    hidden, kwargs, layers = embed(model, rows)
    blocks = args.blocks or len(layers)
    for layer in layers[:blocks]:
        clock.turn("capture dense blocks")
        linears = {n: m for n, m in layer.named_modules() if isinstance(m, torch.nn.Linear)}
        hessians = {n: Hessian(m.in_features) for n, m in linears.items()}
        first = "mlp.up_proj" if hasattr(layer, "mlp") else "fc1"
        inputs = []

        def hook(name, x):
            x = x.reshape(-1, x.shape[-1])
            hessians[name].add(x.t())
            if name == first:
                inputs.append(x)

        run(layer, hidden, kwargs, hook)
        clock.turn("prune")
        for name, m in linears.items():
            if args.method == "sparsegpt" or "attn" in name:
                sweep(m.weight.data, hessians[name].h, args.sparsity)
        if args.method == "sparsellm":
            Network(layer, torch.cat(inputs).t().contiguous(), len(rows)).prune(args.sparsity)
        clock.turn("run pruned blocks")
        hidden = run(layer, hidden, kwargs)
    clock.turn("")
    phases = [{"name": n, "seconds": s, "peak_bytes": b} for n, (s, b) in clock.phases.items()]
    print(json.dumps({"blocks": blocks, "of": len(layers), "version": "PyTorch " + torch.__version__, "phases": phases}))


main()
