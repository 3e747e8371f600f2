"""Writes cases.json: small tokenizers of the forms that checkpoints come in,
and the ids that Hugging Face's tokenizers (0.20.3) gives for texts.

    python make_cases.py cases.json [texts per tokenizer] [seed]
"""
import hashlib
import json
import random
import sys

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

CORPUS = """The quick brown fox jumps over the lazy dog, and the dog does not mind. Pruning sets weights to zero;
the others are moved to repair what the output lost. It's what we've done, they'll say, and I'd agree: don't
stop at the first matrix. In 2024 there were 1,234 of them, 56.7% zeros, x = y**2 + 3*z - f(x)[i] {"key": null}.
    def prune(weight, hessian):
        return weight * mask  # comment
Ein Größenwahn über Äpfel, naïve café, señor, œuvre; Привет, мир и мы; 日本語のテキスト、中文; 한국어 텍스트; ελληνικά;
مرحبا بالعالم; हिन्दी; 🙂 🙃 👩‍👩‍👧‍👦. A heading\n\n\nand\ttabs\r\nand more   spaces   than one. """ * 3

WORDS = ["the", " the", "The", " pruning", "weights", "don't", "I'LL", "they've", "'s", "'S", "'ſ", "'re", "'Ve", "'d", "'ll",
         " ", "  ", "   ", "\n", "\n\n", "\r\n", " \n", "\t", "\u00a0", "\u3000", "\u2028", "\u0085", "1", "12", "123", "1234", "٣", "Ⅷ", "½", "²",
         ".", ",", "!?", "...", "-", "--", "(", ")", "[", "{\"", "$", "€", "_", "@-@", "é", "e\u0301", "e\u0301\u0302", "\u0301", "ñ", "Å", "\u212b", "ﬁ",
         "日本", "語", "한국", "가\u11a8", "мир", "ελ", "हिन्दी", "🙂", "👩‍👧", "\u200d", "\u200b", "\ufeff", "\ufffd", "\x00", "\x7f",
         "\U00031350", "\U00011f02", "\U0001e4f0", "\U00011f50", "\u0378", "\U0010ffff", "▁", "▁▁", "Ġ", "Ċ", "<s>", "</s>", "<unk>", "<pad>", "<0x41>",
         "<|begin|>", "<|end|>", "<", ">", "|", "tok", "toks", "TOK", "x", "X", "a" * 30, "ab" * 30, "e" + "\u0301" * 40, "s" + "\u0323\u0307" * 20]

SPLIT_GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
SPLIT_LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
SPLIT_QWEN2 = SPLIT_LLAMA3.replace("{1,3}", "")
SPLIT_O200K = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
               r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
               r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def train(pre_tokenizer, normalizer, special, alphabet, size):
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizer
    if normalizer:
        t.normalizer = normalizer
    t.train_from_iterator([CORPUS], trainers.BpeTrainer(vocab_size=size, special_tokens=special, initial_alphabet=alphabet, show_progress=False))
    m = json.loads(t.to_str())["model"]
    return {"vocab": m["vocab"], "merges": m["merges"]}


