"""Writes unigram.json, in the form of cases.json: small unigram tokenizers of
tokenizer.json, and further normalizers, and the ids that Hugging Face's
tokenizers gives for texts: 0.20.3 and 0.23.3 the same.

    python make_unigram.py sentencepiece.json unigram.json

The map of characters of SentencePiece's nmt_nfkc is that of a model of
sentencepiece.json, and written as @nmt_nfkc.
"""
import base64
import hashlib
import io
import json
import os
import sys
import unicodedata

import sentencepiece as spm
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from texts import TEXTS

TEXTS = TEXTS + ["\u0301the mark", "the", "t the", "Ththe", "The the"]

CORPUS = [line for t in TEXTS[3:13] + TEXTS[18:19] + TEXTS[22:23] + TEXTS[-9:] for line in t.split("\n")] * 30  # the characters of the others are unknown
BYTES = [f"<0x{b:02X}>" for b in range(256)]
NAMED = {m["name"]: base64.b64decode(m["model"]) for m in json.load(open(sys.argv[1]))["models"]}


def fields(message):
    """The fields of a protocol buffer whose values are strings."""
    i = 0

    def number():
        nonlocal i
        n = shift = 0
        while True:
            b = message[i]
            i += 1
            n |= (b & 127) << shift
            shift += 7
            if b < 128:
                return n
    while i < len(message):
        key = number()
        kind = key & 7
        if kind == 2:
            size = number()
            yield key >> 3, message[i:i + size]
            i += size
        elif kind == 0:
            number()
        else:
            i += 4 if kind == 5 else 8


def charsmap(model):
    spec = next(v for k, v in fields(model) if k == 3)
    return base64.b64encode(next(v for k, v in fields(spec) if k == 2)).decode()


NMT_NFKC, RULES = charsmap(NAMED["unigram with nmt_nfkc"]), charsmap(NAMED["unigram across words"])


def train_spm(**options):
    out = io.BytesIO()
    defaults = dict(vocab_size=400, model_type="unigram", character_coverage=0.98, hard_vocab_limit=False, minloglevel=9, num_threads=1)
    spm.SentencePieceTrainer.train(sentence_iterator=iter([c for c in CORPUS if "\x00" not in c]), model_writer=out, **{**defaults, **options})
    sp = spm.SentencePieceProcessor(model_proto=out.getvalue())
    return [[sp.id_to_piece(i), sp.get_score(i)] for i in range(sp.get_piece_size())]


def byte_level(vocab):
    """The same tokens in the byte-level alphabet, and that alphabet."""
    pre = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    words = {pre.pre_tokenize_str(t.replace("▁", " "))[0][0]: s for t, s in vocab[3:]}
    return [["<unk>", 0.0]] + [[c, words.pop(c, -12.5)] for c in sorted(pre.alphabet())] + [[t, s] for t, s in words.items()]


def short(vocab):
    return [[t, round(s, 4)] for t, s in vocab]


