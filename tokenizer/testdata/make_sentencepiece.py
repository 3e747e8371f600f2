"""Writes sentencepiece.json: small models of SentencePiece (0.2) and the ids
that it gives for texts.

    python make_sentencepiece.py sentencepiece.json [texts per model] [seed]
"""
import base64
import io
import json
import os
import random
import sys
import tempfile

import sentencepiece as spm

CORPUS = [s.strip() for s in """The quick brown fox jumps over the lazy dog, and the dog does not mind. Pruning sets weights to zero;
the others are moved to repair what the output lost. It's what we've done, they'll say, and I'd agree: don't
stop at the first matrix. In 2024 there were 1,234 of them, 56.7% zeros, x = y**2 + 3*z - f(x)[i] {"key": null}.
def prune(weight, hessian): return weight * mask  # comment
Ein Größenwahn über Äpfel, naïve café, señor, œuvre; Привет, мир и мы; ελληνικά;
日本語のテキスト、中文; 한국어 텍스트; 日本語の本、日本の語
this is the house that the weights of the others built and that is that
and more spaces than one, the other thing, and another one with weights""".split("\n")]

WORDS = ["the", " the", "The", " pruning", "weights", "don't", "'s", " ", "  ", "   ", "\n", "\r\n", "\t", "\u00a0", "\u3000", "\u200b", "1", "123", "½", "①", ".", ",", "!?", "-", "(", "$", "€",
         "_", "é", "e\u0301", "Å", "\u212b", "ﬁ", "Ａ１", "㌔", "日本", "語", "한국", "가\u11a8", "мир", "ελ", "🙂", "\ufeff", "\x00", "▁", "▁▁", "<0x41>", "<s>", "</s>", "<unk>", "<", "<sep>", "<cls>",
         "sep", "other", "others", "ab" * 10, "a" * 30, "ﾊﾟ", "…", "x", "q", "zz"]


def train(**options):
    out = io.BytesIO()
    defaults = dict(vocab_size=400, model_type="bpe", character_coverage=0.98, normalization_rule_name="identity", hard_vocab_limit=False, minloglevel=9, num_threads=1)
    spm.SentencePieceTrainer.train(sentence_iterator=iter(CORPUS * 20), model_writer=out, **{**defaults, **options})
    return out.getvalue()


def rules(text):
    """A file of rules for normalization: code points, a tab, code points."""
    f = tempfile.NamedTemporaryFile("w", suffix=".tsv", delete=False)
    f.write("\n".join("\t".join(" ".join("%04X" % ord(c) for c in part) for part in line) for line in text) + "\n")
    f.close()
    return f.name


RULES = rules([("ab", "X "), ("abab", "yy"), ("é", "e"), ("①", "1"), ("\t", " "), ("日本", "JP")])
MODELS = {
    "bpe": {},
    "bpe with bytes, as llama": dict(byte_fallback=True, remove_extra_whitespaces=False, split_digits=True, allow_whitespace_only_pieces=True),
    "bpe without a prefix": dict(add_dummy_prefix=False, byte_fallback=True),
    "bpe across words": dict(split_by_whitespace=False, user_defined_symbols=["<sep>", "the", "▁o", "sep"], remove_extra_whitespaces=False),
    "bpe with rules": dict(normalization_rule_tsv=RULES, user_defined_symbols=["abc", "<cls>"], control_symbols=["<sep>"]),
    "bpe with rules for spaces": dict(normalization_rule_tsv=RULES, remove_extra_whitespaces=False, byte_fallback=True),
    "unigram": dict(model_type="unigram"),
    "unigram with nmt_nfkc": dict(model_type="unigram", normalization_rule_name="nmt_nfkc", vocab_size=300),
    "unigram with bytes and symbols": dict(model_type="unigram", byte_fallback=True, user_defined_symbols=["<sep>", "the", "▁o", "sep"], remove_extra_whitespaces=False),
    "unigram across words": dict(model_type="unigram", split_by_whitespace=False, normalization_rule_tsv=RULES, user_defined_symbols=["  ", "日本"]),
}


def main():
    count, rng = int((sys.argv + [40])[2]), random.Random(int((sys.argv + [0, 7])[3]))
    texts = ["".join(WORDS), "", " ", "   ", *CORPUS, *("".join(rng.choice(WORDS) for _ in range(rng.randint(1, 10))) for _ in range(count))]
    out = {"texts": texts, "models": []}
    for name, options in MODELS.items():
        model = train(**options)
        sp = spm.SentencePieceProcessor(model_proto=model)
        out["models"].append({"name": name, "model": base64.b64encode(model).decode(), "ids": [sp.encode(s) for s in texts]})
    os.remove(RULES)
    with open(sys.argv[1], "w") as f:
        json.dump(out, f, ensure_ascii=True, separators=(",", ":"))
        f.write("\n")


main()
