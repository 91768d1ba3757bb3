#!/bin/sh
# transformers 5.19.0: a model that was unpacked to plain floats as its GGUF file was loaded cannot be saved.
#
# Where the kernel for packed weights is not installed, and for every architecture but the newest, the whole model is
# unpacked at load, as the documentation says: ordinary float32 matrices, which train and generate. `save_pretrained`
# refuses it as quantized all the same. Asked for the same with `GgufConfig(dequantize=True)`, it gives the same
# weights, and saves them. Before version 5 the documentation showed load and save as the way out of GGUF. Right: it
# saves.
# Output: both float32 Linear and the same weights; plainly "The model is quantized with QuantizationMethod.GGUF and is
# not serializable", with dequantize=True saved.
# Source: transformers/quantizers/quantizer_gguf.py (`is_serializable`); transformers' page on GGUF. Seen 2026-11-28.
. "$(dirname "$0")/common"
install transformers==5.19.0 torch==2.13.0 accelerate==1.15.0 gguf==0.19.0
try_it <<'END'
import gguf
import numpy as np
import torch
from transformers import AutoModelForCausalLM, GgufConfig

HIDDEN, INNER, WORDS = 32, 64, 32
file = gguf.GGUFWriter("tiny.gguf", "llama")
file.add_context_length(64)
file.add_embedding_length(HIDDEN)
file.add_feed_forward_length(INNER)
file.add_block_count(1)
file.add_head_count(2)
file.add_head_count_kv(2)
file.add_layer_norm_rms_eps(1e-5)
file.add_rope_dimension_count(HIDDEN // 2)
file.add_vocab_size(WORDS)
random = np.random.default_rng(0)
shapes = {
    "token_embd": (WORDS, HIDDEN), "output": (WORDS, HIDDEN), "blk.0.ffn_gate": (INNER, HIDDEN),
    "blk.0.ffn_up": (INNER, HIDDEN), "blk.0.ffn_down": (HIDDEN, INNER),
    **{f"blk.0.attn_{part}": (HIDDEN, HIDDEN) for part in ("q", "k", "v", "output")},
}
for name, shape in shapes.items():
    packed = gguf.quants.quantize(random.standard_normal(shape).astype(np.float32), gguf.GGMLQuantizationType.Q8_0)
    file.add_tensor(f"{name}.weight", packed, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
    file.add_tensor(f"{name}.weight", np.ones(HIDDEN, np.float32))
file.write_header_to_file()
file.write_kv_data_to_file()
file.write_tensors_to_file()
file.close()

def saved(name, **how):
    model = AutoModelForCausalLM.from_pretrained(".", gguf_file="tiny.gguf", dtype=torch.float32, **how)
    kinds = {(type(part).__name__, part.weight.dtype) for part in model.modules() if isinstance(part, torch.nn.Linear)}
    try:
        model.save_pretrained(name)
    except ValueError as error:
        return kinds, str(error).partition(" - ")[0], model.state_dict()
    return kinds, "saved", model.state_dict()

plain, told = saved("plain"), saved("told", quantization_config=GgufConfig(dequantize=True))
same = all(torch.equal(value, told[2][name]) for name, value in plain[2].items())
print(f"loaded plainly: {plain[:2]}; with dequantize=True: {told[:2]}; the same weights: {same}")
assert plain[0] == told[0] == {("Linear", torch.float32)} and same
assert "not serializable" in plain[1] and told[1] == "saved"
END
