"""The recorded results in, docs/performance.md and its picture out: `python -m benchmarks.performance`.

The page says nothing that is not in a record; what has none is named as not measured.
"""

import json
from pathlib import Path
from typing import Any

import jinja2

from benchmarks.shared.record import RESULTS, ROOT

NAMES = (
    "inference", "inference_real", "inference_cpu", "api", "scale", "roles", "train", "big", "facts", "questions",
    "questions_zh", "quantities",
)  # fmt: skip
COMMANDS = {
    "inference_real": "inference --real MODEL", "inference_cpu": "inference --real MODEL --parts cpu",
}  # fmt: skip
"""How a benchmark is called whose record has another name."""
CONTENDERS = {
    "raw_vllm": "raw `vllm.LLM`",
    "pool": "our pool, asked directly",
    "pool_seeded": "our pool, a seed for each request",
    "sampling_pass": "our pass `gather`, all that it writes included",
    "ray_data_llm": "ray.data.llm, each prompt n times",
    "transformers": "transformers `generate`",
    "ours": "ours: Ray Train, DeepSpeed ZeRO 2, packed",
    "torch": "plain torch DDP, the same packing",
    "trl_padded": "TRL SFTTrainer, padded, grouped by length",
    "trl_packed": "TRL SFTTrainer, packed",
}


def main() -> None:
    """Writes the page and its picture."""
    found = records()
    (ROOT / "docs" / "performance.md").write_text(render(found), encoding="utf-8")
    plot(found, ROOT / "docs" / "performance.png")


def records(folder: Path = RESULTS) -> dict[str, dict[str, Any]]:
    """The newest record of each benchmark, by name."""
    found = {}
    for name in NAMES:
        # What follows a name is the machine, `2x-...`: `questions_zh` is another record than `questions`.
        files = sorted(folder.glob(f"{name}_[0-9]*.json"), key=lambda file: json.loads(file.read_text())["date"])
        if files:
            found[name] = json.loads(files[-1].read_text(encoding="utf-8"))
    return found


def render(found: dict[str, dict[str, Any]]) -> str:
    """The page in Markdown."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((ROOT / "benchmarks" / "performance.md.jinja").read_text(encoding="utf-8"))
    missing = [COMMANDS.get(name, name) for name in NAMES if name not in found]
    return template.render(found=found, missing=missing, names=CONTENDERS, made=_made) + "\n"


def _made(record: dict[str, Any]) -> str:
    """How a record came about, in a line."""
    by = record["made_with"]
    machine = f"{by['cores']} cores of {by['cpu']}, {by['memory_gib']:.0f} GiB, no GPU"
    return f"`{record['command']}` at {by['commit']}, {record['date']}, {machine}"


def plot(found: dict[str, dict[str, Any]], file: Path) -> None:
    """Four pictures: sampling, training, weak scaling, and the data plane; those without a record say so."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, 2, figsize=(11, 7.5), layout="constrained")
    _bars(axes[0][0], found.get("inference"), "sampling_pass", "Sampling: tokens/s over raw vLLM's", "raw_vllm")
    _bars(axes[0][1], found.get("train"), "ours", "Training: real tokens/s over plain torch DDP's", "torch")
    _scale(axes[1][0], axes[1][1], found.get("scale"))
    figure.savefig(file, dpi=110)
    pyplot.close(figure)


def _scale(weak_axis: Any, plane_axis: Any, record: dict[str, Any] | None) -> None:
    weak_axis.set_title("Weak scaling: share of all replicas' rate")
    plane_axis.set_title("Data plane: questions/s, replies made in place")
    if record is None:
        for axis in (weak_axis, plane_axis):
            _nothing(axis)
        return
    weak, plane = record["weak"], record["plane"]
    weak_axis.plot([p["replicas"] for p in weak], [p["efficiency"] for p in weak], "o-")
    weak_axis.axhline(0.9, linestyle=":", color="grey")
    weak_axis.set(xscale="log", ylim=(0, 1.15), xlabel="replicas")
    for name, key in (("gather", "questions_per_second"), ("ingest", "ingest_questions_per_second")):
        plane_axis.plot([p["questions"] for p in plane], [p[key] for p in plane], "o-", label=name)
    plane_axis.set(xscale="log", xlabel="questions")
    plane_axis.set_ylim(bottom=0)
    plane_axis.legend()


def _nothing(axis: Any) -> None:
    axis.text(0.5, 0.5, "not measured", ha="center", va="center", color="grey")


def _bars(axis: Any, record: dict[str, Any] | None, ours: str, title: str, unit: str) -> None:
    """Rates of all contenders as multiples of one, side by side for each model."""
    axis.set_title(title)
    if record is None:
        _nothing(axis)
        return
    models = record["models"]
    who = list(next(iter(models.values()))["tokens_per_second"])
    for place, name in enumerate(who):
        shares = [m["tokens_per_second"][name] / m["tokens_per_second"][unit] for m in models.values()]
        places = [row + place / (len(who) + 1) for row in range(len(models))]
        bars = axis.bar(places, shares, 0.9 / (len(who) + 1), label=name, alpha=1.0 if name == ours else 0.55)
        axis.bar_label(bars, fmt="%.2f", fontsize=8)
    axis.set_xticks([row + 0.35 for row in range(len(models))], list(models))
    axis.axhline(1.0, linestyle=":", color="grey")
    axis.set_ylim(0, 1.45)  # room above the bars
    axis.legend(fontsize=8, ncols=3, loc="upper center")


if __name__ == "__main__":
    main()
