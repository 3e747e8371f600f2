"""SparseGPT by llm-compressor, float32 on the CPU, on the same calibration rows.

Prunes the first blocks of a model and writes a line of JSON like original.py's,
the last line of the output.
"""

import argparse
import json
import os
import resource
import tempfile
import time

import llmcompressor
import torch
from datasets import Dataset
from llmcompressor.modifiers.obcq import SparseGPTModifier
from llmcompressor.transformers import oneshot
from transformers import AutoModelForCausalLM


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("rows")
    parser.add_argument("--method")
    parser.add_argument("--blocks", type=int, default=0, help="only so many blocks (0: all)")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)

    start = time.perf_counter()
    model = AutoModelForCausalLM.from_pretrained(args.model, torch_dtype=torch.float32)
    of = len(model.model.layers)
    blocks = args.blocks or of
    model.model.layers = model.model.layers[:blocks]
    model.config.num_hidden_layers = blocks
    with open(args.rows) as f:
        rows = json.load(f)
    data = Dataset.from_list([{"input_ids": r, "attention_mask": [1] * len(r)} for r in rows])
    load = time.perf_counter() - start, peak()
    recipe = SparseGPTModifier(
        sparsity=0.5, mask_structure="0:0", block_size=128, dampening_frac=0.01, targets=r"re:model.layers.\d+$"
    )
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # it leaves a log where it runs
        start = time.perf_counter()
        oneshot(
            model=model, dataset=data, recipe=recipe, max_seq_length=len(rows[0]), num_calibration_samples=len(rows)
        )
        prune = time.perf_counter() - start, peak()
        os.chdir("/")
    phases = [{"name": n, "seconds": s, "peak_bytes": b} for n, (s, b) in {"load": load, "prune": prune}.items()]
    version = "llm-compressor " + llmcompressor.__version__
    print()
    print(json.dumps({"blocks": blocks, "of": of, "version": version, "phases": phases}))


main()
