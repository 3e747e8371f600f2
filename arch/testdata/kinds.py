"""Makes tiny random models of every architecture in the forms that its
configuration class allows, each a folder as transformers writes it, with the
log-likelihood that transformers finds:

    python kinds.py make OUT [PREFIX]       # transformers 5.24.0, torch 2.7.1
    python kinds.py golden arch/testdata/kinds
    python kinds.py expect DIR...           # what a folder has, as JSON
    python kinds.py prune OUT SPARSELLM METHOD,... [PREFIX | -SUFFIX]

OUT/NAME has config.json, model.safetensors, test.rows.json, calib.rows.json and
expect.json: the mean next-token negative log-likelihood over the test rows, nll
in float64 (norms, rotations and routing stay in float32, as transformers has
them) and nll32 in float32. SPARSELLM_KINDS=OUT go test ./arch -run Kinds
compares them with ours.

prune has the program SPARSELLM prune each model by each method at a half and at
2:4, and loads what it wrote into transformers: a line of JSON each, with the
log-likelihood by both, the share of zeros, and whether the objective of every
network is no higher than SparseGPT's.
"""
import json, math, os, shutil, subprocess, sys, tempfile, zlib
import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText

torch.set_num_threads(1)
VOCAB, LENGTH = 101, 64


def but(base, drop=(), **change):
    return {k: v for k, v in dict(base, **change).items() if k not in drop}


def rope(kind="default", theta=10000.0, **more):
    return dict(rope_parameters=dict(rope_type=kind, rope_theta=theta, **more))


YARN = dict(factor=8.0, original_max_position_embeddings=16)
LLAMA3 = dict(factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16)


def longrope(half, **more):
    return dict(rope_parameters=dict(rope_type="longrope", rope_theta=10000.0, short_factor=[1 + 0.1 * i for i in range(half)],
                                     long_factor=[1.5 + i for i in range(half)], original_max_position_embeddings=16, **more))


def ropes(half):
    """The forms of rotary positions, of heads of which 2·half elements turn."""
    return {
        "theta": rope(theta=500.0),
        "linear": rope("linear", factor=2.5),
        "dynamic": dict(rope("dynamic", factor=4.0), max_position_embeddings=24),
        "dynamic-short": rope("dynamic", factor=4.0),
        "llama3": rope("llama3", theta=500.0, **LLAMA3),
        "yarn": rope("yarn", **YARN),
        "yarn-mscale": rope("yarn", mscale=0.7, mscale_all_dim=1.0, beta_fast=16.0, beta_slow=2.0, **YARN),
        "yarn-truncate": rope("yarn", truncate=False, attention_factor=0.8, **YARN),
        "longrope": longrope(half),
        "longrope-factor": longrope(half, factor=4.0),
        "longrope-attention": longrope(half, attention_factor=1.1),
        "longrope-short": dict(rope_parameters=dict(longrope(half)["rope_parameters"], original_max_position_embeddings=128), max_position_embeddings=512),
    }


def acts(key, *names):
    return {n: {key: n} for n in names}


ACTS = ("relu", "gelu", "gelu_new", "silu", "quick_gelu", "gelu_pytorch_tanh", "relu2", "gelu_fast")

tokens = dict(vocab_size=VOCAB, bos_token_id=1, eos_token_id=2, pad_token_id=0)
base = dict(hidden_size=24, intermediate_size=52, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
            max_position_embeddings=128, **tokens)
wide = dict(base, head_dim=8)
many = but(base, num_key_value_heads=4)
shapes = {
    "one-block": dict(num_hidden_layers=1),
    "one-head": dict(num_attention_heads=1, num_key_value_heads=1),
    "one-kv": dict(num_key_value_heads=1),
    "odd": dict(hidden_size=36, num_attention_heads=3, num_key_value_heads=3, intermediate_size=44, vocab_size=103),
    "uneven": dict(hidden_size=18, num_attention_heads=3, num_key_value_heads=1, intermediate_size=35),
}
tie = {"tied": dict(tie_word_embeddings=True), "untied": dict(tie_word_embeddings=False)}
F, S = "full_attention", "sliding_attention"
window = dict(use_sliding_window=True, sliding_window=7)
fused = dict(num_hidden_layers=3, num_attention_heads=4, hidden_size=24, max_position_embeddings=128, **tokens)
two_kinds = dict(rope_parameters={F: dict(rope_type="linear", rope_theta=500.0, factor=3.0), S: dict(rope_type="default", rope_theta=70.0)})

