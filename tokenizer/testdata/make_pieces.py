"""Writes pieces.json: folders with a model of SentencePiece and no
tokenizer.json, and the ids that transformers 4.45.1 gives for texts.

    python make_pieces.py sentencepiece.json pieces.json

Models are those of sentencepiece.json, by name, and one more.
"""
import base64
import io
import json
import os
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"
import sentencepiece as spm
from transformers import AutoTokenizer

from texts import TEXTS

TEXTS = TEXTS + ["<start_of_turn>user\nthe<end_of_turn>\n\n<pad><sep><cls> abc <mask>", "the<sep>sep▁o <cls>", "<extra_id_0> the <extra_id_99>x"]
CORPUS = [line for t in TEXTS[3:13] for line in t.split("\n")] * 30
NAMED = {m["name"]: m["model"] for m in json.load(open(sys.argv[1]))["models"]}


def gemma():
    out = io.BytesIO()
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS), model_writer=out, vocab_size=520, model_type="bpe", byte_fallback=True, character_coverage=0.99, hard_vocab_limit=False, minloglevel=9,
        normalization_rule_name="identity", add_dummy_prefix=False, remove_extra_whitespaces=False, split_digits=True, allow_whitespace_only_pieces=True,
        pad_id=0, eos_id=1, bos_id=2, unk_id=3, pad_piece="<pad>", eos_piece="<eos>", bos_piece="<bos>",
        user_defined_symbols=["<mask>", "<start_of_turn>", "<end_of_turn>", "\n", "\n\n", "▁▁", "▁▁▁"])
    return base64.b64encode(out.getvalue()).decode()


def main():
    models = {"gemma": gemma()}
    cases = []
    for name in NAMED:
        cases.append((name, "tokenizer.model", {"tokenizer_class": "LlamaTokenizer", "pad_token": "<pad>"}))
    for more in ({"legacy": False}, {"add_prefix_space": False, "legacy": True}, {"legacy": False, "add_bos_token": False, "add_eos_token": True, "additional_special_tokens": ["<sep>", "the"]}):
        for name in ("bpe with rules", "bpe across words", "unigram with bytes and symbols"):
            cases.append((name, "tokenizer.model", {"tokenizer_class": "LlamaTokenizer", **more}))
    cases += [("gemma", "tokenizer.model", {"tokenizer_class": "GemmaTokenizer"}),
              ("gemma", "tokenizer.model", {"tokenizer_class": "GemmaTokenizer", "add_eos_token": True, "additional_special_tokens": ["<start_of_turn>", "<end_of_turn>", "<new>"]}),
              ("gemma", "tokenizer.model", {"tokenizer_class": "LlamaTokenizerFast", "unk_token": "<unk>", "bos_token": "<bos>", "eos_token": "<eos>"})]
    for more in ({}, {"legacy": False}, {"extra_ids": 0}, {"additional_special_tokens": ["<extra_id_0>", "<extra_id_1>"], "extra_ids": 2}):
        for name in ("unigram with nmt_nfkc", "unigram across words", "unigram with bytes and symbols"):
            cases.append((name, "spiece.model", {"tokenizer_class": "T5Tokenizer", **more}))
    out = {"models": models, "texts": TEXTS, "folders": []}
    for name, file, config in cases:
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, file), "wb") as f:
                f.write(base64.b64decode(models.get(name) or NAMED[name]))
            with open(os.path.join(folder, "tokenizer_config.json"), "w") as f:
                json.dump(config, f)
            try:
                t = AutoTokenizer.from_pretrained(folder)
                ids, ends = [], ([], [])
                for s in TEXTS:
                    a, b = t.encode(s, add_special_tokens=False), t.encode(s)
                    at = next(i for i in range(len(b) - len(a) + 1) if b[i:i + len(a)] == a)
                    if a:
                        ends = b[:at], b[at + len(a):]
                    ids.append(a)
                print(name, config, ends)
                out["folders"].append({"model": name, "file": file, "config": config, "ids": ids, "before": ends[0], "after": ends[1]})
            except Exception as e:
                print("left out:", name, config, repr(e)[:120])
    with open(sys.argv[2], "w") as f:
        json.dump(out, f, ensure_ascii=False, separators=(",", ":"))
        f.write("\n")


main()
