"""Writes llama.gguf and llama.safetensors beside itself: a LLaMA model of one block in all the types that are read, and the
values that transformers' model has. Needs numpy 1.26.4 and gguf 0.10.0."""
import json, os, struct
import numpy as np, gguf
from gguf.quants import quantize, dequantize

here = os.path.dirname(os.path.abspath(__file__))
T = gguf.GGMLQuantizationType
r = np.random.default_rng(0)
H, F, V, HEADS, KV = 32, 64, 12, 4, 2
w = gguf.GGUFWriter(f"{here}/llama.gguf", "llama")
w.add_block_count(1); w.add_context_length(128); w.add_embedding_length(H); w.add_feed_forward_length(F)
w.add_head_count(HEADS); w.add_head_count_kv(KV); w.add_layer_norm_rms_eps(1e-6); w.add_rope_freq_base(500000.0)
w.add_vocab_size(V); w.add_bos_token_id(0); w.add_token_list([f"t{i}" for i in range(V)]); w.add_custom_alignment(64)
want = {}

def llama3(i):  # transformers' _compute_llama3_parameters, as a divisor of the frequency
    factor, low, high, old = 8.0, 1.0, 4.0, 8192
    wave = 2 * np.pi * 500000.0 ** (2 * i / (H // HEADS))
    if wave < old / high: return 1.0
    if wave > old / low: return factor
    s = (old / wave - low) / (high - low)
    return 1 / ((1 - s) / factor + s)

def add(name, hf, kind, shape, heads=0):
    x = r.standard_normal(shape, dtype=np.float32)
    q = x if kind == T.F32 else x.astype(np.float16) if kind == T.F16 else quantize(x, kind)
    y = dequantize(q, kind) if kind not in (T.F32, T.F16) else q.astype(np.float32)
    if heads:  # GGUF's order of rows to transformers'
        y = y.reshape(heads, shape[0] // heads // 2, 2, -1).swapaxes(1, 2).reshape(shape)
    want[hf] = np.ascontiguousarray(y, dtype=np.float32)
    w.add_tensor(name, q, raw_dtype=kind)

add("token_embd.weight", "model.embed_tokens.weight", T.Q8_0, (V, H))
add("output_norm.weight", "model.norm.weight", T.F32, (H,))
add("output.weight", "lm_head.weight", T.BF16, (V, H))
b, m = "blk.0.", "model.layers.0."
add(b + "attn_norm.weight", m + "input_layernorm.weight", T.F32, (H,))
add(b + "ffn_norm.weight", m + "post_attention_layernorm.weight", T.F32, (H,))
add(b + "attn_q.weight", m + "self_attn.q_proj.weight", T.Q4_0, (H, H), HEADS)
add(b + "attn_k.weight", m + "self_attn.k_proj.weight", T.F16, (H // HEADS * KV, H), KV)
add(b + "attn_k.bias", m + "self_attn.k_proj.bias", T.F32, (H // HEADS * KV,), KV)
add(b + "attn_v.weight", m + "self_attn.v_proj.weight", T.Q4_1, (H // HEADS * KV, H))
add(b + "attn_output.weight", m + "self_attn.o_proj.weight", T.Q4_1, (H, H))
add(b + "ffn_gate.weight", m + "mlp.gate_proj.weight", T.Q4_0, (F, H))
add(b + "ffn_up.weight", m + "mlp.up_proj.weight", T.BF16, (F, H))
add(b + "ffn_down.weight", m + "mlp.down_proj.weight", T.Q8_0, (H, F))
w.add_tensor("rope_freqs.weight", np.array([llama3(i) for i in range(H // HEADS // 2)], dtype=np.float32))
w.write_header_to_file(); w.write_kv_data_to_file(); w.write_tensors_to_file(); w.close()
header, off = {}, 0
for n, y in want.items():
    header[n] = {"dtype": "F32", "shape": list(y.shape), "data_offsets": [off, off + y.nbytes]}; off += y.nbytes
h = json.dumps(header).encode()
with open(f"{here}/llama.safetensors", "wb") as f:
    f.write(struct.pack("<Q", len(h)) + h + b"".join(y.tobytes() for y in want.values()))