KINDS = {
    "opt": (dict(hidden_size=24, ffn_dim=52, num_hidden_layers=3, num_attention_heads=4, max_position_embeddings=80, word_embed_proj_dim=24, **tokens), {
        **acts("activation_function", *ACTS), **tie,
        "norm-last": dict(do_layer_norm_before=False), "proj": dict(word_embed_proj_dim=12), "proj-untied": dict(word_embed_proj_dim=12, tie_word_embeddings=False),
        "proj-last": dict(word_embed_proj_dim=40, do_layer_norm_before=False), "no-bias": dict(enable_bias=False), "plain": dict(layer_norm_elementwise_affine=False),
        "no-final": dict(_remove_final_layer_norm=True), "one-block": dict(num_hidden_layers=1), "one-head": dict(num_attention_heads=1),
        "odd": dict(hidden_size=21, num_attention_heads=3, word_embed_proj_dim=21, ffn_dim=35)}),
    "gpt2": (dict(n_embd=24, n_layer=3, n_head=4, n_positions=80, **tokens), {
        **acts("activation_function", *ACTS), **tie,
        "inner": dict(n_inner=44), "unscaled": dict(scale_attn_weights=False), "by-layer": dict(scale_attn_by_inverse_layer_idx=True),
        "upcast": dict(reorder_and_upcast_attn=True), "upcast-by-layer": dict(reorder_and_upcast_attn=True, scale_attn_by_inverse_layer_idx=True),
        "eps": dict(layer_norm_epsilon=1e-2), "one-block": dict(n_layer=1), "one-head": dict(n_head=1), "odd": dict(n_embd=21, n_head=3, n_inner=35),
        "cross": dict(add_cross_attention=True)}),
    "gpt_neox": (dict(fused, intermediate_size=52, rope_parameters=dict(rope_type="default", rope_theta=10000.0, partial_rotary_factor=0.34)), {
        **acts("hidden_act", *ACTS), **tie, "sequential": dict(use_parallel_residual=False), "no-bias": dict(attention_bias=False), "all": rope(partial_rotary_factor=1.0),
        "no-factor": rope(), "old-names": dict(rotary_pct=0.7, rotary_emb_base=500, rope_parameters=None), "eps": dict(layer_norm_eps=1e-2),
        **{k: v if "rope_parameters" not in v else dict(v, rope_parameters=dict(v["rope_parameters"], partial_rotary_factor=0.7)) for k, v in ropes(2).items()},
        "one-block": dict(num_hidden_layers=1), "one-head": dict(num_attention_heads=1), "odd": dict(hidden_size=18, num_attention_heads=3, intermediate_size=35, **rope(partial_rotary_factor=0.67))}),
    "bloom": (dict(n_layer=3, n_head=4, hidden_size=24, **tokens), {
        **tie, "three-heads": dict(n_head=3), "six-heads": dict(n_head=6), "one-head": dict(n_head=1), "one-block": dict(n_layer=1), "post": dict(apply_residual_connection_post_layernorm=True),
        "eps": dict(layer_norm_epsilon=1e-2), "slow": dict(slow_but_exact=True, pretraining_tp=1), "slow-tp": dict(slow_but_exact=True, pretraining_tp=2), "odd": dict(hidden_size=21, n_head=7)}),
    "phi": (dict(fused, intermediate_size=52, **rope(partial_rotary_factor=0.67)), {
        **acts("hidden_act", *ACTS), **tie, "qk-norm": dict(qk_layernorm=True), "grouped": dict(num_key_value_heads=2), "no-factor": dict(hidden_size=32, **rope()), "all": rope(partial_rotary_factor=1.0),
        **{k: v if "rope_parameters" not in v else dict(v, rope_parameters=dict(v["rope_parameters"], partial_rotary_factor=0.7)) for k, v in ropes(2).items()},
        "one-block": dict(num_hidden_layers=1), "one-head": dict(num_attention_heads=1), "odd": dict(hidden_size=18, num_attention_heads=3, intermediate_size=35)}),
    "llama": (base, {
        **acts("hidden_act", *ACTS), **tie, **shapes, **ropes(3), "biases": dict(attention_bias=True, mlp_bias=True), "bias": dict(attention_bias=True), "mlp-bias": dict(mlp_bias=True),
        "head-dim": dict(head_dim=10), "narrow": dict(head_dim=2), "eps": dict(rms_norm_eps=1e-2), "tp": dict(pretraining_tp=2)}),
    "mistral": (base, {**acts("hidden_act", "gelu", "relu"), **tie, **shapes, **ropes(3), "window": dict(sliding_window=7), "no-window": dict(sliding_window=None), "head-dim": dict(head_dim=10), "window-1": dict(sliding_window=1)}),
    "mixtral": (dict(base, num_local_experts=4), {
        **acts("hidden_act", "gelu", "relu"), **tie, **shapes, "one": dict(num_experts_per_tok=1), "all": dict(num_experts_per_tok=4), "three-of-five": dict(num_local_experts=5, num_experts_per_tok=3),
        "window": dict(sliding_window=7), "head-dim": dict(head_dim=10), "single": dict(num_local_experts=1, num_experts_per_tok=1), "yarn": dict(rope("yarn", **YARN), head_dim=6), "jitter": dict(router_jitter_noise=0.1)}),
    "qwen2": (base, {
        **acts("hidden_act", "gelu", "relu"), **tie, **shapes, **ropes(3), "window": dict(window, max_window_layers=1), "window-all": dict(window, max_window_layers=0), "window-late": dict(window, max_window_layers=9),
        "types": dict(window, layer_types=[S, F, S]), "unused": dict(sliding_window=7)}),
    "qwen3": (wide, {
        **acts("hidden_act", "gelu", "relu"), **tie, **shapes, **ropes(4), "bias": dict(attention_bias=True), "window": dict(window, max_window_layers=1), "types": dict(window, layer_types=[S, F, S]),
        "narrow": dict(head_dim=4), "eps": dict(rms_norm_eps=1e-2)}),
    "qwen3_moe": (dict(wide, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=20), {
        **acts("hidden_act", "gelu", "relu"), **tie, **shapes, "bias": dict(attention_bias=True), "norm": dict(norm_topk_prob=True), "one": dict(num_experts_per_tok=1), "all": dict(num_experts_per_tok=4, norm_topk_prob=True),
        "mlp-only": dict(mlp_only_layers=[1]), "step": dict(decoder_sparse_step=2), "dense": dict(mlp_only_layers=[0, 1, 2]), "both": dict(decoder_sparse_step=2, mlp_only_layers=[1]), "window": window,
        "no-experts": dict(num_experts=0), "yarn": rope("yarn", **YARN)}),
    "gemma": (wide, {**acts("hidden_act", "gelu", "relu", "silu"), **tie, **shapes, **ropes(4), "bias": dict(attention_bias=True), "bidirectional": dict(use_bidirectional_attention=True), "eps": dict(rms_norm_eps=1e-2)}),
    "gemma2": (dict(wide, query_pre_attn_scalar=11, sliding_window=7), {
        **acts("hidden_activation", "gelu", "silu"), **tie, **shapes, **ropes(4), "no-caps": dict(attn_logit_softcapping=None, final_logit_softcapping=None), "small-caps": dict(attn_logit_softcapping=0.5, final_logit_softcapping=1.5),
        "types": dict(layer_types=[F, S, F]), "all-full": dict(layer_types=[F, F, F]), "bias": dict(attention_bias=True), "bidirectional": dict(use_bidirectional_attention=True), "old-act": dict(hidden_act="gelu")}),
    "gemma3_text": (dict(wide, query_pre_attn_scalar=11, sliding_window=7), {
        **acts("hidden_activation", "gelu", "silu"), **tie, **shapes, "seven": dict(num_hidden_layers=7), "types": dict(layer_types=[F, S, F]), "all-sliding": dict(layer_types=[S, S, S]), "all-full": dict(layer_types=[F, F, F]),
        "cap": dict(final_logit_softcapping=1.5), "caps": dict(attn_logit_softcapping=0.5, final_logit_softcapping=1.5), "ropes": two_kinds, "local": dict(rope_theta=500.0, rope_local_base_freq=70.0), "scaled": dict(rope_scaling=dict(rope_type="linear", factor=8.0), rope_theta=1e6, layer_types=[S, F, S]),
        "pattern": dict(sliding_window_pattern=2), "bias": dict(attention_bias=True), "bidirectional": dict(use_bidirectional_attention=True)}),
    "smollm3": (base, {
        **acts("hidden_act", "gelu", "relu"), **tie, **shapes, **ropes(3), "interval": dict(no_rope_layer_interval=2), "no-rope": dict(no_rope_layers=[0, 1, 0]), "none": dict(no_rope_layers=[0, 0, 0]),
        "window": dict(window, no_rope_layers=[1, 0, 1]), "types": dict(window, layer_types=[S, F, S], no_rope_layers=[1, 1, 0]), "biases": dict(attention_bias=True, mlp_bias=True), "head-dim": dict(head_dim=10), "five": dict(num_hidden_layers=5)}),
    "phi3": (base, {
        **acts("hidden_act", "gelu", "relu"), **tie, **shapes, **ropes(3), "window": dict(sliding_window=7), "partial": rope(partial_rotary_factor=0.67), "original": dict(longrope(3), original_max_position_embeddings=16),
        "longrope-beside": dict(rope_parameters={k: v for k, v in longrope(3)["rope_parameters"].items() if k != "original_max_position_embeddings"}, original_max_position_embeddings=16),
        "longrope-partial": dict(rope_parameters=dict(longrope(2)["rope_parameters"], partial_rotary_factor=0.7)), "head-dim": dict(head_dim=10)}),
    "olmo2": (base, {**acts("hidden_act", "gelu", "relu"), **tie, **shapes, **ropes(3), "bias": dict(attention_bias=True), "eps": dict(rms_norm_eps=1e-2), "head-dim": dict(head_dim=10)}),
    "olmoe": (dict(base, num_experts=4, num_experts_per_tok=2), {
        **acts("hidden_act", "gelu", "relu"), **tie, **shapes, "norm": dict(norm_topk_prob=True), "clip": dict(clip_qkv=0.4), "bias": dict(attention_bias=True), "bias-clip": dict(attention_bias=True, clip_qkv=0.4),
        "one": dict(num_experts_per_tok=1), "all": dict(num_experts_per_tok=4), "yarn": rope("yarn", **YARN)}),
    "granite": (base, {
        **acts("hidden_act", "gelu", "relu"), **tie, **shapes, **ropes(3), "biases": dict(attention_bias=True, mlp_bias=True), "scaled": dict(embedding_multiplier=3.0, logits_scaling=2.5, residual_multiplier=0.3, attention_multiplier=0.2),
        "head-dim": dict(head_dim=10)}),
    "stablelm": (dict(many, **rope(partial_rotary_factor=0.34)), {
        **acts("hidden_act", "gelu", "relu"), **tie, **{k: v for k, v in shapes.items() if k not in ("odd", "uneven")}, "grouped": dict(num_key_value_heads=2), "parallel": dict(use_parallel_residual=True), "bias": dict(use_qkv_bias=True), "qk-norm": dict(qk_layernorm=True),
        "partial": rope(partial_rotary_factor=0.67), "all": rope(partial_rotary_factor=1.0), "no-factor": dict(hidden_size=32, **rope()), "eps": dict(layer_norm_eps=1e-2), "old-names": dict(hidden_size=32, rope_pct=0.5, rope_theta=500.0, rope_parameters=None),
        "odd": dict(hidden_size=18, num_attention_heads=3, num_key_value_heads=1, intermediate_size=35), "parallel-bias": dict(use_parallel_residual=True, use_qkv_bias=True), "parallel-qk-norm": dict(qk_layernorm=True, use_parallel_residual=True),
        **{k: v if "rope_parameters" not in v else dict(v, rope_parameters=dict(v["rope_parameters"], partial_rotary_factor=0.7)) for k, v in ropes(2).items()}}),
    "lfm2": (dict(base, layer_types=["conv", F, "conv"], block_auto_adjust_ff_dim=False), {
        **tie, "one-kv": dict(num_key_value_heads=1), "one-head": dict(num_attention_heads=1, num_key_value_heads=1), "adjust": dict(block_auto_adjust_ff_dim=True, block_multiple_of=16), "adjust-multiplier": dict(block_auto_adjust_ff_dim=True, block_multiple_of=8, block_ffn_dim_multiplier=1.3),
        "adjust-none": dict(block_auto_adjust_ff_dim=True, block_ffn_dim_multiplier=None), "conv-bias": dict(conv_bias=True), "long": dict(conv_L_cache=5), "short": dict(conv_L_cache=1), "two": dict(conv_L_cache=2), "ff": dict(block_ff_dim=36), "all-conv": dict(layer_types=["conv"] * 3), "all-full": dict(layer_types=[F] * 3),
        "idxs": dict(layer_types=None, full_attn_idxs=[0, 2]), "no-idxs": dict(layer_types=None), "one-block": dict(num_hidden_layers=1, layer_types=["conv"]), "eps": dict(norm_eps=1e-2),
        "odd": dict(hidden_size=18, num_attention_heads=3, num_key_value_heads=1, intermediate_size=35), **{k: v for k, v in ropes(3).items() if k in ("theta", "yarn", "linear", "llama3")}}),
}

