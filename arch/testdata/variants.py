"""Makes variants.json: what transformers computes, in float64 throughout, for
tiny models of every form that the configs below name. Their weights follow
from the tensors' names (see weights.py), so that none have to be stored.

    python variants.py > variants.json      # torch 2.4.1, transformers 4.45.1
"""
import json, sys
import torch
import torch.nn.functional as F

# transformers computes norms, rotations, softmax and logits in float32 in a
# model of any dtype.
torch.set_default_dtype(torch.float64)
torch.Tensor.float = torch.Tensor.double
softmax = F.softmax
F.softmax = lambda x, dim=None, dtype=None: softmax(x, dim=dim)

from weights import weight
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.models.llama import modeling_llama
from transformers.models.mistral import modeling_mistral
from transformers.models.qwen2 import modeling_qwen2


def rms_norm(self, x):
    return self.weight * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.variance_epsilon)


modeling_llama.LlamaRMSNorm.forward = rms_norm
modeling_mistral.MistralRMSNorm.forward = rms_norm
modeling_qwen2.Qwen2RMSNorm.forward = rms_norm


opt = dict(model_type="opt", hidden_size=16, ffn_dim=40, num_hidden_layers=2, num_attention_heads=4, vocab_size=50,
           max_position_embeddings=32, activation_function="relu", do_layer_norm_before=True, word_embed_proj_dim=16)
llama = dict(model_type="llama", hidden_size=16, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
             vocab_size=50, max_position_embeddings=32, hidden_act="silu", rms_norm_eps=1e-5, rope_theta=10000.0)
mistral = dict(llama, model_type="mistral", num_key_value_heads=2)
qwen2 = dict(llama, model_type="qwen2", num_key_value_heads=2, tie_word_embeddings=True)
variants = {
    "opt": opt,
    "opt-norm-last": dict(opt, do_layer_norm_before=False),
    "opt-projected": dict(opt, do_layer_norm_before=False, word_embed_proj_dim=12),
    "opt-projected-norm-first-untied": dict(opt, word_embed_proj_dim=12, tie_word_embeddings=False),
    "opt-no-bias": dict(opt, enable_bias=False),
    "opt-plain-norms": dict(opt, layer_norm_elementwise_affine=False),
    "opt-no-final-norm": dict(opt, _remove_final_layer_norm=True),
    "llama": llama,
    "llama-grouped-tied": dict(llama, num_key_value_heads=2, tie_word_embeddings=True),
    "llama-one-kv-head": dict(llama, num_key_value_heads=1),
    "llama-biases": dict(llama, attention_bias=True, mlp_bias=True),
    "llama-head-dim": dict(llama, head_dim=6),
    "llama-linear": dict(llama, rope_scaling={"type": "linear", "factor": 2.5}),
    "llama-dynamic-short": dict(llama, rope_scaling={"rope_type": "dynamic", "factor": 4.0}),
    "llama-dynamic-long": dict(llama, max_position_embeddings=12, rope_scaling={"type": "dynamic", "factor": 4.0}),
    "llama-llama3": dict(llama, head_dim=12, rope_theta=500.0, rope_scaling={
        "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 24}),
    "mistral": dict(mistral, sliding_window=None),
    "mistral-window": dict(mistral, sliding_window=5),
    "qwen2": qwen2,
    "qwen2-untied-unused-window": dict(qwen2, tie_word_embeddings=False, use_sliding_window=False, sliding_window=4, max_window_layers=1),
}

out = {}
ids = [(7 * i * i + 3 * i + 2) % 50 for i in range(20)]
for name, config in variants.items():
    c = dict(config)
    cfg = AutoConfig.for_model(c.pop("model_type"), attn_implementation="eager", **c)
    model = AutoModelForCausalLM.from_config(cfg, attn_implementation="eager").eval()
    shapes = {}
    with torch.no_grad():
        for key, p in model.named_parameters():
            p.copy_(torch.from_numpy(weight(key, tuple(p.shape))))
            shapes[key] = list(p.shape)
        x = torch.tensor([ids])
        y = model(x, output_hidden_states=True, use_cache=False)
        assert y.logits.dtype == torch.float64
        loss = F.cross_entropy(y.logits[0, :-1], x[0, 1:])
    out[name] = {
        "config": config,
        "shapes": shapes,
        "loss": loss.item(),
        "last_hidden": y.hidden_states[-2][0, -1].tolist(),  # into the last block
        "last_logits": y.logits[0, -1].tolist(),
    }
print('{"ids": %s, "models": {' % json.dumps(ids))
print(",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in out.items()))
print("}}")
