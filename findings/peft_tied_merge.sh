#!/bin/sh
# PEFT 0.21.2: with `ensure_weight_tying=True`, merging an adapter of the tied embedding adds its update twice.
#
# In a model whose head is its embedding (`tie_word_embeddings`), an adapter of `embed_tokens` changes both. The
# documentation of `ensure_weight_tying` says that adapters of tied layers are tied. The model with the adapter computes
# so; but `merge_and_unload` merges the update once for the embedding and once more for the head, into the one matrix
# that both share: the merged model is another model than the one that was trained. Right: base plus one update.
# Output: the merged embedding is the base's plus 2.0000 times the update; logits off by 269, with one update by 0.0001.
# Source: `LoraConfig.ensure_weight_tying`; peft/tuners/tuners_utils.py (`_unload_and_optionally_merge`). Seen
# 2026-11-28.
. "$(dirname "$0")/common"
install peft==0.21.2 torch==2.13.0 transformers==5.19.0
try_it <<'END'
import torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

torch.manual_seed(0)
base = LlamaForCausalLM(LlamaConfig(
    vocab_size=64, hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2,
    tie_word_embeddings=True,
))
before = base.get_input_embeddings().weight.detach().clone()
model = get_peft_model(base, LoraConfig(r=4, lora_alpha=8, target_modules=["embed_tokens"], ensure_weight_tying=True))
layer, tokens = model.get_input_embeddings(), torch.arange(64)[None]
with torch.no_grad():
    layer.lora_embedding_A["default"].normal_()
    layer.lora_embedding_B["default"].normal_()
    update, trained = layer.get_delta_weight("default").clone(), model(tokens).logits
    merged = model.merge_and_unload()
    weight = merged.get_input_embeddings().weight
    added = weight - before
    off = (merged(tokens).logits - trained).abs().max().item()
    weight.copy_(before + update)
    by_hand = (merged(tokens).logits - trained).abs().max().item()
print(f"the merged embedding is the base's plus {(added / update).median().item():.4f} times the update")
print(f"logits off the trained model's by at most: merged {off:.2f}, with base plus one update {by_hand:.5f}")
assert torch.allclose(added, 2 * update, atol=1e-5) and off > 1 and by_hand < 1e-3
END
