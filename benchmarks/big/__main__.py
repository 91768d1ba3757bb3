"""Does a student of 1.5B go all the way on this machine, and does `dgrc plan` know what it takes?

    python -m benchmarks.big

Makes a directory of Qwen2.5-1.5B's exact shape and takes it through `dgrc curate` (vLLM), `dgrc train` (LoRA, ZeRO 3,
two workers), `dgrc export --merge`; then serves the base model, the adapter over it, and the merged model, and compares
the log-probabilities that they give. The weights are those of `proving:noise` set into the large shape (see `widen`),
so the model writes replies that can be read, at the cost of 1.5 billion parameters. Last line of output: one JSON
object, recorded in results/.
"""

import asyncio
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click

from benchmarks.shared.record import ROOT, record
from dgrc.cli.common import say
from dgrc.config import EngineConfig, ProvingConfig

CONFIG = ROOT / "configs" / "proving" / "qwen_1.5b.yaml"
SPARE, HIDE = 0.01, 1e4
"""A dimension that the small model lacks has this value in every token, and the last norm this weight for it: through
it the vocabulary's unused tokens get a logit of about -50."""


@click.command()
@click.option("--write/--no-write", default=True, help="Record the result.")
@click.option("--keep", type=click.Path(file_okay=False), help="Work in this folder and leave it.")
def main(write: bool, keep: str | None) -> None:
    """Curate, train, export and serve a student of 1.5B."""
    with tempfile.TemporaryDirectory() as temporary:
        result = run(Path(keep or temporary))
    if write:
        record("big", result, command="big")
    click.echo(json.dumps(result))


def run(folder: Path) -> dict[str, Any]:
    """All steps; what each took and what came of it."""
    from dgrc.proving.models import resolve

    folder.mkdir(parents=True, exist_ok=True)
    noise = resolve(["proving:noise"], ProvingConfig(), say)["proving:noise"]
    model = folder / "qwen2.5-1.5b"
    seconds: dict[str, float] = {}
    if not (model / "config.json").is_file():
        seconds["make"] = _timed(lambda: widen(noise, model))
    settings = ["--set", f"student.model={model}", "--set", f"runs_dir={folder}"]
    said = {}
    for step in ("curate", "plan", "train"):
        options = ["--gpu-gib", "24"] if step == "plan" else []
        say(f"dgrc {step}")
        began = time.monotonic()
        said[step] = _dgrc(step, str(CONFIG), *settings, *options)
        seconds[step] = round(time.monotonic() - began, 1)
    run_folder = folder / "qwen-1.5b"
    state = json.loads((run_folder / "round-1/.state/train-dgrc/done.json").read_text())["report"]
    merged = folder / "merged"
    seconds["export"] = _timed(lambda: _dgrc("export", str(run_folder), "--merge", str(merged)))
    student = run_folder / "round-1" / "student"
    began = time.monotonic()
    by_base, by_adapter, by_merged = (
        _scored(EngineConfig(**weights, max_model_len=2048, kv_cache_gib=0.25))
        for weights in ({"model": str(model)}, {"model": str(model), "adapter": str(student)}, {"model": str(merged)})
    )
    seconds["serve"] = round(time.monotonic() - began, 1)
    planned = float(re.findall(r"It fits: ([\d.]+) of", said["plan"])[0])
    return {
        "parameters": int(said["plan"].split()[0].replace(",", "")),
        "steps": state["steps"],
        "first_loss": state["first_loss"],
        "last_loss": state["last_loss"],
        "tokens_per_second": state["tokens_per_second"],
        "peak_gib_a_worker": state["memory_gib"],
        "planned_gib_a_worker": planned,
        "plan_memory_error": round(planned / state["memory_gib"] - 1, 4),
        "adapter_from_merged_nats": _apart(by_adapter, by_merged),
        "adapter_from_base_nats": _apart(by_adapter, by_base),
        "seconds": seconds,
    }


