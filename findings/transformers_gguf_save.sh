#!/bin/sh
# transformers 5.19.0: a model loaded from a GGUF file and unpacked to plain floats still cannot be saved.
#
# `from_pretrained(gguf_file=..., quantization_config=GgufConfig(dequantize=True))` gives an ordinary model of float32
# matrices, which trains and generates. `save_pretrained` refuses it as quantized. The documentation offers this way to
# go from GGUF to an ordinary checkpoint: load and save. Clearing `hf_quantizer`, `is_quantized` and
# `config.quantization_config` by hand makes it work. Right: it saves.
# Output: Linear and float32 throughout; "The model is quantized with QuantizationMethod.GGUF and is not serializable".
# Source: transformers/quantizers/quantizer_gguf.py (`is_serializable`); transformers' page on GGUF. Seen 2026-11-28.
. "$(dirname "$0")/common"
install transformers==5.19.0 torch==2.13.0 gguf==0.19.0
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
    "token_embd": (WORDS, HIDDEN), "output": (WORDS, HIDDEN), "blk.0.ffn_gate": (INNER, HIDDEN), "blk.0.ffn_up": (INNER, HIDDEN),
    "blk.0.ffn_down": (HIDDEN, INNER), **{f"blk.0.attn_{part}": (HIDDEN, HIDDEN) for part in ("q", "k", "v", "output")},
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

model = AutoModelForCausalLM.from_pretrained(
    ".", gguf_file="tiny.gguf", dtype=torch.float32, quantization_config=GgufConfig(dequantize=True)
)
kinds = {(type(part).__name__, part.weight.dtype) for part in model.modules() if isinstance(part, torch.nn.Linear)}
try:
    model.save_pretrained("saved")
    said = "saved"
except ValueError as error:
    said = str(error).splitlines()[0]
print(f"its matrices are {kinds}; save_pretrained: {said}")
assert kinds == {("Linear", torch.float32)} and "not serializable" in said
END
