"""What of vLLM's own speed is left of it in our pool and in a pass over questions, and what do others leave?

    python -m benchmarks.inference
    python -m benchmarks.inference --gpu        (one GPU, Qwen2.5-1.5B's shape)
    python -m benchmarks.inference --real DIR   (a real model's weights: benchmarks/inference/real/bench.py)

Sampling alone: the same model, prompts, n and sampling settings under raw `vllm.LLM`; our pool; our `gather` pass
through Ray Data, with the student's chains recorded so that only the teacher samples; ray.data.llm, which returns one
sample a row, so that each prompt is there n times; and `generate` of transformers. Each has its turn in processes of
its own. A rate is that of all questions less half of them, after a run that does not count: starting, first-time
costs and draining are in nobody's rate; what starting took is stated. Models with random weights, of about 3M and 150M
parameters, or 1.5B, whose tokens are as long as a real model's, so that prompts have as many of them. Last line of
output: one JSON object, recorded in results/.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from benchmarks.inference.contenders import N
from benchmarks.shared.record import ROOT, record
from dgrc.cli.common import say
from dgrc.config import ProvingConfig

SHAPES = {
    "3M": (192, 6, 3, 3, 576, None),
    "150M": (768, 16, 12, 12, 3072, None),
    "1.5B": (1536, 28, 12, 2, 8960, 151_936),
}
"""Width, layers, heads, those of keys and values, inner size, and vocabulary; None: the tokenizer's."""
VOCABULARY = 4096
"""Tokens that the tokenizer learns at most."""
QUESTIONS = {"3M": 1264, "150M": 160, "1.5B": 4096}
WHO = ("raw_vllm", "pool", "pool_seeded", "sampling_pass", "ray_data_llm", "transformers")
CPU, GPU = (
    {"sequences": 64, "max_tokens": 48, "gpus": 0},
    {"sequences": 256, "max_tokens": 256, "gpus": 1},
)
"""Sequences decoded at once, tokens of a reply, and GPUs, of all contenders."""


@click.command()
@click.option("--sizes", default=None, help="Models, separated by commas; by default 3M,150M, on a GPU 1.5B.")
@click.option("--scale", default=1.0, show_default=True, help="Factor on the number of questions.")
@click.option("--turns", default=1, show_default=True, help="How often each has its turn.")
@click.option("--gpu", is_flag=True, help="One GPU, 256 sequences at once, replies of 256 tokens.")
@click.option("--write/--no-write", default=True, help="Record the result.")
@click.option("--real", "model", default=None, help="A real model's folder; what follows is for it alone.")
@click.option("--parts", default="ratio,cpu,prefix,ngram,tail", show_default=True, help="What to measure.")
@click.option("--questions", default="", help="File of questions, one JSON object a line; else they are written.")
@click.option("--sequences", default=64, show_default=True, help="Sequences decoded at once.")
@click.option("--max-tokens", default=48, show_default=True, help="Longest reply of a turn and in the passes.")
@click.option("--turn-questions", default=32, show_default=True, help="ratio: questions of a turn.")
@click.option("--most-turns", default=12, show_default=True, help="ratio: turns of each at most.")
@click.option("--cpu-seconds", default=40, show_default=True, help="cpu: seconds at each rate.")
@click.option("--cpu-turns", default=4, show_default=True, help="cpu: how often it is measured.")
@click.option("--prefix-questions", default=24, show_default=True, help="prefix: questions.")
@click.option("--replicas", default=1, show_default=True, help="prefix: replicas of the engine.")
@click.option("--ngram-requests", default=8, show_default=True, help="ngram: requests of a turn.")
@click.option("--ngram-sequences", default=8, show_default=True, help="ngram: sequences decoded at once.")
@click.option("--tail", default="100", show_default=True, help="tail: questions of passes, separated by commas.")
@click.option("--tail-tokens", default=96, show_default=True, help="tail, ngram: longest reply.")
def main(sizes: str | None, scale: float, turns: int, gpu: bool, write: bool, model: str | None, **real: Any) -> None:
    """Sample in turn, compare generated tokens a second."""
    if model:
        click.echo(json.dumps(measure_real(model, write, **real)))
        return
    models, setup = {}, GPU if gpu else CPU
    sizes = sizes or ("1.5B" if gpu else "3M,150M")
    for size in sizes.split(","):
        with tempfile.TemporaryDirectory(prefix="dgrc-inference-") as folder:
            (Path(folder) / "setup.json").write_text(json.dumps(setup))
            models[size] = run(size, Path(folder), max(64, round(QUESTIONS[size] * scale)), turns)
            say(f"{size}: {json.dumps(models[size])}")
    smallest = models.get("3M") or next(iter(models.values()))
    summary = {
        "ratio_raw_vllm": {size: result["ratios"]["raw_vllm"] for size, result in models.items()},
        "cpu_ms_per_request": smallest["cpu_ms_per_request"],
        "ratio_ray_data_llm": min(result["ratios"]["ray_data_llm"] for result in models.values()),
        "ratio_request_seeds": {
            size: round(result["tokens_per_second"]["pool_seeded"] / result["tokens_per_second"]["pool"], 3)
            for size, result in models.items()
        },
        "ratio_transformers": min(result["ratios"]["transformers"] for result in models.values()),
    }
    if write:
        command = f"inference --sizes {sizes} --scale {scale:g} --turns {turns}" + (" --gpu" if gpu else "")
        card = {"gpu": gpu_name()} if gpu else {}
        found = {**summary, **card, "n": N, **setup, "models": models}
        record("gpu_inference" if gpu else "inference", found, command=command)
    click.echo(json.dumps(summary))