text = but(base, ("bos_token_id",))
vision = dict(hidden_size=16, intermediate_size=20, num_hidden_layers=1, num_attention_heads=2, image_size=16, patch_size=8)
qwen_vision = dict(depth=1, hidden_size=16, intermediate_size=20, num_heads=2, out_hidden_size=24, patch_size=4, fullatt_block_indexes=[0], window_size=16)
mrope = dict(rope_parameters=dict(rope_type="default", rope_theta=10000.0, mrope_section=[1, 1, 1]))
image = dict(image_token_id=100)
# Language models within larger ones.
WITHIN = {
    "gemma3": dict(model_type="gemma3", text_config=dict(wide, model_type="gemma3_text", sliding_window=7, query_pre_attn_scalar=11), vision_config=dict(vision, model_type="siglip_vision_model"), mm_tokens_per_image=4, image_token_index=100, boi_token_index=99, eoi_token_index=98),
    "llava-llama": dict(model_type="llava", text_config=dict(text, model_type="llama"), vision_config=dict(vision, model_type="clip_vision_model"), image_token_index=100),
    "llava-qwen2": dict(model_type="llava", text_config=dict(text, model_type="qwen2"), vision_config=dict(vision, model_type="clip_vision_model"), image_token_index=100),
    "llava-mistral": dict(model_type="llava", text_config=dict(text, model_type="mistral", sliding_window=None), vision_config=dict(vision, model_type="clip_vision_model"), image_token_index=100),
    "llava-tied": dict(model_type="llava", tie_word_embeddings=True, text_config=dict(text, model_type="llama", tie_word_embeddings=True), vision_config=dict(vision, model_type="clip_vision_model"), image_token_index=100),
    "llava_next": dict(model_type="llava_next", text_config=dict(text, model_type="llama"), vision_config=dict(vision, model_type="clip_vision_model"), image_token_index=100),
    "llava_onevision": dict(model_type="llava_onevision", text_config=dict(text, model_type="qwen2"), vision_config=dict(vision, model_type="siglip_vision_model"), image_token_index=100),
    "paligemma": dict(model_type="paligemma", text_config=dict(wide, model_type="gemma"), vision_config=dict(vision, model_type="siglip_vision_model", projection_dim=24), image_token_index=100, projection_dim=24),
    "mistral3": dict(model_type="mistral3", text_config=dict(text, model_type="mistral", sliding_window=None, head_dim=6), vision_config=dict(vision, model_type="pixtral", head_dim=8), image_token_index=100),
    "idefics3": dict(model_type="idefics3", text_config=dict(text, model_type="llama"), vision_config=dict(vision, model_type="idefics3_vision"), scale_factor=2, **image),
    "smolvlm": dict(model_type="smolvlm", text_config=dict(text, model_type="llama"), vision_config=dict(vision, model_type="smolvlm_vision"), scale_factor=2, **image),
    "qwen2_vl": dict(model_type="qwen2_vl", text_config=dict(text, **mrope), vision_config=dict(depth=1, embed_dim=16, hidden_size=24, num_heads=2, patch_size=4), **image, video_token_id=99, vision_start_token_id=98, vision_end_token_id=97),
    "qwen2_5_vl": dict(model_type="qwen2_5_vl", text_config=dict(text, **mrope), vision_config=qwen_vision, **image, video_token_id=99, vision_start_token_id=98, vision_end_token_id=97),
    "qwen3_vl": dict(model_type="qwen3_vl", text_config=dict(text, head_dim=8, rope_parameters=dict(rope_type="default", rope_theta=10000.0, mrope_section=[2, 1, 1], mrope_interleaved=True)), vision_config=dict(depth=1, hidden_size=16, intermediate_size=20, num_heads=2, out_hidden_size=24, patch_size=4, deepstack_visual_indexes=[0], num_position_embeddings=16), **image, video_token_id=99, vision_start_token_id=98, vision_end_token_id=97),
    "internvl": dict(model_type="internvl", text_config=dict(text, model_type="qwen2"), vision_config=dict(vision, model_type="internvl_vision", image_size=[16, 16], patch_size=[8, 8]), image_token_id=100),
    "aya_vision": dict(model_type="aya_vision", text_config=dict(text, model_type="cohere2"), vision_config=dict(vision, model_type="siglip_vision_model")),
    "lfm2_vl": dict(model_type="lfm2_vl", text_config=dict(base, model_type="lfm2", layer_types=["conv", F, "conv"], block_auto_adjust_ff_dim=False), vision_config=dict(vision, model_type="siglip2_vision_model", num_patches=4), image_token_id=100),
    "llama4": dict(model_type="llama4", text_config=dict(text, model_type="llama4_text", num_local_experts=2, intermediate_size_mlp=20), vision_config=dict(vision, model_type="llama4_vision_model")),
}


