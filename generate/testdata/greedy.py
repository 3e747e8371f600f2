"""Greedy continuations of the tiny models, by transformers: greedy.json.

    python greedy.py ../../testdata > greedy.json

With transformers 5.24.0 and torch 2.7.1, in float64. Of each model: the first 24
tokens of its first test row, and 60 that follow. margin is by how much at least
the likeliest token's logit exceeded the second's.
"""
import json
import pathlib
import sys

import torch
import transformers

root = pathlib.Path(sys.argv[1])
out = {}
for config in sorted(list(root.glob("today/*/config.json")) + list(root.glob("*-micro/config.json"))):
    folder = config.parent
    row = json.loads((folder / "test.rows.json").read_text())
    prompt = row[0][:24]
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float64)
    model.eval()
    model.generation_config.eos_token_id = None
    positions = model.config.get_text_config().max_position_embeddings if hasattr(model.config.get_text_config(), "max_position_embeddings") else 1 << 30
    with torch.no_grad():
        got = model.generate(
            torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt), dtype=torch.long), do_sample=False,
            max_new_tokens=min(60, positions - len(prompt)), return_dict_in_generate=True, output_scores=True, pad_token_id=0,
            repetition_penalty=1.0)
    margin = min(float(s[0].topk(2).values[0] - s[0].topk(2).values[1]) for s in got.scores)
    out[str(folder.relative_to(root))] = {"ids": got.sequences[0, len(prompt):].tolist(), "margin": margin}
    print(folder, margin, file=sys.stderr)
print("{")
print(",\n".join(f' {json.dumps(k)}: {json.dumps(v)}' for k, v in out.items()))
print("}")
