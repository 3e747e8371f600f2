"""Times operations of PyTorch: reads "name arguments" lines, writes seconds."""

import functools
import sys
import time

import torch

torch.set_num_threads(int(sys.argv[1]))
torch.set_grad_enabled(False)
torch.manual_seed(0)


@functools.cache
def hessian(n, dtype):
    x = torch.randn(2 * n, n, dtype=dtype)
    return x.T @ x / (2 * n) + 0.01 * torch.eye(n, dtype=dtype)


@functools.cache
def factor_of_inverse(n):
    return torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(hessian(n, torch.float32))), upper=True)


def sweep(weight, r, sparsity, blocksize):
    """One SparseGPT sweep, column by column as the released code does it."""
    w = weight.clone()
    rows, cols = w.shape
    for start in range(0, cols, blocksize):
        end = min(start + blocksize, cols)
        block, factor = w[:, start:end].clone(), r[start:end, start:end]
        kept, errors = torch.zeros_like(block), torch.zeros_like(block)
        score = block**2 / torch.diag(factor).reshape(1, -1) ** 2
        mask = score <= torch.sort(score.flatten())[0][int(score.numel() * sparsity)]
        for i in range(end - start):
            q = block[:, i].clone()
            q[mask[:, i]] = 0
            kept[:, i] = q
            error = (block[:, i] - q) / factor[i, i]
            block[:, i:] -= error.unsqueeze(1).matmul(factor[i, i:].unsqueeze(0))
            errors[:, i] = error
        w[:, start:end] = kept
        w[:, end:] -= errors.matmul(r[start:end, end:])
    return w


@functools.cache
def operation(line):
    name, *args = line.split()
    args = [int(a) for a in args]
    if name == "gemm":
        m, n, k = args
        a, b, c = torch.randn(m, k), torch.randn(k, n), torch.empty(m, n)
        return lambda: torch.mm(a, b, out=c)
    if name == "gram":
        n, k = args
        x, c = torch.randn(n, k), torch.empty(n, n)
        return lambda: torch.mm(x, x.T, out=c)
    if name in ("cholesky", "cholesky64"):
        h = hessian(args[0], torch.float64 if name.endswith("64") else torch.float32)
        return lambda: torch.linalg.cholesky(h)
    if name == "inverse_factor":
        h = hessian(args[0], torch.float32)
        return lambda: torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(h)), upper=True)
    if name == "trsm":
        n, m = args
        low, b = torch.linalg.cholesky(hessian(n, torch.float32)), torch.randn(m, n)
        return lambda: torch.linalg.solve_triangular(low.T, b, upper=True, left=False)
    if name == "sweep":
        rows, cols = args
        w, r = torch.randn(rows, cols), factor_of_inverse(cols)
        return lambda: sweep(w, r, 0.5, 128)
    raise ValueError(line)


print("PyTorch", torch.__version__, "MKL" if torch.backends.mkl.is_available() else "no MKL", flush=True)
for line in sys.stdin:
    f = operation(line.strip())
    start = time.perf_counter()
    f()
    print(time.perf_counter() - start, flush=True)
