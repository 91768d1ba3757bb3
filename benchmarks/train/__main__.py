"""How fast do we train, against what else one could run, and do we learn the same?

    python -m benchmarks.train                   (all of it; models of 3M and 60M parameters; needs the extra `trl`)
    python -m benchmarks.train --gpu             (Qwen2.5-1.5B's shape, bf16, on a GPU, with MFU)
    python -m benchmarks.train --memory          (the loss alone, against whole logits: `memory`; needs 16 GiB)
    python -m benchmarks.train --architectures   (packed examples against each alone: `architectures`)
    python -m benchmarks.train --rounds          (from a training to the next round's first sample: `rounds`)

In one run, in turn, the same examples and model under: ours (Ray Train, DeepSpeed ZeRO 2, packed); the same packing and
loss in a plain two-process DDP loop of torch; TRL's SFTTrainer on batches padded and grouped by length; and TRL packed.
Rates are of real tokens, padding left out, without the first steps of each. Lengths of examples are log-normal (see
`LENGTHS`), half of each prompt, half reply. The first steps of ours and of the plain loop visit the same examples, so
their losses must agree. Last line of output: one JSON object, recorded in results/.
"""

import importlib.util
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.shared.record import ROOT, record
from benchmarks.train.architectures import count, verdicts
from benchmarks.train.memory import compare
from benchmarks.train.rounds import compare as compare_rounds
from dgrc.cli.common import say
from dgrc.config.training import StageConfig, TrainingConfig

LENGTHS = {"median": 90, "sigma": 0.6, "least": 16, "most": 512}
"""Tokens of an example: log-normal, cut at both ends."""
WARM_UP = 3
"""Steps whose time does not count."""
SHAPES = {  # width, layers, heads, inner size, vocabulary
    "3m": (192, 4, 4, 512, 4096),
    "60m": (512, 10, 8, 1536, 32000),
}
PEERS = ("torch", "trl_padded", "trl_packed")


@click.command()
@click.option("--sizes", default="3m,60m", show_default=True, help="Models to train, separated by commas.")
@click.option("--steps", default=24, show_default=True, help="Optimizer steps of each turn; of the 60M model a third.")
@click.option("--turns", default=2, show_default=True, help="How often each contender has its turn.")
@click.option("--memory", is_flag=True, help="Only the loss, a few positions at a time against whole logits.")
@click.option("--architectures", is_flag=True, help="Only packed examples against each alone, in tiny models.")
@click.option("--tokens", default=4096, show_default=True, help="Learned tokens of `--memory`; the half can be tried.")
@click.option("--loss-turns", default=5, show_default=True, help="How often each of `--memory` has its turn.")
@click.option("--precision", type=click.Choice(["bf16", "fp32"]), help="Of `--memory`; by the machine if not given.")
@click.option("--rounds", is_flag=True, help="Only the way from a training to the next round's first sample.")
@click.option("--questions", default=32, show_default=True, help="Questions of `--rounds`.")
@click.option("--gpu", is_flag=True, help="One GPU, Qwen2.5-1.5B's shape, bf16, rows of 4,096 tokens.")
@click.option("--write/--no-write", default=True, help="Record the result.")
def main(
    sizes: str, steps: int, turns: int, memory: bool, architectures: bool, tokens: int, loss_turns: int,
    precision: str | None, rounds: bool, questions: int, gpu: bool, write: bool,
) -> None:  # fmt: skip
    """Train in turn, compare rates and losses; measure the loss; try architectures. A part alone if it is named."""
    command = " ".join(["train", *sys.argv[1:]])
    summary: dict[str, Any] = {}
    details: dict[str, Any] = {}
    if rounds:
        details["rounds"] = compare_rounds(ROOT / "configs" / "proving" / "small.yaml", questions, turns, say)
        summary["rounds_kept_over_restarted"] = details["rounds"]["rounds_kept_over_restarted"]
    if not (memory or architectures or rounds):
        summary, details["models"] = _contenders(sizes, steps, turns, gpu)
    if architectures or not (memory or rounds):
        details["architectures"] = verdicts(say)
        summary |= count(details["architectures"])
    if memory or not (architectures or rounds):
        details["loss"] = compare(tokens, loss_turns, precision, say)
        summary |= {key: value for key, value in details["loss"].items() if key.startswith("loss_")}
    if write:
        name = "train" if "models" in details else "_and_".join(details)
        record(name, {**summary, "lengths": LENGTHS, **details}, command=command)
    click.echo(json.dumps(summary))


