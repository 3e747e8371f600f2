"""Writes saved-VERSION.json: small tokenizers as the installed transformers saves
them, and the ids that it gives for texts once it has loaded them again.

    python make_saved.py cases.json saved-VERSION.json

Vocabularies are those of cases.json. It was run with transformers 5.24.0 and
with 4.45.1.
"""
import hashlib
import json
import os
import random
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"

import transformers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import AutoTokenizer, GPT2TokenizerFast, LlamaTokenizerFast, PreTrainedTokenizerFast, Qwen2TokenizerFast

V5 = transformers.__version__.startswith("5.")
NAMED = json.load(open(sys.argv[1]))["models"]
# No character that was assigned after Unicode 14: versions of the library cut
# words at them in different places.
WORDS = ["the", " the", "The", " pruning", "don't", "I'LL", "'s", "'S", " ", "  ", "\n", "\n\n", "\r\n", "\t", "\u00a0", "\u3000", "1", "123", "1234",
         "٣", "½", "²", ".", ",", "!?", "...", "-", "--", "(", "{\"", "$", "€", "_", "é", "e\u0301", "Å", "\u212b", "ﬁ", "İ", "ẞ", "ΑΣ", "日本", "語", "한국", "가\u11a8",
         "мир", "МИР", "ελ", "हिन्दी", "مرحبا", "🙂", "👩‍👧", "\u200b", "\ufeff", "\x00", "▁", "▁▁", "Ġ", "<s>", "</s>", "<unk>", "<pad>", "<mask>", "<0x41>",
         "<|begin|>", "<|end|>", "<|endoftext|>", "<", "tok", "toks", "TOK", "x", "Ａ１", "①", "ﷺ", "ab" * 20]
FILES = ["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "config.json"]


def texts():
    rng = random.Random(5)
    return ["".join(WORDS), "", " ", "<s>", "the tok </s> on<s>the  a", *("".join(rng.choice(WORDS) for _ in range(rng.randint(1, 10))) for _ in range(12))]


def model(name, **options):
    m = NAMED[name]
    return models.BPE(vocab=m["vocab"], merges=[tuple(x) for x in m["merges"]], **options)


def backend(name, norm=None, pre=None, post=None, decoder=None, options=None, added=()):
    t = Tokenizer(model(name, **(options or {})))
    for field, value in (("normalizer", norm), ("pre_tokenizer", pre), ("post_processor", post), ("decoder", decoder)):
        if value is not None:
            setattr(t, field, value)
    for a in added:
        (t.add_special_tokens if a.special else t.add_tokens)([a])
    return t


def pair(name):
    return {"vocab": NAMED[name]["vocab"], "merges": [tuple(x) for x in NAMED[name]["merges"]]}


def fast(**settings):
    return lambda t: PreTrainedTokenizerFast(tokenizer_object=t, **settings)


def changed(change):
    """Changes a tokenizer before it is saved."""
    def make(t):
        change(t)
        return t
    return make


byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False)
sp = {"unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True}
template = processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> <s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
CASES = {}


def case(name, model_name, make, edit=None):
    CASES[name] = (model_name, make, edit)


def config(**fields):
    """Writes fields of tokenizer_config.json after it has been saved; None takes one out."""
    def edit(folder):
        path = os.path.join(folder, "tokenizer_config.json")
        c = {**json.load(open(path)), **fields}
        with open(path, "w") as f:
            json.dump({k: v for k, v in c.items() if v is not None}, f, ensure_ascii=False)
    return edit


def file_json(change):
    """Changes tokenizer.json after it has been saved."""
    def edit(folder):
        path = os.path.join(folder, "tokenizer.json")
        c = json.load(open(path))
        change(c)
        with open(path, "w") as f:
            json.dump(c, f, ensure_ascii=False)
    return edit


def model_type(name):
    def edit(folder):
        with open(os.path.join(folder, "config.json"), "w") as f:
            json.dump({"model_type": name}, f)
    return edit


def both(*edits):
    def edit(folder):
        for e in edits:
            e(folder)
    return edit


# The classes, as they are made from a vocabulary.
case("plain", "bytes", lambda: fast()(backend("bytes", pre=byte_level)))
case("plain with all kinds of special tokens", "bytes", lambda: fast(
    bos_token="<s>", eos_token=AddedToken("</s>", lstrip=True, normalized=False, special=True), unk_token="<unk>", pad_token="<pad>",
    mask_token=AddedToken("<mask>", lstrip=True), additional_special_tokens=["<|begin|>", AddedToken("<|end|>", rstrip=True)])(backend("bytes", pre=byte_level, post=template)))
case("plain with a pad token that is new", "bytes", lambda: fast(pad_token="[PAD]", bos_token="<s>", add_bos_token=True)(backend("bytes", pre=byte_level)))
case("plain with tokens added", "bytes", lambda: changed(lambda t: (t.add_tokens(["tok", AddedToken("TOK", single_word=True, normalized=False)]), t.add_special_tokens(
    {"additional_special_tokens": ["<|begin|>", "<|end|>"]})))(fast(eos_token="</s>")(backend("bytes", pre=byte_level))))
case("plain that truncates and pads", "bytes", lambda: changed(lambda t: (t._tokenizer.enable_truncation(4), t._tokenizer.enable_padding(length=99, pad_id=1, pad_token="<pad>")))(
    fast()(backend("bytes", pre=byte_level, post=template))))
for legacy in (True, False):
    for prefix in (None, True, False):
        case(f"llama, legacy {legacy}, prefix space {prefix}", "pieces", (lambda legacy, prefix: lambda: LlamaTokenizerFast(**pair("pieces"), legacy=legacy, add_prefix_space=prefix, add_bos_token=True))(legacy, prefix)
             if V5 else (lambda legacy, prefix: lambda: llama4(legacy, prefix))(legacy, prefix))


def llama4(legacy, prefix, **settings):
    t = backend("pieces", norm=normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]) if legacy and prefix is not False else None,
                pre=None if legacy and prefix is not False else pre_tokenizers.Metaspace(prepend_scheme="first" if prefix is not False else "never", split=False), options=sp)
    return LlamaTokenizerFast(tokenizer_object=t, legacy=legacy, **settings)