def rows(seed, count, length, vocab):
    g = torch.Generator().manual_seed(seed)
    return torch.randint(3, min(vocab, 97), (count, length), generator=g).tolist()


def fill(model, seed):
    """Weights of a size at which everything counts."""
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in sorted(model.named_parameters()):
            r = torch.randn(p.shape, generator=g)
            if name.endswith("bias"):
                p.copy_(0.3 * r)
            elif p.dim() == 1:
                p.copy_(p.detach().mean() + 0.3 * r)
            elif "embed" in name or "wte" in name or "wpe" in name:
                p.copy_(0.7 * r)
            else:
                p.copy_(1.3 * r / p[0].numel() ** 0.5)
    model.tie_weights()


def nll(model, tests):
    total = count = 0
    with torch.no_grad():
        for row in tests:
            x = torch.tensor([row])
            logits = model(input_ids=x, use_cache=False).logits[0].double()
            total += torch.nn.functional.cross_entropy(logits[:-1], x[0, 1:], reduction="sum").item()
            count += len(row) - 1
    return total / count


# Those that go into testdata/kinds, smaller still.
GOLDEN = ("gemma-silu", "gemma3_text-ropes", "gpt2-by-layer", "granite-scaled", "lfm2-conv-bias", "olmoe-bias-clip", "phi-qk-norm", "phi3-longrope-partial", "qwen3_moe-step",
          "smollm3-window", "stablelm-parallel-qk-norm", "within-gemma3", "within-mistral3", "within-qwen2_5_vl")