def metaspace(scheme, cut=True):
    return {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": cut}


def sequence(*all, kind="pretokenizers"):
    return {"type": "Sequence", kind: list(all)}


def norm(*all):
    return sequence(*all, kind="normalizers")


def added(content, id, **flags):
    return {"id": id, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True, **flags}


def precompiled(name):
    return {"type": "Precompiled", "precompiled_charsmap": name}


def replace(new, **pattern):
    return {"type": "Replace", "pattern": pattern, "content": new}


def case(name, model, pre=None, normalizer=None, post=None, tokens=(), decoder=None, **options):
    return {"name": name, "model": model, "options": {"type": "Unigram", "unk_id": 0, "byte_fallback": False, **options},
            "file": {"version": "1.0", "truncation": None, "padding": None, "added_tokens": list(tokens), "normalizer": normalizer,
                     "pre_tokenizer": pre, "post_processor": post, "decoder": decoder}}


def template(before, after, ids):
    token = lambda t: {"SpecialToken": {"id": t, "type_id": 0}}
    single = [*map(token, before), {"Sequence": {"id": "A", "type_id": 0}}, *map(token, after)]
    return {"type": "TemplateProcessing", "single": single, "pair": [*single, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {t: {"id": t, "ids": [i], "tokens": [t]} for t, i in ids.items()}}


SPLIT = {"type": "WhitespaceSplit"}
SPACES = replace("▁", Regex=" {2,}")
STRIP = {"type": "Strip", "strip_left": False, "strip_right": True}
SPM = {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}]}
BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
SPECIALS = [added("<s>", 1), added("</s>", 2), added("<unk>", 0), added("<mask>", 0, lstrip=True)]
CASES = [
    case("T5", "spm", sequence(SPLIT, metaspace("always")), precompiled("@nmt_nfkc"), template([], ["</s>"], {"</s>": 2}), [added("</s>", 2)], metaspace("always")),
    case("converted", "spm", metaspace("always"), norm(precompiled("@nmt_nfkc"), STRIP, SPACES), template(["<s>"], ["</s>"], {"<s>": 1, "</s>": 2}), SPECIALS, metaspace("always")),
    case("XLNet", "spm", metaspace("first"), norm(replace('"', String="``"), replace('"', String="''"), {"type": "NFKD"}, {"type": "StripAccents"}, precompiled("@nmt_nfkc"), SPACES), None, SPECIALS),
    case("rules", "spm", metaspace("never"), precompiled("@rules"), decoder=metaspace("never")),
    case("bytes", "bytes", None, replace("▁", String=" "), None, SPECIALS, SPM, byte_fallback=True),
    case("bytes with nmt and forms", "bytes", metaspace("first", False), norm({"type": "Nmt"}, {"type": "NFKC"}), None, SPECIALS, SPM, byte_fallback=True),
    case("some bytes", "few bytes", metaspace("always", False), norm({"type": "NFD"}, {"type": "Lowercase"}, {"type": "StripAccents"}), decoder=SPM, byte_fallback=True),
    case("ASCII", "ascii", metaspace("always"), None, tokens=[added("the", 9, normalized=True, special=False), added(" ▁", 9, special=False)], unk_id=3),
    case("byte level", "byte level", BYTE_LEVEL, {"type": "NFC"}, decoder=BYTE_LEVEL),
    case("first after a cut", "ascii", sequence(SPLIT, metaspace("first")), unk_id=3),
    case("first after what is dropped", "ascii", metaspace("first"), norm({**STRIP, "strip_left": True}, replace("", String="t"), replace("", Regex="[A-Z]h")), unk_id=3),
    case("words", "ascii", sequence({"type": "Whitespace"}, {"type": "Punctuation", "behavior": "Isolated"}, {"type": "Digits", "individual_digits": True}), unk_id=3),
]


def resolve(file):
    return json.loads(json.dumps(file).replace("@nmt_nfkc", NMT_NFKC).replace("@rules", RULES))


def unicode_hashes():
    """What normalizers make of each code point of the planes in use that Unicode 14 assigns."""
    assert unicodedata.unidata_version == "14.0.0"
    chars = [chr(c) for c in (*range(0xD800), *range(0xE000, 0x32400), *range(0xE0000, 0xE0200)) if unicodedata.category(chr(c)) != "Cn"]
    out = {}
    for name, n in {"StripAccents": normalizers.StripAccents(), "Nmt": normalizers.Nmt(), "Precompiled": normalizers.Precompiled(base64.b64decode(NMT_NFKC))}.items():
        out[name] = hashlib.sha256("".join(n.normalize_str(s) for c in chars for s in (c, "a" + c, c + "\u0301", "e\u0301" + c, c + "\u200d①")).encode()).hexdigest()
    return out


def main():
    ascii_ = [["the", -2.5], ["▁the", -3.0], ["▁", -1.5], ["<unk>", 0.0], ["e", -2.5], ["t", -3.0], ["h", -3.0], ["qu", -0.5], ["\u00e9", -4.0], ["▁▁", -1.0], ["the", -2.25], ["o", -1.0], ["on", -2.0], ["oth", -6.5], ["er", -2.5], ["日本", -2.0]]
    bytes_ = short(train_spm(byte_fallback=True, normalization_rule_name="identity", vocab_size=560))
    named = {"spm": short(train_spm(normalization_rule_name="nmt_nfkc")), "bytes": bytes_, "few bytes": [v for v in bytes_ if v[0] not in BYTES[::5]], "ascii": ascii_,
             "byte level": byte_level(short(train_spm(normalization_rule_name="identity")))}
    for c in CASES:
        t = Tokenizer.from_str(json.dumps(resolve({**c["file"], "model": {**c["options"], "vocab": named[c["model"]]}})))
        c["texts"] = []
        for s in TEXTS:
            ids, special = (t.encode(s, add_special_tokens=a).ids for a in (False, True))
            at = next((i for i in range(len(special) - len(ids) + 1) if special[i:i + len(ids)] == ids))
            c["texts"].append({"text": s, "ids": ids, "before": special[:at], "after": special[at + len(ids):], "decoded": t.decode(ids, skip_special_tokens=False)})
    with open(sys.argv[2], "w") as f:
        json.dump({"hashes": unicode_hashes(), "charsmaps": {"rules": RULES}, "models": {k: {"vocab": v} for k, v in named.items()}, "cases": CASES}, f, ensure_ascii=False, separators=(",", ":"))
        f.write("\n")


main()