if V5:
    case("llama with both ends and a pad", "pieces", lambda: LlamaTokenizerFast(**pair("pieces"), add_bos_token=True, add_eos_token=True, pad_token="<pad>", extra_special_tokens=["<|begin|>"]))
    case("llama without a template", "pieces", lambda: LlamaTokenizerFast(**pair("pieces")), file_json(lambda c: c.update(post_processor=None)))
    case("llama with a template of its own", "pieces", lambda: LlamaTokenizerFast(**pair("pieces"), add_bos_token=True), config(add_bos_token=False, add_eos_token=True))
    case("llama with an unknown token in its model", "few bytes", lambda: LlamaTokenizerFast(**pair("few bytes")), file_json(lambda c: c["model"].update(unk_token="<unk>", fuse_unk=False, byte_fallback=False)))
    case("llama with another normalizer", "pieces", lambda: LlamaTokenizerFast(**pair("pieces"), legacy=False), both(config(legacy=True), file_json(lambda c: c.update(
        normalizer={"type": "Lowercase"}, pre_tokenizer=None))))
    case("llama of byte level", "bytes", lambda: fast(bos_token="<s>")(backend("bytes", pre=byte_level)), config(tokenizer_class="LlamaTokenizer"))
    case("llama of a mistral", "pieces", lambda: LlamaTokenizerFast(**pair("pieces"), legacy=True), both(config(tokenizer_class="LlamaTokenizer"), model_type("mistral")))
    case("llama of a llama", "pieces", lambda: LlamaTokenizerFast(**pair("pieces"), legacy=True), model_type("llama"))
    case("qwen2", "bytes", lambda: Qwen2TokenizerFast(**pair("bytes")))
    case("qwen2 with a bos and flags", "bytes", lambda: Qwen2TokenizerFast(**pair("bytes"), bos_token=AddedToken("<s>", lstrip=True, normalized=False, special=True), add_prefix_space=True,
                                                                          pad_token="<pad>", extra_special_tokens=["<|begin|>", "<|end|>"]))
    case("qwen2 with another pre-tokenizer", "bytes", lambda: Qwen2TokenizerFast(**pair("bytes")), file_json(lambda c: c.update(normalizer=None, pre_tokenizer={
        "type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True})))
    case("plain of a qwen2", "bytes", lambda: fast(eos_token="</s>")(backend("bytes", pre=byte_level)), model_type("qwen2"))
    case("gpt2", "bytes", lambda: GPT2TokenizerFast(**pair("bytes")))
    case("gpt2 with a bos and a prefix space", "bytes", lambda: GPT2TokenizerFast(**pair("bytes"), bos_token="</s>", eos_token="</s>", unk_token="</s>", pad_token="<pad>", add_prefix_space=True, add_bos_token=True))
    case("gpt2 with another pre-tokenizer", "bytes", lambda: GPT2TokenizerFast(**pair("bytes")), file_json(lambda c: c.update(normalizer={"type": "NFC"}, pre_tokenizer={
        "type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}]})))
    case("gpt2 of an opt", "bytes", lambda: GPT2TokenizerFast(**pair("bytes"), bos_token="</s>", add_bos_token=True), model_type("opt"))
    case("tokens by name", "bytes", lambda: fast(eos_token="</s>", extra_special_tokens={"image_token": "<|begin|>", "end_token": "<|end|>"})(backend("bytes", pre=byte_level)))
    case("tokens in the old fields", "bytes", lambda: fast(eos_token="</s>")(backend("bytes", pre=byte_level)), config(additional_special_tokens=["<|begin|>"], image_token="<|end|>"))
    case("special tokens as objects", "bytes", lambda: fast()(backend("bytes", pre=byte_level)), config(
        bos_token={"__type": "AddedToken", "content": "TOK", "lstrip": True, "rstrip": False, "normalized": True, "single_word": False, "special": True},
        extra_special_tokens=[{"__type": "AddedToken", "content": "tok", "rstrip": True, "lstrip": False, "normalized": False, "single_word": False, "special": True}]))
    case("no tokenizer_config.json", "bytes", lambda: fast(eos_token="</s>")(backend("bytes", pre=byte_level, post=template)), lambda d: os.remove(d + "/tokenizer_config.json"))
else:
    case("llama with both ends", "pieces", lambda: llama4(True, True, add_eos_token=True, pad_token="<pad>", additional_special_tokens=["<|begin|>"]))
    case("llama of a mistral", "pieces", lambda: llama4(True, True), model_type("mistral"))
    case("qwen2", "bytes", lambda: Qwen2TokenizerFast(tokenizer_object=backend("bytes", norm=normalizers.NFC(), pre=byte_level)))
    case("gpt2 with a bos and a prefix space", "bytes", lambda: GPT2TokenizerFast(tokenizer_object=backend("bytes", pre=byte_level), bos_token="</s>", add_prefix_space=True, add_bos_token=True))
    case("no tokenizer_config.json", "bytes", lambda: fast(eos_token="</s>")(backend("bytes", pre=byte_level, post=template)), both(
        model_type("llama"), lambda d: os.remove(d + "/tokenizer_config.json")))

# The components, each in a plain tokenizer.
NORMALIZERS = {
    "NFC": normalizers.NFC(), "NFD": normalizers.NFD(), "NFKC": normalizers.NFKC(), "NFKD": normalizers.NFKD(), "lowercase": normalizers.Lowercase(),
    "strip": normalizers.Strip(), "strip left": normalizers.Strip(left=True, right=False), "strip right": normalizers.Strip(left=False, right=True),
    "replace by regex": normalizers.Replace(Regex(r"\s{2,}|\p{N}"), "_"), "replace": normalizers.Replace("the", "TOK"), "prepend": normalizers.Prepend("x "),
    "sequence": normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase(), normalizers.Strip(), normalizers.Replace("İ", "i")]), "empty sequence": normalizers.Sequence([]),
    "byte level": normalizers.ByteLevel(),
}
for name, n in NORMALIZERS.items():
    case("normalizer " + name, "bytes", (lambda n, name: lambda: fast()(backend("bytes", norm=n, pre=None if name == "byte level" else byte_level, added=[AddedToken("TOK", normalized=True)])))(n, name))
no_regex = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
PRE = {
    "whitespace": pre_tokenizers.Whitespace(), "whitespace split": pre_tokenizers.WhitespaceSplit(), "digits": pre_tokenizers.Digits(individual_digits=False),
    "delimiter": pre_tokenizers.CharDelimiterSplit("t"), "bert": pre_tokenizers.BertPreTokenizer(), "punctuation": pre_tokenizers.Punctuation(),
    "punctuation contiguous": pre_tokenizers.Punctuation("contiguous"), "punctuation removed": pre_tokenizers.Punctuation("removed"),
    "punctuation merged with previous": pre_tokenizers.Punctuation("merged_with_previous"), "punctuation merged with next": pre_tokenizers.Punctuation("merged_with_next"),
}
for name, p in PRE.items():
    case("pre-tokenizer " + name, "bytes", (lambda p: lambda: fast()(backend("bytes", pre=pre_tokenizers.Sequence([p, no_regex]))))(p))
case("pre-tokenizers in a sequence in a sequence", "bytes", lambda: fast()(backend("bytes", pre=pre_tokenizers.Sequence([pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True)]), byte_level]))))
case("post-processor bert", "bytes", lambda: fast()(backend("bytes", pre=byte_level, post=processors.BertProcessing(("</s>", 2), ("<s>", 0)))))
for name, d in {"word piece": decoders.WordPiece(), "ctc": decoders.CTC(), "bpe": decoders.BPEDecoder(), "strip": decoders.Strip(" ", 0, 2)}.items():
    case("decoder " + name, "bytes", (lambda d: lambda: fast()(backend("bytes", pre=byte_level, decoder=d)))(d))


def unicode_hashes():
    """What normalizers make of each code point of the planes in use, and what Punctuation takes for it."""
    chars = [chr(c) for c in (*range(0xD800), *range(0xE000, 0x32400), *range(0xE0000, 0xE0200))]
    sha = lambda s: hashlib.sha256(s.encode()).hexdigest()
    out = {}
    for name in ("NFD", "NFKC", "NFKD", "Lowercase"):
        n = getattr(normalizers, name)()
        out[name] = sha("".join(n.normalize_str(c) + n.normalize_str("a" + c) + n.normalize_str(c + "\u0301") for c in chars))
    p = pre_tokenizers.Punctuation()
    out["Punctuation"] = sha("".join("P" if len(p.pre_tokenize_str("a" + c)) == 2 else "-" for c in chars))
    return out


def main():
    out = {"version": transformers.__version__, "unicode": unicode_hashes(), "texts": texts(), "folders": []}
    for name, (model_name, make, edit) in CASES.items():
        print(name)
        with tempfile.TemporaryDirectory() as folder:
            make().save_pretrained(folder)
            if edit:
                edit(folder)
            t = AutoTokenizer.from_pretrained(folder)
            files = {f: json.load(open(os.path.join(folder, f))) for f in FILES if os.path.exists(os.path.join(folder, f))}
            files["tokenizer.json"] = json.load(open(os.path.join(folder, "tokenizer.json")))
            for field in ("vocab", "merges"):
                want = NAMED[model_name][field]
                got = files["tokenizer.json"]["model"].pop(field)
                assert got == want or [x.split(" ") for x in got] == want, (name, field)
            out["folders"].append({"name": name, "model": model_name, "class": type(t).__name__, "files": files,
                                   "ids": [t.encode(s, add_special_tokens=False) for s in out["texts"]],
                                   "special": [t.encode(s) for s in out["texts"]]})
    with open(sys.argv[2], "w") as f:
        json.dump(out, f, ensure_ascii=True, separators=(",", ":"))
        f.write("\n")


main()