def _contenders(sizes: str, steps: int, turns: int, gpu: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """The keys of the last line, and all that was seen by model."""
    if importlib.util.find_spec("trl") is None:
        raise click.ClickException("TRL, which ours is held against, is not installed: pip install '.[trl]'")
    names = ["qwen2.5-1.5b"] if gpu else sizes.split(",")
    results = {}
    for name in names:
        with tempfile.TemporaryDirectory(prefix="dgrc-train-") as folder:
            results[name] = run(name, Path(folder), steps, turns, gpu)
            say(f"{name}: {json.dumps(results[name])}")
    worst = [results[name] for name in names]
    return {
        **{f"ratio_{peer}": min(result["ratios"][peer] for result in worst) for peer in PEERS},
        "max_relative_loss_difference": max(result["max_relative_loss_difference"] for result in worst),
        "plan_memory_error": max((result["plan_memory_error"] for result in worst), key=abs),
        "mfu": worst[0]["mfu"],
    }, results


def run(name: str, folder: Path, steps: int, turns: int, gpu: bool) -> dict[str, Any]:
    """All contenders on one model."""
    steps, examples = (max(WARM_UP + 3, steps // 3), 16) if name == "60m" else (steps, 32)  # or it takes an hour
    config = settings(steps, gpu, examples)
    make_model(name, folder / "model")
    make_corpus(name, folder / "corpus.npz", config)
    (folder / "config.json").write_text(config.model_dump_json())
    seen: dict[str, list[dict[str, Any]]] = {}
    for turn in range(turns):
        order = ("ours", *PEERS) if turn % 2 == 0 else (*reversed(PEERS), "ours")
        for who in order:
            say(f"{name}, turn {turn + 1} of {turns}: {who}")
            seen.setdefault(who, []).append(_turn(who, folder, steps))
    rates = {who: statistics.median(t["tokens_per_second"] for t in all_turns) for who, all_turns in seen.items()}
    ours, plain = seen["ours"][0]["losses"], seen["torch"][0]["losses"]
    planned = planned_gib(folder, config)
    measured = max(turn["memory_gib"] for turn in seen["ours"])
    return {
        "tokens_per_second": {who: round(rate, 1) for who, rate in rates.items()},
        "ratios": {who: round(rates["ours"] / rates[who], 3) for who in PEERS},
        "max_relative_loss_difference": max(abs(a / b - 1) for a, b in zip(ours, plain, strict=True)),
        "loss_after": {who: round(all_turns[0]["losses"][-1], 4) for who, all_turns in seen.items()},
        "tokens": {who: all_turns[0]["tokens"] for who, all_turns in seen.items()},
        "mfu": seen["ours"][0]["mfu"],
        "peak_gib_a_worker": round(measured, 2),
        "planned_gib_a_worker": round(planned, 2),
        "plan_memory_error": round(planned / measured - 1, 4),
    }


def settings(steps: int, gpu: bool, examples: int = 32) -> TrainingConfig:
    """How ours trains; the others take from it what applies to them."""
    stage = StageConfig(visits=steps * examples, learning_rate=5e-4, schedule="constant", warmup=0.0)
    common: dict[str, Any] = {"batch_examples": examples, "chains": stage, "betas": (0.9, 0.999)}
    if gpu:
        return TrainingConfig(
            **common, workers=1, gpus_per_worker=1, cpus_per_worker=4, max_length=4096, gradient_checkpointing=True
        )
    return TrainingConfig(**common, precision="fp32", max_length=LENGTHS["most"], micro_batch_rows=4)


def make_model(name: str, folder: Path) -> None:
    """A model with random weights."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, Qwen2ForCausalLM

    from dgrc.training.plan.shapes import QWEN2_5, model_config

    torch.manual_seed(0)
    model: Any
    if name in QWEN2_5:
        model = Qwen2ForCausalLM(model_config(name)).to(torch.bfloat16)
    else:
        width, layers, heads, inner, vocabulary = SHAPES[name]
        model = LlamaForCausalLM(
            LlamaConfig(
                hidden_size=width, num_hidden_layers=layers, num_attention_heads=heads, num_key_value_heads=heads,
                intermediate_size=inner, vocab_size=vocabulary, tie_word_embeddings=True, max_position_embeddings=4096,
                bos_token_id=None, eos_token_id=1, pad_token_id=0,
            )
        )
    model.save_pretrained(folder)


def make_corpus(name: str, file: Path, config: TrainingConfig) -> None:
    """Random tokens in examples of the stated lengths; the second half of each carries loss."""
    from dgrc.training.plan.shapes import QWEN2_5

    rng = np.random.default_rng(0)
    vocabulary = 100_000 if name in QWEN2_5 else SHAPES[name][-1]
    median, most = (700, config.max_length) if name in QWEN2_5 else (LENGTHS["median"], LENGTHS["most"])
    lengths = np.exp(rng.normal(np.log(median), LENGTHS["sigma"], config.chains.visits))
    lengths = lengths.clip(LENGTHS["least"], most).astype(int)
    offsets = np.cumsum([0, *lengths])
    loss = np.concatenate([np.arange(n) >= n // 2 for n in lengths])
    # Skewed, so that there is something to learn: the loss falls as frequent tokens are found out.
    tokens = (vocabulary * rng.power(0.3, offsets[-1])).astype(np.int32).clip(2, vocabulary - 1)
    np.savez(file, tokens=tokens, loss=loss, offsets=offsets)


def planned_gib(folder: Path, config: TrainingConfig) -> float:
    """What `dgrc plan` says of it, which knows the examples as well."""
    from benchmarks.train.contenders import load_corpus
    from dgrc.config import Config
    from dgrc.training.data.stages import plan_stages
    from dgrc.training.plan.memory import GIB, total
    from dgrc.training.plan.planner import Work, setup_of
    from dgrc.training.plan.shapes import shape_of

    corpus = load_corpus(folder)
    (stage,) = plan_stages(0, len(corpus), config, 0, None, corpus.length)
    largest = max(sum(corpus.length(visit) for visit in step) for step in stage.steps)
    work = Work((), max(corpus.length(example) for example in range(len(corpus))), largest)
    shape = shape_of(str(folder / "model"))
    return total(shape, setup_of(Config(training=config), shape, config.most_workers, work))[0] / GIB


def _turn(who: str, folder: Path, steps: int) -> dict[str, Any]:
    """One contender's turn in processes of its own; its last line is what it has to say."""
    command = [sys.executable, "-m", "benchmarks.train.contenders", who, str(folder), str(WARM_UP)]
    with open(folder / f"{who}.log", "w", encoding="utf-8") as log:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=log, text=True, check=False, cwd=ROOT)
    if done.returncode:
        say((folder / f"{who}.log").read_text(encoding="utf-8")[-3000:])
        raise SystemExit(f"{who} failed with exit status {done.returncode}")
    said: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    assert len(said["losses"]) >= steps or who.startswith("trl"), said
    return said


if __name__ == "__main__":
    main()
