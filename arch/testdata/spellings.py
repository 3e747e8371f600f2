"""Adds to spellings.json what the installed transformers computes, in float64
throughout, for tiny models whose config.json says the same or nearly the same
in each of the ways below. Their weights follow from the tensors' names.

    python spellings.py spellings.json      # transformers 5.24.0, torch 2.7.1
    python spellings.py spellings.json      # transformers 4.45.1, torch 2.4.1

Each spelling is run by those of the two that read it.
"""
import json, os, sys, tempfile
import torch
import torch.nn.functional as F

# transformers computes norms, rotations, softmax and logits in float32 in a
# model of any dtype.
torch.set_default_dtype(torch.float64)
torch.float32 = torch.float = torch.float64
torch.Tensor.float = torch.Tensor.double
softmax = F.softmax
F.softmax = lambda x, dim=None, dtype=None: softmax(x, dim=dim)

import transformers
from transformers import AutoConfig, AutoModelForCausalLM
from weights import weight

NEW = int(transformers.__version__.split(".")[0]) >= 5
NAN, INF = float("nan"), float("inf")

opt = dict(model_type="opt", hidden_size=16, ffn_dim=40, num_hidden_layers=2, num_attention_heads=4, vocab_size=50,
           max_position_embeddings=64)
llama = dict(model_type="llama", hidden_size=16, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
             head_dim=12, vocab_size=50, max_position_embeddings=64, rms_norm_eps=1e-5)
mistral = dict(llama, model_type="mistral", num_key_value_heads=2)
qwen2 = dict(llama, model_type="qwen2", num_key_value_heads=2, tie_word_embeddings=True)
del qwen2["head_dim"]


def but(base, drop=(), **change):
    return {k: v for k, v in dict(base, **change).items() if k not in drop}


def parameters(**p):
    return but(llama, rope_parameters=p)


def scaling(theta=10000.0, **p):
    return but(llama, rope_theta=theta, rope_scaling=p)


yarn = dict(rope_type="yarn", rope_theta=500.0, factor=4.0, original_max_position_embeddings=16)
short, long = [1.0, 1.1, 1.25, 1.5, 2, 2.5], [1.0, 1.5, 2, 4.0, 8, 11.5]
longrope = dict(rope_type="longrope", rope_theta=500.0, original_max_position_embeddings=16, short_factor=short, long_factor=long)
llama3 = dict(rope_type="llama3", rope_theta=500.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=24)
window = dict(use_sliding_window=True, sliding_window=5)

