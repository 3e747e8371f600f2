"""Writes classes-VERSION.json: tokenizers of transformers' classes for models of
today, as the installed transformers saves them, and the ids that it gives for
texts once it has loaded them again.

    python make_classes.py cases.json unigram.json classes-VERSION.json

Vocabularies are those of cases.json but where they are written. It was run with transformers 5.24.0 and
with 4.45.1.
"""
import json
import os
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"

import transformers
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import AutoTokenizer, CodeGenTokenizer, CodeGenTokenizerFast, GemmaTokenizerFast, GPT2Tokenizer, GPT2TokenizerFast, GPTNeoXTokenizerFast, LlamaTokenizerFast, PreTrainedTokenizerFast, Qwen2Tokenizer, Qwen2TokenizerFast

from texts import TEXTS

V5 = transformers.__version__.startswith("5.")
if V5:
    from transformers import CohereTokenizer as CohereTokenizerFast, T5Tokenizer
else:
    from transformers import BloomTokenizerFast, CohereTokenizerFast, T5TokenizerFast as T5Tokenizer
NAMED = json.load(open(sys.argv[1]))["models"]
UNIGRAM = json.load(open(sys.argv[2]))
FILES = ["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "config.json"]
BLOOM = " ?[^(\\s|[.,!?…。，、।۔،])]+"
CASES = []


def pair(name):
    return {"vocab": NAMED[name]["vocab"], "merges": [tuple(x) for x in NAMED[name]["merges"]]}


def backend(name, norm=None, pre=None, post=None, **options):
    t = Tokenizer(models.BPE(**pair(name), **options))
    for field, value in (("normalizer", norm), ("pre_tokenizer", pre), ("post_processor", post)):
        if value is not None:
            setattr(t, field, value)
    t.decoder = decoders.ByteLevel()
    return t


def case(name, model, make, *edits, keep=True):
    """keep: with the tokenizer.json, else with vocab.json and merges.txt."""
    CASES.append((name, model, make, edits, keep))


def edit(file, **fields):
    """Sets fields of a file of the folder; None takes one out."""
    def do(folder):
        path = os.path.join(folder, file)
        c = json.load(open(path)) if os.path.exists(path) else {}
        c.update(fields)
        with open(path, "w") as f:
            json.dump({k: v for k, v in c.items() if v is not None}, f, ensure_ascii=False)
    return do


def config(**fields):
    return edit("tokenizer_config.json", **fields)


def model_type(name):
    return edit("config.json", model_type=name)


def no_config(folder):
    for f in ("tokenizer_config.json", "special_tokens_map.json"):
        if os.path.exists(os.path.join(folder, f)):
            os.remove(os.path.join(folder, f))


byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False)
no_regex = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
bloom = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(BLOOM), "isolated"), no_regex])
cohere = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level])
template = processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> <s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
gemma_pre = pre_tokenizers.Split(" ", "merged_with_previous")
roles = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}


