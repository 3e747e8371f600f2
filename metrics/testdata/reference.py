"""Writes reference.json: what rouge-score 0.1.2, sacreBLEU 2.6.0 and the SQuAD 2.0
metrics of transformers 4.45.1 say of texts.

    python reference.py PYTHON-WITH-TRANSFORMERS > reference.json
"""
import json
import subprocess
import sys

CASES = [
    ["The cat sat on the mat.", ["A cat sat on a mat", "the cat is on the mat."]],
    ["", ["nothing"]], ["word", [""]], ["", [""]], ["the", ["a"]],
    ["Paris", ["paris!", "Paris, France"]],
    ["It costs 1,000.50 $ - 20-30% off (today); see page 3.", ["It costs 1,000.50 $, 20-30 % off today; see page 3."]],
    ["don't \"quote\" &quot;me&quot; &amp; you &lt;b&gt;", ["do not quote me & you <b>"]],
    ["Das Müller-Haus ist größer als das alte Café.", ["Das Haus von Müller ist größer als das Café.", "Das Café ist kleiner."]],
    ["日本の首都は東京です。", ["日本の首都は東京である。"]],
    ["ΣΊΣΥΦΟΣ rolls the İstanbul stone", ["σίσυφος rolls the istanbul stone"]],
    ["a b c d e f", ["f e d c b a", "a c e"]],
    ["the the the the", ["the cat the dog"]],
    ["line one\nline-\ntwo <skipped> end", ["line one line two end"]],
    ["an äa theä the_a a1 1a", ["äa theä the_a a1 1a"]],
    ["x\u00a0y\u2003z\x1cw", ["x y z w"]],
    ["three short words", ["three short words"]],
    ["one", ["one"]],
    ["completely different", ["nothing shared here at all"]],
    ["A long answer, in two sentences. It goes on — and on: 3.5 km, no less!",
     ["A long answer in two sentences. It goes on and on for 3.5 km.", "An answer.", "It goes on — and on: 3.5 km, no less"]],
]

SQUAD = """
import json, sys
from transformers.data.metrics.squad_metrics import compute_exact, compute_f1
cases = json.load(sys.stdin)
json.dump([[max(compute_exact(r, a) for r in refs), max(compute_f1(r, a) for r in refs)] for a, refs in cases], sys.stdout)
"""


def main():
    from rouge_score.rouge_scorer import RougeScorer
    from sacrebleu.metrics import BLEU, CHRF
    squad = json.loads(subprocess.run([sys.argv[1], "-c", SQUAD], input=json.dumps(CASES), capture_output=True, text=True, check=True).stdout)
    rouge = RougeScorer(["rouge1", "rouge2", "rougeL"])

    def corpus(metric, cases):
        most = max(len(refs) for _, refs in cases)
        return metric.corpus_score([a for a, _ in cases], [[refs[i] if i < len(refs) else None for _, refs in cases] for i in range(most)]).score

    out = []
    for (answer, refs), (exact, f1) in zip(CASES, squad):
        r = rouge.score_multi(refs, answer)
        out.append({"text": answer, "references": refs, "exact": exact, "f1": f1,
                    "rouge": [r[k].fmeasure for k in ("rouge1", "rouge2", "rougeL")],
                    "bleu": corpus(BLEU(), [[answer, refs]]), "chrf": corpus(CHRF(), [[answer, refs]])})
    json.dump({"cases": out, "bleu": corpus(BLEU(), CASES), "chrf": corpus(CHRF(), CASES)}, sys.stdout, ensure_ascii=False, indent=1)


main()
