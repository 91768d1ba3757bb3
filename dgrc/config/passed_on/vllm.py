"""Arguments of vLLM, which is not imported for them: whether the installed one has such an argument is looked up before
a run starts (`engines/vllm/arguments.py`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from dgrc.config.passed_on import checked

ROOT_SETTINGS = {
    "model": "model", "dtype": "dtype", "max_model_len": "max_model_len", "max_num_seqs": "max_num_seqs",
    "tensor_parallel_size": "tensor_parallel", "pipeline_parallel_size": "pipeline_parallel",
    "gpu_memory_utilization": "gpu_memory_utilization", "kv_cache_memory_bytes": "kv_cache_gib",
    "enforce_eager": "enforce_eager", "enable_lora": "adapter", "max_lora_rank": "max_lora_rank",
    "max_loras": "max_lora_rank", "reasoning_parser": "reasoning_parser",
    "structured_outputs_config": "grammar_backend` and `grammar_whitespace",
    "distributed_executor_backend": "pipeline_parallel", "device_ids": "gpus` and `resources",
}  # fmt: skip
"""vLLM's arguments for which an engine's section has a setting of its own."""
_CODE = "it names Python code that would be loaded; dgrc runs the engine's own alone"
_WEIGHTS = "weights and tokenizer are those of the directory in `model`, which is checked; put what you want there"
_PLACES = "where processes run is Ray's matter: `replicas`, `gpus`, `tensor_parallel` and `pipeline_parallel` say it"
_SAMPLING = "how replies are drawn is said by the method's sampling settings, and by nothing else"
_ELSEWHERE = "what is asked would leave this engine for another process or server"
_LOGPROBS = "`method.ifd` and likelihoods of options read plain log-probabilities"
_INPUT = "dgrc hands over tokens of text and reads text"
REFUSED = {
    "trust_remote_code": "code that a model brings is never run, and that cannot be switched on",
    "scheduling_policy": "later steps go before earlier ones (`priority`), so that questions finish",
    "enable_prefix_caching": "prompts of a question share their beginnings, and replaced weights need a cache that can "
    "be cleared",
    "prefix_caching_hash_algo": "one prompt must never be answered from another's cache",
    "seed": "`seed` of the configuration, at its top, seeds all engines",
    "hf_token": "a token would be written beside the run; set HF_TOKEN where the replicas run",
    "max_num_queued_reqs": "a full queue would refuse requests; dgrc keeps it filled on purpose",
    "max_num_queued_tokens": "a full queue would refuse requests; dgrc keeps it filled on purpose",
    "generation_config": _SAMPLING, "override_generation_config": _SAMPLING, "logprobs_mode": _LOGPROBS,
    "chat_template": "prompts are rendered by the template of the model's directory; put yours there as "
    "chat_template.jinja",
    **dict.fromkeys(("worker_cls", "worker_extension_cls", "scheduler_cls", "logits_processors", "logging_config",
                     "io_processor_plugin", "reasoning_parser_plugin", "model_class_overrides", "log_config_file",
                     "additional_config", "weight_transfer_config"), _CODE),
    **dict.fromkeys(("model_weights", "served_model_name", "tokenizer", "tokenizer_revision", "revision",
                     "code_revision", "hf_config_path", "model_loader_extra_config", "ignore_patterns",
                     "pt_load_map_location"), _WEIGHTS),
    **dict.fromkeys(("nnodes", "node_rank", "master_addr", "master_port", "ray_workers_use_nsight",
                     "data_parallel_rank", "data_parallel_start_rank", "data_parallel_size_local",
                     "data_parallel_address", "data_parallel_rpc_port", "data_parallel_hybrid_lb",
                     "data_parallel_external_lb", "data_parallel_multi_port_external_lb", "data_parallel_backend",
                     "enable_elastic_ep", "elastic_ep_max_dp_size"), _PLACES),
    **dict.fromkeys(("kv_transfer_config", "kv_events_config", "ec_transfer_config", "otlp_traces_endpoint",
                     "allowed_local_media_path", "allowed_media_domains"), _ELSEWHERE),
    **dict.fromkeys(("runner", "convert", "skip_tokenizer_init", "enable_prompt_embeds", "tokens_only",
                     "enable_trace_replay", "diffusion_config", "watermark_config"), _INPUT),
    **dict.fromkeys(("spec_method", "spec_model", "spec_tokens"), "`speculative_config` says all of it"),
}  # fmt: skip
"""vLLM's arguments that would break what dgrc relies on, and why."""
LOAD_FORMATS = ("safetensors", "fastsafetensors", "runai_streamer")
"""Ways to load weights that open no pickles."""
NEVER_INSIDE = ("trust_remote_code", "auto_map", "load_format", "draft_load_config", "code_revision", "backend",
                "inductor_passes", "kv_connector_module_path")  # fmt: skip
