"""Are packed examples computed as if each stood alone? Tiny models of many architectures in, a verdict on each out.

Each is tried as training tries it (`dgrc.training.model.probe`), and what the probe lets pass is then held against each
example alone, with examples longer than the sliding windows there are. Weights are random and large, so that a leak
shows. Right: packed, and the same to 1e-5. Refused: one example a row. Wrong: packed, and not the same.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from dgrc.training.data.encode import Corpus
from dgrc.training.data.packing import Layout, collate

LENGTHS = (12, 7, 1, 9)
WINDOW = 4
VOCABULARY = 48
CLOSE = 1e-5
BASE: dict[str, Any] = {
    "vocab_size": VOCABULARY, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
    "num_attention_heads": 2, "num_key_value_heads": 2, "max_position_embeddings": 256, "initializer_range": 0.2,
    "pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 1,
}  # fmt: skip
EXPERTS: dict[str, Any] = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32}
SLIDING: dict[str, Any] = {"sliding_window": WINDOW, "layer_types": ["sliding_attention", "full_attention"]}
LINEAR: dict[str, Any] = {
    "head_dim": 16, "linear_key_head_dim": 16, "linear_value_head_dim": 16, "linear_num_key_heads": 2,
    "linear_num_value_heads": 2, "layer_types": ["linear_attention", "full_attention"],
}  # fmt: skip
ARCHITECTURES: dict[str, tuple[str, dict[str, Any]]] = {  # transformers' names without ForCausalLM, settings
    "llama": ("Llama", {}),
    "qwen2": ("Qwen2", {"use_sliding_window": True, "sliding_window": WINDOW, "max_window_layers": 1}),
    "qwen3": ("Qwen3", {"head_dim": 16}),
    "gemma2": ("Gemma2", {"head_dim": 16, "sliding_window": WINDOW, "final_logit_softcapping": 3.0}),
    "gemma3": ("Gemma3", {"head_dim": 16, **SLIDING}),
    "mistral": ("Mistral", {"sliding_window": WINDOW}),
    "phi3": ("Phi3", {}),
    "olmo2": ("Olmo2", {}),
    "olmo3": ("Olmo3", SLIDING),
    "smollm3": ("SmolLM3", {}),
    "granite": ("Granite", {"logits_scaling": 3.0}),
    "glm4": ("Glm4", {"head_dim": 16}),
    "cohere2": ("Cohere2", SLIDING),
    "phi": ("Phi", {}),
    "gpt_neox": ("GPTNeoX", {}),
    "qwen3_moe": ("Qwen3Moe", {"head_dim": 16, **EXPERTS}),
    "mixtral": ("Mixtral", {"num_local_experts": 4}),
    "granitemoe": ("GraniteMoe", {"num_local_experts": 4, "logits_scaling": 3.0}),
    "deepseek_v3": (
        "DeepseekV3",
        {
            "n_routed_experts": 4, "num_experts_per_tok": 2, "n_group": 1, "topk_group": 1, "kv_lora_rank": 16,
            "q_lora_rank": 16, "qk_rope_head_dim": 8, "qk_nope_head_dim": 8, "v_head_dim": 16,
            "moe_intermediate_size": 32, "first_k_dense_replace": 1,
        },
    ),
    "gpt_oss": ("GptOss", {"head_dim": 16, "num_local_experts": 4, "num_experts_per_tok": 2, **SLIDING}),
    "qwen3_5": ("Qwen3_5", LINEAR),
    "qwen3_next": ("Qwen3Next", {**LINEAR, "num_experts": 0, "mlp_only_layers": [0, 1]}),
    "lfm2": ("Lfm2", {"layer_types": ["conv", "full_attention"], "block_ff_dim": 64, "conv_L_cache": 3}),
    "falcon_h1": (
        "FalconH1",
        {
            "mamba_d_ssm": 32, "mamba_n_heads": 2, "mamba_d_head": 16, "mamba_d_state": 8, "mamba_n_groups": 1,
            "mamba_chunk_size": 8,
        },
    ),
}  # fmt: skip


def make(name: str, seed: int = 0) -> Any:
    """A tiny random model of an architecture."""
    import torch
    import transformers

    prefix, settings = ARCHITECTURES[name]
    config = getattr(transformers, f"{prefix}TextConfig", None) or getattr(transformers, f"{prefix}Config")
    torch.manual_seed(seed)
    return getattr(transformers, f"{prefix}ForCausalLM")(config(**{**BASE, **settings}))


def corpus(seed: int = 0) -> Corpus:
    """Random examples; every token carries loss."""
    tokens = np.random.default_rng(seed).integers(3, VOCABULARY, sum(LENGTHS)).astype(np.int32)
    offsets = np.cumsum([0, *LENGTHS], dtype=np.int64)
    return Corpus(tokens, np.ones(len(tokens), bool), offsets, 0, np.arange(len(LENGTHS)))


def difference(model: Any, layout: Layout) -> float:
    """The largest difference between any logit of examples packed and of each alone."""
    import torch

    examples, found = corpus(), [0.0]
    with torch.no_grad():
        packed = model(**collate(examples, [[*range(len(LENGTHS))]], layout).inputs).logits[0]
        at = 0
        for example, length in enumerate(LENGTHS):
            alone = model(**collate(examples, [[example]], "alone").inputs).logits[0]
            found.append(float((packed[at : at + length] - alone).abs().max()))
            at += length
    return max(found)


def verdicts(say: Callable[[str], None] = lambda text: None) -> dict[str, str]:
    """`right`, `refused` or `wrong` for each architecture."""
    import torch

    from dgrc.training.model.probe import probe

    found = {}
    for name in ARCHITECTURES:
        model = make(name).eval()
        layout = probe(model, torch.device("cpu"))
        if layout == "alone":
            found[name] = "refused"
            say(f"{name:<12} refused: one example a row")
            continue
        off = difference(model, layout)
        found[name] = "right" if off <= CLOSE else "wrong"
        say(f"{name:<12} {found[name]}: {layout}, largest difference of a logit {off:.1e}")
    return found


def count(found: dict[str, str]) -> dict[str, int]:
    """The keys of the benchmark's last line."""
    return {f"architectures_{kind}": [*found.values()].count(kind) for kind in ("right", "refused", "wrong")}
