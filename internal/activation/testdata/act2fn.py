"""Writes act2fn.json: what transformers' activations are, in float64.

    python act2fn.py >act2fn.json      # transformers 5.24, torch 2.7.1
"""
import json
import torch
from transformers.activations import ACT2FN

names = ["relu", "relu2", "silu", "swish", "quick_gelu", "gelu", "gelu_python", "gelu_new",
         "gelu_fast", "gelu_accurate", "gelu_pytorch_tanh", "gelu_python_tanh"]
x = torch.linspace(-7, 7, 57, dtype=torch.float64)
print(json.dumps({"x": x.tolist(), "y": {n: ACT2FN[n](x).tolist() for n in names}}))
