"""Writes expressions.json: what the environment that transformers compiles chat
templates in makes of each line of expressions.txt, ⏎ being a line end, with the
names below; an error is null.

    python make_expressions.py      # transformers 5.24.0, jinja2 3.1.6
"""
import json
import pathlib

from transformers.utils import chat_template_utils

here = pathlib.Path(__file__).parent
NAMES = json.loads((here / "names.json").read_text())


def render(template):
    try:
        return chat_template_utils._compile_jinja_template(template).render(**NAMES)
    except Exception:
        return None


lines = (here / "expressions.txt").read_text().split("\n")
out = [[e, render(e.replace("⏎", "\n"))] for e in lines if e]
(here / "expressions.json").write_text(json.dumps(out, indent=0, ensure_ascii=False) + "\n")
print(sum(t is None for _, t in out), "errors of", len(out))