def measure_real(model: str, write: bool, **told: Any) -> dict[str, Any]:
    """What real weights are needed for; the record's command names those settings that are not the usual ones."""
    from benchmarks.inference.real.bench import measure
    from benchmarks.inference.real.work import Settings

    usual = {option.name: option.default for option in main.params}
    named = {**told, "questions": Path(told["questions"]).name}
    own = [f"--{name.replace('_', '-')} {named[name]}" for name in told if told[name] != usual[name]]
    lists = {"parts": tuple(told["parts"].split(",")), "tail": tuple(map(int, told["tail"].split(",")))}
    settings = Settings(model=model, **{**told, **lists})
    return measure(settings, " ".join(["inference --real", Path(model).name, *own]), write)


def run(size: str, folder: Path, questions: int, turns: int) -> dict[str, Any]:
    """All contenders on one model; ratios are of our sampling pass to each."""
    make_questions(folder, questions)
    make_model(size, folder)
    said: dict[str, list[dict[str, Any]]] = {who: [] for who in WHO}
    for turn in range(turns):
        for who in WHO if turn % 2 == 0 else reversed(WHO):
            say(f"{size}, turn {turn + 1} of {turns}: {who}")
            said[who].append(_turn(who, folder, questions))
    best = {who: max(turns_, key=lambda t: t["tokens_per_second"]) for who, turns_ in said.items()}
    ours = best["sampling_pass"]
    return {
        "questions": questions,
        "tokens_per_second": {who: round(result["tokens_per_second"], 1) for who, result in best.items()},
        "ratios": {
            who: round(ours["tokens_per_second"] / result["tokens_per_second"], 3)
            for who, result in best.items()
            if who != "sampling_pass"
        },
        "start_seconds": {who: round(result["start_seconds"], 1) for who, result in best.items()},
        "prompt_tokens": ours["prompt_tokens"],
        "cpu_ms_per_request": round(sum(ours["cpu_ms_per_request"].values()), 2),
        "cpu_ms_per_request_of": {who: round(ms, 2) for who, ms in ours["cpu_ms_per_request"].items()},
        "requests_per_second": round(ours["requests_per_second"], 1),
        "idle_cpu_ms_per_second": round(sum(ours["idle_cpu_ms_per_second"].values()), 1),
    }


def make_model(size: str, folder: Path) -> None:
    """Random weights in the shape that is named, with a tokenizer for these questions."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = make_tokenizer(folder)
    width, layers, heads, groups, inner, vocabulary = SHAPES[size]
    torch.manual_seed(0)
    LlamaForCausalLM(
        LlamaConfig(
            hidden_size=width, num_hidden_layers=layers, num_attention_heads=heads, num_key_value_heads=groups,
            intermediate_size=inner, vocab_size=vocabulary or len(tokenizer), tie_word_embeddings=True,
            max_position_embeddings=2048, bos_token_id=None, eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    ).to(torch.bfloat16).save_pretrained(folder / "model")  # fmt: skip
    tokenizer.save_pretrained(folder / "model")


def make_tokenizer(folder: Path) -> Any:
    """That of `proving:noise`, where a byte is a token, with words learned from the prompts: of bytes a prompt has four
    times as many as of a real model's tokens."""
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import AutoTokenizer

    from benchmarks.inference.contenders import chats
    from dgrc.proving.models import resolve

    noise = resolve(["proving:noise"], ProvingConfig(), say)["proving:noise"]
    prompts = (message["content"] for chat in chats(folder) for message in chat)
    tokenizer: Any = AutoTokenizer.from_pretrained(noise)
    tokenizer.backend_tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    return tokenizer.train_new_from_iterator(prompts, VOCABULARY)


def gpu_name() -> str:
    """The first GPU's."""
    import torch

    return str(torch.cuda.get_device_name(0))


def make_questions(folder: Path, count: int) -> None:
    """Questions, and a recorded student chain for each."""
    with open(folder / "questions.jsonl", "w") as questions, open(folder / "student.jsonl", "w") as chains:
        for number in range(count):
            text = f"After how many days of notice may tenant {number} of house {number * 7 % 101} leave?"
            questions.write(json.dumps({"id": f"q{number}", "question": text}) + "\n")
            chains.write(json.dumps({"id": f"q{number}", "chains": ["By law. <answer>30 days</answer>"]}) + "\n")


def _turn(who: str, folder: Path, questions: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.inference.contenders", who, str(folder), str(questions)]
    with open(folder / f"{who}.log", "w", encoding="utf-8") as log:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=log, text=True, check=False, cwd=ROOT)
    if done.returncode:
        say((folder / f"{who}.log").read_text(encoding="utf-8")[-3000:])
        raise SystemExit(f"{who} failed with exit status {done.returncode}")
    said: dict[str, Any] = json.loads(next(line for line in done.stdout.splitlines()[::-1] if line.startswith("{")))
    return said


if __name__ == "__main__":
    main()
