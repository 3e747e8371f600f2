"""Runs a GGUF file in llama.cpp: a round for each line of standard input.

    python llamacpp.py MODEL THREADS PROMPT ANSWER

A round is a prompt of PROMPT tokens that mean nothing, and ANSWER tokens that
the model then chooses, the likeliest each time: what "sparsellm bench" does. It
is answered by a line of JSON with the seconds of both.
"""
import ctypes
import json
import resource
import sys
import time

import llama_cpp as L
import numpy as np

path, threads, prompt, answer = sys.argv[1], *map(int, sys.argv[2:5])
silent = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)(lambda *_: None)
L.llama_log_set(silent, None)
L.llama_backend_init()
model = L.llama_model_load_from_file(path.encode(), L.llama_model_default_params())
params = L.llama_context_default_params()
params.n_ctx = (prompt + answer + 255) // 256 * 256
params.n_batch = params.n_ubatch = 512
params.n_threads = params.n_threads_batch = threads
context = L.llama_init_from_model(model, params)
vocab = L.llama_vocab_n_tokens(L.llama_model_get_vocab(model))


def feed(ids):
    tokens = (L.llama_token * len(ids))(*ids)
    if L.llama_decode(context, L.llama_batch_get_one(tokens, len(ids))) != 0:
        sys.exit("llama_decode failed")
    logits = np.ctypeslib.as_array(L.llama_get_logits_ith(context, -1), shape=(vocab,))
    return int(logits.argmax())


for _ in sys.stdin:
    L.llama_memory_clear(L.llama_get_memory(context), True)
    start = time.perf_counter()
    token = feed([i * 7919 % vocab for i in range(prompt)])
    first = time.perf_counter()
    for _ in range(answer - 1):
        token = feed([token])
    end = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"prompt": first - start, "answer": end - first, "peak_bytes": peak}), flush=True)
