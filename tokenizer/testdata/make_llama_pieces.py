"""Writes llama-pieces.json: folders of LLaMA that have a tokenizer.model and no
tokenizer.json, and the ids that transformers 4.45.1 gives for texts.

    python make_llama_pieces.py llama-pieces.json
"""
import base64
import json
import os
import struct
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
from transformers import AutoTokenizer

TEXTS = ["on the.</s>", "on the </s> on", "</s>", " in", "on  the   in", "on<s>the <unk>", "é日\n\nx", "12 345", "", " ", "the\ton  ", "▁the ▁ on", "<s> on", "x</s> on</s>on  <|end|> a", "<pad> the", "\n\non the"]


def number(n):
    b = b""
    while True:
        b += bytes([n & 127 | (128 if n > 127 else 0)])
        n >>= 7
        if not n:
            return b


def field(i, v):
    if isinstance(v, bytes):
        return number(i << 3 | 2) + number(len(v)) + v
    if isinstance(v, float):
        return number(i << 3 | 5) + struct.pack("<f", v)
    return number(i << 3) + number(v)


def model():
    words = ["▁t", "he", "▁the", "on", "in", "▁a", "▁▁", "▁on"]
    pieces = [("<unk>", 0.0, 2), ("<s>", 0.0, 3), ("</s>", 0.0, 3)] + [("<0x%02X>" % i, 0.0, 6) for i in range(256)]
    pieces += [(w, -float(i), 1) for i, w in enumerate(words)] + [(c, -float(100 + i), 1) for i, c in enumerate("▁abcdefghijklmnopqrstuvwxyz")]
    m = b"".join(field(1, field(1, p.encode()) + field(2, s) + field(3, k)) for p, s, k in pieces)
    m += field(2, field(3, 2) + field(4, len(pieces)) + field(35, 1) + field(40, 0) + field(41, 1) + field(42, 2))
    return m + field(3, field(1, b"identity") + field(3, 1) + field(4, 0) + field(5, 1))


def main():
    out = {"model": base64.b64encode(model()).decode(), "texts": TEXTS, "folders": []}
    for legacy in (True, False, None):
        for prefix in (True, False, None):
            for more in ({}, {"add_eos_token": True, "pad_token": "<pad>", "additional_special_tokens": ["<|end|>"]}):
                config = {"tokenizer_class": "LlamaTokenizer", "add_bos_token": True, "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", **more}
                config.update({k: v for k, v in (("legacy", legacy), ("add_prefix_space", prefix)) if v is not None})
                with tempfile.TemporaryDirectory() as folder:
                    with open(os.path.join(folder, "tokenizer.model"), "wb") as f:
                        f.write(model())
                    for name, content in (("tokenizer_config.json", config), ("config.json", {"model_type": "llama"})):
                        with open(os.path.join(folder, name), "w") as f:
                            json.dump(content, f)
                    t = AutoTokenizer.from_pretrained(folder)
                    out["folders"].append({"config": config, "ids": [t.encode(s) for s in TEXTS]})
    with open(sys.argv[1], "w") as f:
        json.dump(out, f, separators=(",", ":"))
        f.write("\n")


main()