def shrink(config):
    """Two blocks, 12 features and 2 heads of what it is."""
    small = dict(hidden_size=12, n_embd=12, intermediate_size=20, num_attention_heads=2, n_head=2, num_key_value_heads=2 if config.get("num_key_value_heads") == 4 else 1,
                 num_hidden_layers=2, n_layer=2, moe_intermediate_size=8)
    c = {k: small.get(k, v) for k, v in config.items()}
    for key in "layer_types", "no_rope_layers":
        if c.get(key):
            c[key] = c[key][:2]
    if "text_config" in c:
        c["text_config"] = shrink(c["text_config"])
    if "out_hidden_size" in c.get("vision_config", {}):
        c["vision_config"] = dict(c["vision_config"], out_hidden_size=12)
    return c


def expect(dir, keys=("nll", "nll32")):
    auto = AutoModelForImageTextToText if "-within-" in dir or any("within-" in p for p in dir.split("/")) else AutoModelForCausalLM
    with open(dir + "/test.rows.json") as f:
        tests = json.load(f)
    out = {}
    for key in keys:
        dtype = torch.float64 if key == "nll" else torch.float32
        model, about = auto.from_pretrained(dir, attn_implementation="eager", dtype=dtype, output_loading_info=True)
        for what in "missing_keys", "unexpected_keys", "mismatched_keys":
            if about.get(what):
                out[what] = sorted(map(str, about[what]))
        out[key] = nll(model.eval(), tests)
    return out