"""Keys inside an argument by which code, or a pickle, would be loaded. (`backend` of `compilation_config`: a name in
Python.)"""
SPEED = frozenset((
    "all2all_backend", "async_scheduling", "attention_backend", "attention_config", "block_size", "compilation_config",
    "cp_kv_cache_interleave_size", "cpu_distributed_timeout_seconds", "cpu_offload_gb", "cpu_offload_params",
    "cudagraph_capture_sizes", "cudagraph_metrics", "data_parallel_size", "dbo_decode_token_threshold",
    "dbo_prefill_token_threshold", "dcp_comm_backend", "dcp_kv_cache_interleave_size", "dcp_q_replicate",
    "decode_context_parallel_size", "disable_cascade_attn", "disable_custom_all_reduce",
    "disable_hybrid_kv_cache_manager", "disable_log_stats", "disable_nccl_for_dp_synchronization",
    "distributed_timeout_seconds", "download_dir", "dp_sync_interval", "enable_chunked_prefill",
    "enable_cumem_allocator", "enable_dbo", "enable_ep_weight_filter", "enable_eplb", "enable_expert_parallel",
    "enable_flashinfer_autotune", "enable_logging_iteration_details", "enable_mfu_metrics", "enable_sleep_mode",
    "eplb_config", "expert_placement_strategy", "fully_sharded_loras", "kernel_config", "kv_cache_metrics",
    "kv_cache_metrics_sample", "kv_offloading_backend", "kv_offloading_size", "linear_backend", "load_format",
    "log_level", "long_prefill_token_threshold", "long_prefill_token_threshold_adaptive", "max_cpu_loras",
    "max_cudagraph_capture_size", "max_num_active_seqs", "max_num_batched_tokens", "max_num_scheduled_tokens",
    "max_parallel_loading_workers", "moe_backend", "num_gpu_blocks_override", "numa_bind", "numa_bind_cpus",
    "numa_bind_nodes", "offload_backend", "offload_group_size", "offload_num_in_group", "offload_params",
    "offload_prefetch_step", "optimization_level", "performance_mode", "prefill_context_parallel_size",
    "prefill_schedule_interval", "safetensors_load_strategy", "safetensors_prefetch_block_size",
    "safetensors_prefetch_num_threads", "scheduler_reserve_full_isl", "shutdown_timeout", "stream_interval",
    "ubatch_size", "use_tqdm_on_load", "watermark",
))  # fmt: skip
"""vLLM's arguments that decide how fast an engine is and not what it says, beyond rounding; all others decide it."""


def checked_arguments(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments of vLLM, if dgrc passes all of them on."""
    return checked(arguments, why_not_argument, "the argument `{}` is not passed on to vLLM")


def why_not_argument(name: str, value: Any) -> str | None:
    """Why dgrc does not pass this argument on to vLLM, None if it does."""
    if name in ROOT_SETTINGS:
        return f"`{ROOT_SETTINGS[name]}` of the engine's own section says it"
    if name in REFUSED:
        return REFUSED[name]
    if name.startswith("_"):
        return "it is vLLM's own"
    if name == "load_format" and value not in LOAD_FORMATS:
        return f"{value!r} may open pickles, or loads no weights; wanted is {', '.join(LOAD_FORMATS)}"
    if found := next((key for key in _keys(value) if key in NEVER_INSIDE), None):
        return f"`{found}` inside it would have code or a pickle loaded"
    return None


def data_parallel_size(arguments: Mapping[str, Any]) -> int:
    """How often vLLM is to hold the model within a replica."""
    size = arguments.get("data_parallel_size", 1)
    return size if type(size) is int and size > 0 else 1


def data_parallel_problem(arguments: Mapping[str, Any], gpus: float) -> str | None:
    """Why vLLM cannot hold the model so often."""
    size = arguments.get("data_parallel_size", 1)
    if type(size) is int and size > 0 and (size == 1 or gpus):
        return None
    return (
        f"`engine_args.data_parallel_size` is {size!r}; wanted is a whole number, and with `gpus: 0` no more than "
        "1: there `replicas` does the same"
    )


def deciding(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of vLLM that decide what it says."""
    return {name: value for name, value in arguments.items() if name not in SPEED}


def _keys(value: Any) -> Iterator[str]:
    """The keys in a value, however deep."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from _keys(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _keys(inner)