# Of each, the versions of transformers that read it as it is meant.
spellings = {
    "theta-inside": ("5", parameters(rope_type="default", rope_theta=500.0)),
    "theta-beside": ("5", but(llama, rope_parameters={"rope_type": "default"}, rope_theta=500.0)),
    "theta-inside-and-beside": ("5", but(llama, rope_parameters={"rope_type": "default", "rope_theta": 500.0}, rope_theta=20000.0)),
    "theta-null-beside": ("5", but(llama, rope_parameters={"rope_theta": 500.0}, rope_theta=None)),
    "theta-integer": ("45", but(llama, rope_theta=500)),
    "theta-integer-inside": ("5", parameters(rope_theta=500)),
    "theta-missing": ("45", llama),
    "theta-missing-null-parameters": ("45", but(llama, rope_parameters=None, rope_scaling=None)),
    "theta-beside-empty-parameters": ("5", but(llama, rope_parameters={}, rope_theta=500.0)),
    "scaling-default": ("45", scaling(500.0, type="default")),
    "scaling-empty-parameters-full": ("5", but(llama, rope_scaling={}, rope_parameters={"rope_theta": 500.0})),
    "scaling-and-parameters": ("45", but(llama, rope_scaling={"type": "linear", "factor": 2.0}, rope_theta=300.0,
                                         rope_parameters={"rope_type": "default", "rope_theta": 500.0})),
    "scaling-and-parameters-alone": ("45", but(llama, rope_scaling={"type": "linear", "factor": 2.0},
                                               rope_parameters={"rope_type": "default", "rope_theta": 500.0})),
    "scaling-with-theta": ("5", but(llama, rope_scaling={"rope_type": "linear", "factor": 2.0, "rope_theta": 500.0})),
    "type-and-rope-type": ("45", scaling(type="linear", rope_type="linear", factor=2.0)),
    "type-unlike-rope-type": ("5", scaling(type="dynamic", rope_type="linear", factor=2.0)),
    "type-null": ("5", parameters(type=None, rope_type="linear", factor=2.0)),
    "type-in-parameters": ("5", parameters(type="linear", factor=2.0, rope_theta=500.0)),
    "factor-integer": ("45", scaling(type="linear", factor=2)),
    "factor-below-1": ("45", scaling(type="linear", factor=0.5)),
    "default-with-factor-1": ("5", parameters(rope_type="default", factor=1.0, attention_factor=None, original_max_position_embeddings=8)),
    "partial-1": ("5", but(llama, rope_parameters={"rope_theta": 500.0, "partial_rotary_factor": 1.0}, partial_rotary_factor=0.5)),
    "dynamic-inside": ("5", but(llama, max_position_embeddings=16, rope_parameters={"rope_type": "dynamic", "rope_theta": 500.0, "factor": 4.0})),
    "dynamic-with-original": ("45", but(llama, max_position_embeddings=16, rope_scaling={
        "rope_type": "dynamic", "factor": 4.0, "original_max_position_embeddings": 8})),
    "llama3-inside": ("5", parameters(**llama3)),
    "llama3-beside": ("45", but(llama, rope_theta=500.0, rope_scaling=but(llama3, ["rope_theta"]))),
    "llama3-original-missing": ("5", parameters(**but(llama3, ["original_max_position_embeddings"]))),
    "llama3-original-above": ("5", but(llama, rope_parameters=llama3, original_max_position_embeddings=12)),
    "yarn": ("5", parameters(**yarn)),
    "yarn-old": ("45", but(llama, max_position_embeddings=16, rope_scaling={
        "type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16})),
    "yarn-original-missing": ("45", but(llama, max_position_embeddings=16, rope_scaling={"rope_type": "yarn", "factor": 4})),
    "yarn-original-above": ("5", but(llama, rope_parameters=yarn, original_max_position_embeddings=12)),
    "yarn-factor-null": ("5", parameters(**dict(yarn, factor=None, original_max_position_embeddings=8))),
    "yarn-factor-1": ("5", parameters(**dict(yarn, factor=1.0))),
    "yarn-attention": ("5", parameters(**dict(yarn, attention_factor=0.75))),
    "yarn-attention-old": ("45", but(llama, max_position_embeddings=16, rope_scaling={"rope_type": "yarn", "factor": 4.0, "attention_factor": 1.5})),
    "yarn-betas": ("5", parameters(**dict(yarn, beta_fast=2, beta_slow=0.25))),
    "yarn-betas-old": ("45", but(llama, max_position_embeddings=16, rope_scaling={
        "rope_type": "yarn", "factor": 4.0, "beta_fast": 4.0, "beta_slow": 0.5})),
    "yarn-betas-none": ("5", parameters(**dict(yarn, beta_fast=0, beta_slow=None))),
    "yarn-untruncated": ("5", parameters(**dict(yarn, beta_fast=2, beta_slow=0.25, truncate=False))),
    "yarn-truncate-null": ("5", parameters(**dict(yarn, beta_fast=2, beta_slow=0.25, truncate=None))),
    "yarn-mscale": ("5", parameters(**dict(yarn, mscale=0.707, mscale_all_dim=1.0))),
    "yarn-mscale-alone": ("5", parameters(**dict(yarn, mscale=0.707))),
    "yarn-step": ("5", parameters(**dict(yarn, beta_fast=1.5, beta_slow=1.5, truncate=False))),
    "yarn-wide-heads": ("5", but(llama, head_dim=32, rope_parameters={
        "rope_type": "yarn", "rope_theta": 10000.0, "factor": 8.0, "original_max_position_embeddings": 2048})),
    "yarn-low-theta": ("5", parameters(**dict(yarn, rope_theta=3.0, original_max_position_embeddings=1024))),
    "yarn-mistral": ("5", but(mistral, rope_parameters=yarn, sliding_window=None)),
    "yarn-qwen2": ("45", but(qwen2, max_position_embeddings=16, rope_theta=1000000.0, sliding_window=16, max_window_layers=2,
                             use_sliding_window=False, rope_scaling={"factor": 4.0, "original_max_position_embeddings": 16, "type": "yarn"})),
    "longrope-long": ("5", parameters(**longrope)),
    "longrope-short": ("5", parameters(**dict(longrope, original_max_position_embeddings=48))),
    "longrope-at-original": ("5", parameters(**dict(longrope, original_max_position_embeddings=40))),
    "longrope-factor": ("5", parameters(**dict(longrope, factor=3.0))),
    "longrope-factor-1": ("5", parameters(**dict(longrope, factor=1.0))),
    "longrope-attention": ("5", parameters(**dict(longrope, attention_factor=1.25, factor=None))),
    "longrope-above": ("45", but(llama, rope_theta=500.0, original_max_position_embeddings=16, rope_scaling={
        "type": "longrope", "short_factor": short, "long_factor": long})),
    "longrope-original-missing": ("5", but(llama, rope_scaling={"rope_type": "longrope", "short_factor": short, "long_factor": long, "factor": 2.0})),
    "head-dim-null": ("45", but(llama, head_dim=None)),
    "positions-missing": ("45", but(llama, ["max_position_embeddings"])),
    "eps-missing": ("45", but(llama, ["rms_norm_eps"])),
    "kv-heads-null": ("45", but(llama, num_key_value_heads=None)),
    "kv-heads-missing-qwen2": ("45", but(qwen2, ["num_key_value_heads"], num_attention_heads=32, hidden_size=64)),
    "kv-heads-missing-mistral": ("45", but(mistral, ["num_key_value_heads"], num_attention_heads=8, hidden_size=16)),
    "kv-heads-null-mistral": ("4", but(mistral, num_key_value_heads=None)),
    "kv-heads-null-qwen2": ("45", but(qwen2, num_key_value_heads=None)),
    "biases-null": ("4", but(llama, attention_bias=None, mlp_bias=None)),
    "tie-null": ("4", but(llama, tie_word_embeddings=None)),
    "biases": ("45", but(llama, attention_bias=True, mlp_bias=True)),
    "swish": ("45", but(llama, hidden_act="swish")),
    "dtypes": ("5", but(llama, dtype="float32", torch_dtype="bfloat16")),
    "not-finite-elsewhere": ("45", but(llama, some_limit=[0.0, INF, -INF], note="NaN", other=NAN)),
    "harmless": ("45", but(llama, pretraining_tp=1, use_cache=False, attn_implementation="eager", initializer_range=0.02, _name_or_path="x",
                           attention_dropout=0.0, unsloth_version="2025.1", layer_types=["full_attention"] * 2, embedding_multiplier=1.0,
                           final_logit_softcapping=None, attention_multiplier=12**-0.5, pruned_heads={}, is_encoder_decoder=False)),
    "mistral-window": ("45", but(mistral, sliding_window=5)),
    "mistral-window-missing": ("45", mistral),
    "mistral-window-null": ("45", but(mistral, sliding_window=None)),
    "mistral-window-wide": ("45", but(mistral, sliding_window=64, layer_types=["full_attention"] * 2)),
    "mistral-window-layers": ("5", but(mistral, sliding_window=5, layer_types=["sliding_attention"] * 2, rope_parameters={"rope_theta": 500.0})),
    "mistral-linear": ("5", but(mistral, sliding_window=5, rope_parameters={"rope_type": "linear", "factor": 2.0, "rope_theta": 500.0})),
    "qwen2-as-5": ("5", but(qwen2, layer_types=["full_attention"] * 2, use_sliding_window=False, sliding_window=None, max_window_layers=28,
                            rope_parameters={"rope_type": "default", "rope_theta": 500.0})),
    "qwen2-window-unused": ("45", but(qwen2, use_sliding_window=False, sliding_window=5, max_window_layers=0)),
    "qwen2-window-missing": ("5", but(qwen2, use_sliding_window=True)),
    "qwen2-window-null": ("5", but(qwen2, use_sliding_window=True, sliding_window=None, max_window_layers=0)),
    "qwen2-window-from-missing": ("5", but(qwen2, **window)),
    "qwen2-window-from-1": ("5", but(qwen2, max_window_layers=1, **window)),
    "qwen2-window-from-0": ("5", but(qwen2, max_window_layers=0, **window)),
    "qwen2-window-beyond": ("5", but(qwen2, max_window_layers=2, **window)),
    "qwen2-window-layers": ("5", but(qwen2, max_window_layers=2, layer_types=["sliding_attention", "full_attention"], **window)),
    "qwen2-window-layers-full": ("5", but(qwen2, max_window_layers=0, layer_types=["full_attention"] * 2, **window)),
    "qwen2-layers-old-name": ("5", but(qwen2, max_window_layers=0, layer_types=["attention"] * 2)),
    "qwen2-head-dim": ("5", but(qwen2, head_dim=12)),
    "qwen2-attention-bias": ("45", but(qwen2, attention_bias=False)),
    "opt-projection-null": ("45", but(opt, word_embed_proj_dim=None)),
    "opt-as-5": ("45", but(opt, dtype="float32", tie_word_embeddings=True)),
}

path = sys.argv[1]
ids = [(7 * i * i + 3 * i + 2) % 50 for i in range(40)]
out, shapes_of_all = {}, []
if os.path.exists(path):
    old = json.load(open(path))
    out, shapes_of_all = old["models"], old["shapes"]
for name, (versions, config) in spellings.items():
    text = json.dumps(config)
    m = out.setdefault(name, {})
    if m.get("config") != text:
        m.clear()
        m["config"] = text
    if ("5" if NEW else "4") not in versions:
        continue
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/config.json", "w") as f:
            f.write(text)
        cfg = AutoConfig.from_pretrained(folder)
    model = AutoModelForCausalLM.from_config(cfg, attn_implementation="eager").eval()
    shapes = {}
    with torch.no_grad():
        for key, p in model.named_parameters():
            p.copy_(torch.from_numpy(weight(key, tuple(p.shape))))
            shapes[key] = list(p.shape)
        x = torch.tensor([ids])
        y = model(x, use_cache=False)
        assert y.logits.dtype == torch.float64
        loss = F.cross_entropy(y.logits[0, :-1], x[0, 1:])
    if shapes not in shapes_of_all:
        shapes_of_all.append(shapes)
    assert m.setdefault("shapes", shapes_of_all.index(shapes)) == shapes_of_all.index(shapes), name
    m[transformers.__version__] = {"loss": loss.item(), "last_logits": y.logits[0, -1, :6].tolist()}
with open(path, "w") as f:
    f.write('{"ids": %s, "shapes": [\n' % json.dumps(ids))
    f.write(",\n".join(map(json.dumps, shapes_of_all)))
    f.write('\n], "models": {\n')
    f.write(",\n".join(f"{json.dumps(k)}: {json.dumps(out[k])}" for k in spellings))
    f.write("\n}}\n")