def make(dir, config, auto, dtype=torch.float32):
    config = dict(config)
    cfg = AutoConfig.for_model(config.pop("model_type"), **config)
    torch.manual_seed(0)
    model = auto.from_config(cfg, attn_implementation="eager").eval()
    fill(model, zlib.crc32(os.path.basename(dir).encode()))
    os.makedirs(dir)
    model.to(dtype).save_pretrained(dir)
    vocab = config.get("vocab_size") or VOCAB
    for name, seed, count in ("test", 1, 2), ("calib", 2, 24):
        with open(f"{dir}/{name}.rows.json", "w") as f:
            json.dump(rows(seed, count, LENGTH, vocab), f)
    with open(dir + "/expect.json", "w") as f:
        json.dump(expect(dir), f)


def kinds():
    for kind, (common, variants) in KINDS.items():
        for name, change in {"base": {}, **variants}.items():
            yield f"{kind}-{name}", dict(common, model_type=kind, **{k: v for k, v in change.items() if k not in common}) | change, AutoModelForCausalLM
    for name, config in WITHIN.items():
        yield f"within-{name}", config, AutoModelForImageTextToText


def prune(dir, program, method, half):
    """One run, and what became of it."""
    about = dict(kind=os.path.basename(dir), method=method, half=half[1])
    with tempfile.TemporaryDirectory() as work:
        out, result = work + "/out", work + "/result.json"
        run = subprocess.run([program, "prune", "--model", dir, "--out", out, "--method", method, *half, "--calib", dir + "/calib.rows.json",
                              "--eval", dir + "/test.rows.json", "--json", result, "--threads", "1"], capture_output=True, text=True)
        if run.returncode:
            return about | dict(refused=run.stderr.strip().splitlines()[-1])
        with open(result) as f:
            r = json.load(f)
        shutil.copy(dir + "/test.rows.json", out)
        if "within-" in about["kind"]:
            os.rename(out, work + "/within-out")
            out = work + "/within-out"
        theirs = expect(out, ["nll32"])
        networks = [l["network"] for l in r["layers"] if "network" in l]
        ours = r["eval"][0]["pruned"]
        weights = sum(l["rows"] * l["cols"] for l in r["layers"])
        return about | dict(theirs=theirs, ours=None if ours is None else math.log(ours), networks=len(networks),
                            worse=sum(n["final"] > n["objective"][0] * (1 + 1e-6) for n in networks),
                            zeros=sum(l["sparsity"] * l["rows"] * l["cols"] for l in r["layers"]) / weights)


