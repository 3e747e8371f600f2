"""Writes gguf.json: what GGUFs of small tokenizers say of them, and the ids that
transformers 5.24.0 gives for texts with what it makes of that.

    python make_gguf.py sentencepiece.json pieces.json gguf.json

Models of SentencePiece are those of the two files, by name.
"""
import base64
import json
import sys

import sentencepiece as spm
from transformers.integrations.gguf.gguf_tokenizer_mapping import convert_gguf_tokenizer

from texts import TEXTS

TEXTS = TEXTS + ["<start_of_turn>user\nthe<end_of_turn>\n\n<pad><sep><cls> abc <mask>"]
MODELS = {**{m["name"]: m["model"] for m in json.load(open(sys.argv[1]))["models"]}, **json.load(open(sys.argv[2]))["models"]}


def vocabulary(name):
    sp = spm.SentencePieceProcessor(model_proto=base64.b64decode(MODELS[name]))
    tokens, scores, types = [], [], []
    for i in range(sp.get_piece_size()):
        kind = 2 if sp.is_unknown(i) else 3 if sp.is_control(i) else 6 if sp.is_byte(i) else 5 if sp.is_unused(i) else 1
        text = sp.id_to_piece(i)
        if text in ("<mask>", "<start_of_turn>", "<end_of_turn>", "\n", "\n\n", "▁▁", "▁▁▁"):
            kind, text = 4, text.replace("▁", " ")  # as llama.cpp's conversion does for the user's
        tokens.append(text)
        scores.append(sp.get_score(i))
        types.append(kind)
    return {"tokens": tokens, "scores": scores, "token_type": types}


def main():
    out = {"texts": TEXTS, "cases": []}
    for architecture, name in (("phi3", "bpe with bytes, as llama"), ("gemma3", "gemma"), ("phi3", "bpe with rules for spaces")):
        d = {"tokenizer_type": "llama", **vocabulary(name)}
        t, _ = convert_gguf_tokenizer(architecture, d)
        out["cases"].append({"architecture": architecture, "model": name, **{k: d[k] for k in ("tokens", "scores", "token_type")}, "ids": [t.encode(s, add_special_tokens=False).ids for s in TEXTS]})
    with open(sys.argv[3], "w") as f:
        json.dump(out, f, ensure_ascii=False, separators=(",", ":"))
        f.write("\n")


main()
