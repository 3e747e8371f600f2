"""Converts the models of testdata/today by llama.cpp's own script, for
TestConverted: float32 files, without vocabularies.

    python gguf_today.py LLAMA_CPP TODAY OUT

LLAMA_CPP is a copy of its sources. Where GGUF cannot say what a model has,
because llama.cpp has it written into its code, the model is converted with a
config.json that has what llama.cpp has; OUT then holds that folder, too.
"""

import json
import pathlib
import shutil
import sys

sources, today, out = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
sys.path[:0] = [sources, sources + "/gguf-py"]

import conversion  # noqa: E402
import gguf  # noqa: E402
import torch  # noqa: E402
from conversion.base import ModelBase, ModelType, get_model_architecture  # noqa: E402

CHANGED = {
    "bloom": {"seq_length": 256},
    "gemma2": {"query_pre_attn_scalar": 16},
    "gemma3": {"query_pre_attn_scalar": 16, "layer_types": ["sliding_attention"] * 3},
    "smollm3": {"no_rope_layers": [1, 1, 1]},
}
HELD = {"gpt2": {"n_ctx": 256}, "gpt-neox": {"rotary_pct": 0.25}}  # which the script misses in configs of transformers 5

conversion.load_all_models()
for folder in sorted(today.iterdir()):
    if not (folder / "config.json").exists():
        continue
    if folder.name == "phi2":
        continue  # the script takes its networks to be four times as wide
    if folder.name in CHANGED:
        folder = shutil.copytree(folder, out / folder.name, dirs_exist_ok=True, copy_function=shutil.copyfile)
        config = json.loads((folder / "config.json").read_text()) | CHANGED[folder.name]
        (folder / "config.json").write_text(json.dumps(config))
        (folder / "tokenizer.json").write_text(json.dumps({"model": {"vocab": {str(i): i for i in range(300)}}, "added_tokens": []}))
    hparams = ModelBase.load_hparams(folder, False)
    cls = conversion.get_model_class(get_model_architecture(hparams, ModelType.TEXT))
    with torch.inference_mode():
        model = cls(folder, gguf.LlamaFileType.ALL_F32, out / (folder.name + ".gguf"), eager=True)
        model.hparams |= HELD.get(folder.name, {})
        model.set_vocab = lambda: model.gguf_writer.add_tokenizer_model("no_vocab")
        model.write()
    (out / folder.name / "tokenizer.json").unlink(missing_ok=True)