def widen(small: str, target: Path) -> None:
    """Writes a Qwen2 of 1.5B that computes what a small Llama of two heads computes.

    The small model's dimensions are the first of the large one's, all else is zero, and layers it lacks add nothing.
    Norms divide by a mean over more dimensions, which their weights make good; rotary positions turn at the same speeds
    in every fourth pair; queries are doubled, for scores are divided by the root of four times the size.
    """
    import torch
    from safetensors.torch import load_file
    from transformers import AutoConfig, AutoTokenizer, GenerationConfig, Qwen2ForCausalLM

    from dgrc.training.plan.shapes import model_config

    theirs = AutoConfig.from_pretrained(small)
    config = model_config("qwen2.5-1.5b")
    config.rope_parameters = {"rope_type": "default", "rope_theta": theirs.rope_parameters["rope_theta"]}
    config.rms_norm_eps = theirs.rms_norm_eps * theirs.hidden_size / config.hidden_size
    config.eos_token_id, config.pad_token_id, config.bos_token_id = theirs.eos_token_id, theirs.pad_token_id, None
    config.dtype = torch.bfloat16
    with torch.device("meta"):
        model = Qwen2ForCausalLM(config)
    model.to_empty(device="cpu").to(torch.bfloat16).tie_weights()
    ours = model.state_dict()
    for tensor in ours.values():
        tensor.zero_()
    weights = load_file(Path(small) / "model.safetensors")
    width, size, wide = theirs.hidden_size, theirs.hidden_size // theirs.num_attention_heads, config.hidden_size
    head = config.hidden_size // config.num_attention_heads
    pairs = torch.cat([torch.arange(size // 2) * 4, torch.arange(size // 2) * 4 + head // 2])
    shrink = (width / wide) ** 0.5

    embedding = weights["model.embed_tokens.weight"]
    known = len(embedding)
    ours["model.embed_tokens.weight"][:known, :width] = embedding.bfloat16()
    ours["model.embed_tokens.weight"][:known, width] = SPARE
    ours["model.embed_tokens.weight"][known:, width] = -1
    ours["model.norm.weight"][:width] = (weights["model.norm.weight"] * shrink).bfloat16()
    ours["model.norm.weight"][width] = HIDE * shrink
    group = config.num_attention_heads // config.num_key_value_heads
    for layer in range(theirs.num_hidden_layers):
        name = f"model.layers.{layer}."
        for norm in ("input_layernorm.weight", "post_attention_layernorm.weight"):
            ours[name + norm][:width] = (weights[name + norm] * shrink).bfloat16()
        for number in range(theirs.num_attention_heads):
            part = slice(number * size, (number + 1) * size)
            query, key = number * group * head, number * head  # each of our two heads has a key head of its own
            q, k, v = (weights[f"{name}self_attn.{p}_proj.weight"][part] for p in "qkv")
            ours[name + "self_attn.q_proj.weight"][query + pairs, :width] = (2 * q).bfloat16()
            ours[name + "self_attn.k_proj.weight"][key + pairs, :width] = k.bfloat16()
            ours[name + "self_attn.v_proj.weight"][key : key + size, :width] = v.bfloat16()
            out = weights[name + "self_attn.o_proj.weight"][:, part]
            ours[name + "self_attn.o_proj.weight"][:width, query : query + size] = out.bfloat16()
        for matrix in ("gate_proj", "up_proj", "down_proj"):
            theirs_matrix = weights[f"{name}mlp.{matrix}.weight"]
            rows, columns = theirs_matrix.shape
            ours[f"{name}mlp.{matrix}.weight"][:rows, :columns] = theirs_matrix.bfloat16()
    model.generation_config = GenerationConfig(eos_token_id=theirs.eos_token_id, pad_token_id=theirs.pad_token_id)
    model.save_pretrained(target)
    AutoTokenizer.from_pretrained(small).save_pretrained(target)


def _scored(config: EngineConfig) -> list[float]:
    """The log-probability that an engine gives to each token of a few turns."""
    from dgrc.engines.base import Request
    from dgrc.engines.vllm.engine import VllmEngine, environment

    async def work() -> list[float]:
        engine = VllmEngine(config, 0)
        await engine.start()
        try:
            said = {"role": "assistant", "content": "By the code of 1823.\n<answer>5 years</answer>"}
            turns = [({"role": "user", "content": f"Which rule holds in case {n}?"}, said) for n in range(4)]
            done = await asyncio.gather(*(engine.generate(Request(turn, score=True)) for turn in turns))
            return [value for completion in done for value in completion.logprobs]
        finally:
            engine.stop()

    import os

    os.environ.update(environment(config))
    return asyncio.run(work())


def _apart(one: list[float], two: list[float]) -> float:
    """Mean distance of two lists of log-probabilities in nats."""
    return round(sum(abs(a - b) for a, b in zip(one, two, strict=True)) / len(one), 4)


def _dgrc(*arguments: str) -> str:
    """Runs a command of ours; its words are shown, its result returned."""
    done = subprocess.run([sys.executable, "-m", "dgrc", *arguments], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def _timed(work: Any) -> float:
    began = time.monotonic()
    work()
    return round(time.monotonic() - began, 1)


if __name__ == "__main__":
    main()