if __name__ == "__main__":
    if sys.argv[1] == "prune":
        for method in sys.argv[4].split(","):
            part = (sys.argv[5:] or [""])[0]
            for name in sorted(os.listdir(sys.argv[2])):
                if not (name.startswith(part) or part.startswith("-") and name.endswith(part)):
                    continue
                for half in ["--sparsity", "0.5"], ["--pattern", "2:4"]:
                    try:
                        print(json.dumps(prune(f"{sys.argv[2]}/{name}", sys.argv[3], method, half)), flush=True)
                    except Exception as e:
                        print(json.dumps(dict(kind=name, method=method, half=half[1], error=f"{type(e).__name__}: {e}"[:300])), flush=True)
        sys.exit()
    if sys.argv[1] == "expect":
        for dir in sys.argv[2:]:
            try:
                print(json.dumps({"dir": dir, **expect(dir)}), flush=True)
            except Exception as e:
                print(json.dumps({"dir": dir, "error": f"{type(e).__name__}: {e}"[:300]}), flush=True)
        sys.exit()
    if sys.argv[1] == "golden":
        shutil.rmtree(sys.argv[2], ignore_errors=True)
        for name, config, auto in kinds():
            if name in GOLDEN:
                dir = f"{sys.argv[2]}/{name}"
                make(dir, shrink(config), auto, torch.bfloat16)
                for other in "calib.rows.json", "generation_config.json":
                    if os.path.exists(f"{dir}/{other}"):
                        os.remove(f"{dir}/{other}")
        sys.exit()
    out, prefix = sys.argv[2], (sys.argv[3:] or [""])[0]
    for name, config, auto in kinds():
        dir = f"{out}/{name}"
        if not name.startswith(prefix) or os.path.exists(dir + "/expect.json"):
            continue
        shutil.rmtree(dir, ignore_errors=True)
        try:
            make(dir, config, auto)
        except Exception as e:  # what transformers itself refuses
            shutil.rmtree(dir, ignore_errors=True)
            print(f"{name}: {type(e).__name__}: {str(e)[:200]!r}", file=sys.stderr, flush=True)