def added(content, id=0, **flags):
    t = {"id": id, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {**t, **flags}


def template(before, after=()):
    token = lambda t: {"SpecialToken": {"id": t, "type_id": 0}}
    text = lambda s, i: {"Sequence": {"id": s, "type_id": i}}
    names = list(before) + list(after)
    return {"type": "TemplateProcessing",
            "single": [*map(token, before), text("A", 0), *map(token, after)],
            "pair": [*map(token, before), text("A", 0), *map(token, after), text("B", 1)],
            "special_tokens": {n: {"id": n, "ids": [i], "tokens": [n]} for n, i in zip(names, range(900, 999))}}


BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
NO_REGEX = {**BYTE_LEVEL, "use_regex": False}
DIGITS = {"type": "Digits", "individual_digits": True}
REPLACE = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
SP_DECODER = {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"},
                                               {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}


def sequence(*pre):
    return {"type": "Sequence", "pretokenizers": list(pre)}


def split(pattern, behavior="Isolated", invert=False, kind="Regex"):
    return {"type": "Split", "pattern": {kind: pattern}, "behavior": behavior, "invert": invert}


def metaspace(scheme, cut):
    return {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": cut}


def case(name, model, pre=None, options=None, norm=None, post=None, tokens=(), decoder=BYTE_LEVEL):
    return {"name": name, "model": model, "options": options or {},
            "file": {"version": "1.0", "truncation": None, "padding": None, "added_tokens": list(tokens), "normalizer": norm,
                     "pre_tokenizer": pre, "post_processor": post, "decoder": decoder}}


SPECIALS = [added("<s>"), added("</s>"), added("<unk>")]
CHAT = [added("<|begin|>"), added("<|end|>")]
FLAGS = [added("<s>", lstrip=True), added("</s>", rstrip=True), added("tok", single_word=True, special=False),
         added("TOK", normalized=True, special=False), added("▁the", normalized=True, special=False), added(" the", normalized=True, special=False),
         added("<|end|>", lstrip=True, rstrip=True), added("<|begin|>", single_word=True, rstrip=True), added("  ")]

CASES = [
    case("gpt2 with prefix space and roberta", "bytes", {**BYTE_LEVEL, "add_prefix_space": True},
         post={"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": True, "add_prefix_space": True}),
    case("smollm2", "bytes", sequence(DIGITS, BYTE_LEVEL), tokens=CHAT),
    case("digits together with prefix spaces", "bytes", sequence({**DIGITS, "individual_digits": False}, {**BYTE_LEVEL, "add_prefix_space": True})),
    case("llama3", "bytes", sequence(split(SPLIT_LLAMA3), NO_REGEX), {"ignore_merges": True}, tokens=CHAT,
         post={"type": "Sequence", "processors": [BYTE_LEVEL, template(["<|begin|>"])]}),
    case("qwen2", "bytes", sequence(split(SPLIT_QWEN2), NO_REGEX), norm={"type": "NFC"}, post=BYTE_LEVEL, tokens=CHAT),
    case("tiktoken", "bytes", sequence(split(SPLIT_GPT2, "Removed", True), NO_REGEX), post=template(["<s>"], ["</s>"])),
    case("o200k", "bytes", sequence(split(SPLIT_O200K), NO_REGEX)),
    case("pattern of several", "bytes", sequence(split(r"[\r\n]"), split(r"\s?[A-Za-zµÀ-ÖØ-öø-ƺ]+"), split(r"\s?[!-/:-~！-／：-～‘-‟　-。]+"),
                                                 split(r"[一-龥ࠀ-一가-퟿]+"), DIGITS, NO_REGEX)),
    case("pattern that may be empty", "bytes", sequence(split(r"\p{N}*?(?:\.|(?<=t)h)?", "MergedWithPrevious"), NO_REGEX)),
    case("pattern that folds", "bytes", sequence(split(r"(?i:(k|s)ey|'s)|[^\S\n]+", "Contiguous", True), NO_REGEX)),
    case("added tokens", "bytes", BYTE_LEVEL, tokens=FLAGS),
    case("holes in the alphabet", "holes", BYTE_LEVEL),
    case("holes and unknowns", "holes", BYTE_LEVEL, {"unk_token": "<unk>"}, tokens=SPECIALS),
    case("holes and fallback", "holes", BYTE_LEVEL, {"unk_token": "<unk>", "byte_fallback": True}, tokens=SPECIALS),
    case("llama2", "pieces", None, {"unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True}, decoder=SP_DECODER, tokens=SPECIALS,
         norm={"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, REPLACE]}, post=template(["<s>"])),
    case("llama2 without prefix", "pieces", None, {"unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True}, decoder=SP_DECODER,
         norm=REPLACE, tokens=FLAGS),
    case("mistral", "pieces", metaspace("first", False), {"unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True}, tokens=SPECIALS,
         decoder={"type": "Sequence", "decoders": [{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": False}]}),
    case("metaspace that cuts", "pieces", metaspace("always", True), {"unk_token": "<unk>", "byte_fallback": True}, tokens=SPECIALS,
         decoder=metaspace("always", True)),
    case("metaspace alone", "pieces", metaspace("never", True), {"unk_token": "<unk>"}, decoder=None),
    case("unknowns fused", "pieces", None, {"unk_token": "<unk>", "fuse_unk": True}, norm=REPLACE, decoder=SP_DECODER),
    case("some bytes missing", "few bytes", None, {"unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True}, norm=REPLACE, decoder=SP_DECODER),
    case("some bytes missing, not fused", "few bytes", None, {"unk_token": "<unk>", "byte_fallback": True}, norm=REPLACE, decoder=SP_DECODER),
] + [
    case(f"split at spaces, {b}, {i}", "bytes", sequence(split(" ", b, i, "String"), NO_REGEX))
    for b in ["Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous"] for i in [False, True]
]


def text(rng):
    return "".join(rng.choice(WORDS) for _ in range(rng.randint(0, 12)))


def unicode_hashes():
    """What each code point is to the patterns (\\p{L}, \\p{N}, \\s), to Digits, and to NFC."""
    chars = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    kinds = [(pre_tokenizers.Split(Regex(p), "removed"), k) for p, k in ((r"\p{L}", "L"), (r"\p{N}", "N"), (r"\s", "s"))]
    kind = "".join(next((k for p, k in kinds if p.pre_tokenize_str(c) == []), "-") for c in chars)
    digits = pre_tokenizers.Digits()
    numeric = "".join("N" if len(digits.pre_tokenize_str("a" + c)) == 2 else "-" for c in chars)
    nfc = normalizers.NFC()
    forms = "".join(nfc.normalize_str(c) + nfc.normalize_str("a" + c) + nfc.normalize_str(c + "\u0301") for c in chars)
    sha = lambda s: hashlib.sha256(s.encode()).hexdigest()
    return {"classes": sha(kind), "numeric": sha(numeric), "nfc": sha(forms)}


def main():
    out, count, rng = sys.argv[1], int((sys.argv + [20])[2]), random.Random(int((sys.argv + [0, 0])[3]))
    byte_special = ["<s>", "<pad>", "</s>", "<unk>"]
    sp_special = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    bytes_ = train(pre_tokenizers.ByteLevel(add_prefix_space=False), None, byte_special, alphabet, 560)
    pieces = train(pre_tokenizers.Metaspace(prepend_scheme="never"), None, sp_special, [], 540)
    used = {c for m in bytes_["merges"] for part in m for c in part}
    drop = {c for c in alphabet if c not in used}
    few = {f"<0x{b:02X}>" for b in range(256) if b % 5 == 0}
    named = {"bytes": bytes_, "pieces": pieces,
             "holes": {"vocab": {**{t: i for t, i in bytes_["vocab"].items() if t not in drop}, **{f"<0x{b:02X}>": 2000 + b for b in range(0xC2, 0xFF)},
                                 **{f"<0x{b:02X}>": 2000 + b for b in range(0x80, 0xA0)}}, "merges": bytes_["merges"]},
             "few bytes": {"vocab": {t: i for t, i in pieces["vocab"].items() if t not in few}, "merges": pieces["merges"]}}
    for c in CASES:
        m = named[c["model"]]
        full = {**c["file"], "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
                                       "fuse_unk": False, "byte_fallback": False, "ignore_merges": False, **m, **c["options"]}}
        t = Tokenizer.from_str(json.dumps(full))
        c["texts"] = []
        for s in ["".join(WORDS), *(text(rng) for _ in range(count))]:
            ids = t.encode(s, add_special_tokens=False).ids
            special = t.encode(s, add_special_tokens=True).ids
            at = next((i for i in range(len(special) - len(ids) + 1) if special[i:i + len(ids)] == ids))
            c["texts"].append({"text": s, "ids": ids, "before": special[:at], "after": special[at + len(ids):],
                               "decoded": t.decode(ids, skip_special_tokens=False)})
    with open(out, "w") as f:
        json.dump({"unicode": unicode_hashes() if count == 20 else None, "models": named, "cases": CASES}, f, ensure_ascii=True, separators=(",", ":"))
        f.write("\n")


main()
