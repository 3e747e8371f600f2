"""Writes renderings.json: what transformers makes of each conversation by each
template, in the environment that it compiles templates in, add_generation_prompt
being false, on 6 July 2024.

    python make_renderings.py      # transformers 5.24.0, jinja2 3.1.6
"""
import datetime
import json
import pathlib

import jinja2
import transformers
from transformers.tokenization_utils_base import _normalize_chat_messages
from transformers.utils import chat_template_utils


class Then(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2024, 7, 6, 5, 4, 3)


chat_template_utils.datetime = Then
here = pathlib.Path(__file__).parent
TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}


def render(template, row):
    messages = _normalize_chat_messages(row["messages"])
    try:
        out, _ = chat_template_utils.render_jinja_template(
            conversations=[messages], tools=row.get("tools"), chat_template=template, **TOKENS
        )
        return {"text": out[0]}
    except jinja2.exceptions.TemplateError as e:
        return {"error": str(e) if type(e) is jinja2.exceptions.TemplateError else ""}
    except (TypeError, ValueError, ZeroDivisionError, AttributeError, KeyError, IndexError, OverflowError):
        return {"error": ""}


rows = json.loads((here / "conversations.json").read_text())
out = {
    p.stem: [render(p.read_text(), row) for row in rows] for p in sorted((here / "templates").glob("*.jinja"))
}
(here / "renderings.json").write_text(json.dumps(out, indent=0, ensure_ascii=False) + "\n")

print(transformers.__version__, jinja2.__version__)