def gemma4(**settings):
    t = backend("pieces", norm=normalizers.Replace(" ", "▁"), pre=gemma_pre, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    return lambda: GemmaTokenizerFast(tokenizer_object=t, **{"bos_token": "<s>", "eos_token": "</s>", **settings})


def made(cls, name, pre, norm=None, post=None, **settings):
    """A tokenizer of a class, from its parts: transformers 4 keeps all of them, 5 the vocabulary and the post-processor."""
    if V5:
        return lambda: cls(**pair(name), **settings)
    return lambda: cls(tokenizer_object=backend(name, norm=norm, pre=pre, post=post), **settings)


both = {"add_bos_token": True, "add_eos_token": True}
for name, settings in {"": {}, " with roles": roles, " with both ends": {**roles, **both}, " with a prefix space": {"add_prefix_space": True, "bos_token": "</s>"}}.items():
    case("gpt_neox" + name, "bytes", made(GPTNeoXTokenizerFast, "bytes", byte_level, norm=normalizers.NFC(), **settings), model_type("gpt_neox"))
    case("cohere" + name, "bytes", made(CohereTokenizerFast, "bytes", cohere, norm=normalizers.NFC(), **{**({"bos_token": "<s>"} if not V5 else {}), **settings}))
for name, settings in {"": {}, " with a prefix space": {"add_prefix_space": True}}.items():
    case("codegen" + name, "bytes", made(CodeGenTokenizerFast, "bytes", byte_level, **settings), model_type("phi"))
if V5:
    case("gpt_neox with parts of its own", "bytes", lambda: GPTNeoXTokenizerFast(**pair("bytes"), **roles), edit("tokenizer.json", normalizer=None, pre_tokenizer=None,
         post_processor=json.loads(backend("bytes", post=template).to_str())["post_processor"]))
    case("gpt_neox asked for a BOS", "bytes", lambda: GPTNeoXTokenizerFast(**pair("bytes"), **roles), config(add_bos_token=True))
    case("gemma", "pieces", lambda: GemmaTokenizerFast(**pair("pieces"), bos_token="<s>", eos_token="</s>"), model_type("gemma3_text"))
    case("gemma with both ends", "pieces", lambda: GemmaTokenizerFast(**pair("pieces"), bos_token="<s>", eos_token="</s>", **both), model_type("gemma2"))
    case("gemma with parts of its own", "pieces", lambda: GemmaTokenizerFast(**pair("pieces")), edit("tokenizer.json", normalizer={"type": "Lowercase"}, pre_tokenizer=None))
    case("codegen with a template", "bytes", lambda: CodeGenTokenizerFast(**pair("bytes"), **roles), edit("tokenizer.json", post_processor=json.loads(backend("bytes", post=template).to_str())["post_processor"]))
    case("bloom", "bytes", lambda: PreTrainedTokenizerFast(tokenizer_object=backend("bytes", pre=bloom), **roles), config(tokenizer_class="BloomTokenizerFast", add_prefix_space=True), model_type("bloom"))
    # Models whose classes transformers 5 does not believe.
    for kind, cls, name in (("granite", GPT2TokenizerFast, "bytes"), ("olmo2", GPTNeoXTokenizerFast, "bytes"), ("stablelm", GPTNeoXTokenizerFast, "bytes"), ("mixtral", LlamaTokenizerFast, "pieces"), ("phi3", LlamaTokenizerFast, "pieces")):
        case(f"{cls.__name__} of a {kind}", name, (lambda cls, name: lambda: cls(**pair(name)))(cls, name), edit("tokenizer.json", normalizer={"type": "Lowercase"}), config(tokenizer_class=cls.__name__), model_type(kind))
    for kind, cls, given in (("olmoe", GPTNeoXTokenizerFast, None), ("qwen3", GPT2TokenizerFast, "GPT2Tokenizer"), ("qwen2", GPT2TokenizerFast, "GPT2Tokenizer"), ("gemma", GPT2TokenizerFast, "TokenizersBackend"), ("smollm3", GPT2TokenizerFast, "GPT2Tokenizer")):
        case(f"{given or 'its own'} of a {kind}", "bytes", (lambda cls: lambda: cls(**pair("bytes")))(cls), edit("tokenizer.json", normalizer={"type": "Lowercase"}), *([config(tokenizer_class=given)] if given else []), model_type(kind))
else:
    case("gemma", "pieces", gemma4())
    case("gemma with defaults", "pieces", gemma4(bos_token="<bos>", eos_token="<eos>", add_eos_token=True))
    case("gemma without a BOS", "pieces", gemma4(add_bos_token=False))
    for name, settings in {"": {}, " with a prefix space": {"add_prefix_space": True}}.items():
        case("bloom" + name, "bytes", made(BloomTokenizerFast, "bytes", bloom, post=template, **settings))
    case("bloom with Falcon's pre-tokenizers", "bytes", made(BloomTokenizerFast, "bytes", pre_tokenizers.Sequence([pre_tokenizers.Punctuation("contiguous"), byte_level, pre_tokenizers.Digits(individual_digits=False),
         pre_tokenizers.Split(Regex("[0-9][0-9][0-9]"), "isolated")]), add_prefix_space=True))
    for kind in ("gpt_neox", "phi", "bloom"):
        case("no tokenizer_config.json of a " + kind, "bytes", lambda: PreTrainedTokenizerFast(tokenizer_object=backend("bytes", pre=byte_level, post=template)), no_config, model_type(kind))
    for kind in ("gemma", "phi3"):
        case("no tokenizer_config.json of a " + kind, "pieces", lambda: PreTrainedTokenizerFast(tokenizer_object=backend("pieces", norm=normalizers.Replace(" ", "▁"), pre=gemma_pre, post=template, unk_token="<unk>", fuse_unk=True, byte_fallback=True)), no_config, model_type(kind))
    for cls in (CodeGenTokenizer, Qwen2Tokenizer, GPT2Tokenizer):
        for prefix in (False,) if cls is Qwen2Tokenizer else (False, True):
            case(f"{cls.__name__}, prefix space {prefix}, without a tokenizer.json", "bytes", (lambda cls, prefix: lambda folder: cls(folder + "/vocab.json", folder + "/merges.txt", add_prefix_space=prefix, eos_token="</s>"))(cls, prefix), keep=False)


def t5(**settings):
    t = Tokenizer(models.Unigram([tuple(x) for x in UNIGRAM["models"]["spm"]["vocab"]], unk_id=0))
    t.pre_tokenizer = pre_tokenizers.Metaspace()
    if V5:
        return lambda: T5Tokenizer(vocab=[tuple(x) for x in UNIGRAM["models"]["spm"]["vocab"]], **settings)
    return lambda: T5Tokenizer(tokenizer_object=t, **settings)


RULES = {"type": "Precompiled", "precompiled_charsmap": UNIGRAM["charsmaps"]["rules"]}
case("t5", None, t5(unk_token="<unk>"))
case("t5 with rules", None, t5(), edit("tokenizer.json", normalizer={"type": "Sequence", "normalizers": [{"type": "Lowercase"}, RULES, {"type": "Strip", "strip_left": True, "strip_right": True}]}))
case("t5 with ids of its own", None, t5(extra_ids=2, additional_special_tokens=["<extra_id_0>", "<extra_id_1>", "the"]), edit("tokenizer.json", normalizer=RULES, post_processor=None))


def write_pair(folder, name):
    with open(folder + "/vocab.json", "w") as f:
        json.dump(NAMED[name]["vocab"], f, ensure_ascii=False)
    with open(folder + "/merges.txt", "w") as f:
        f.write("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in NAMED[name]["merges"]))


def main():
    out = {"version": transformers.__version__, "unicode": {}, "texts": TEXTS, "folders": []}
    for name, model, make, edits, keep in CASES:
        print(name)
        with tempfile.TemporaryDirectory() as folder:
            if keep:
                make().save_pretrained(folder)
            else:
                write_pair(folder, model)
                make(folder).save_pretrained(folder)
            for e in edits:
                e(folder)
            t = AutoTokenizer.from_pretrained(folder)
            files = {f: json.load(open(os.path.join(folder, f))) for f in FILES if os.path.exists(os.path.join(folder, f))}
            if keep:
                files["tokenizer.json"] = json.load(open(os.path.join(folder, "tokenizer.json")))
                for field in ("vocab", "merges") if model else ():
                    want, got = NAMED[model][field], files["tokenizer.json"]["model"].pop(field)
                    assert got == want or [x.split(" ") for x in got] == want, (name, field)
            ids, special, ends = [], [], None
            for s in TEXTS:
                a, b = t.encode(s, add_special_tokens=False), t.encode(s)
                at = next(i for i in range(len(b) - len(a) + 1) if b[i:i + len(a)] == a)
                assert ends is None or a == [] or (b[:at], b[at + len(a):]) == ends, (name, s, ends, a, b)
                if a:
                    ends = b[:at], b[at + len(a):]
                ids.append(a)
            out["folders"].append({"name": name, "model": model, "class": type(t).__name__, "files": files, "ids": ids, "before": ends[0], "after": ends[1]})
    with open(sys.argv[3], "w") as f:
        json.dump(out, f, ensure_ascii=False, separators=(",", ":"))
        f.write("\n")


main()
