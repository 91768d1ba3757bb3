"""Tasks and results in the form of lm-evaluation-harness, so that others can confirm our figures with that tool.

Of each task there are its questions as JSONL, as we asked them, and a task file; of each model a results file.
`lm_eval --include_path FOLDER --tasks dgrc_TASK --model vllm --model_args pretrained=STUDENT --apply_chat_template`
then asks the same questions. What a reply answers and whether that is right is decided in one place: the task files
name `process_results` in `dgrc_scoring.py` beside them, which is `dgrc.evaluation.harness_scoring`. The harness's own
`exact_match` knows no quantities, and its `ignore_punctuation` takes points and signs out of numbers.
https://github.com/EleutherAI/lm-evaluation-harness/blob/main/docs/task_guide.md
"""

import json
import math
from pathlib import Path
from typing import Any

import yaml

from dgrc.config import EvaluationConfig, MethodConfig
from dgrc.evaluation.benchmarks import HeldOut
from dgrc.evaluation.harness_scoring import METRIC, document
from dgrc.storage.atomic import fresh_folder, write_json

FILTER = "answer"
SCORING = "dgrc_scoring"
SCORING_FILE = '''"""How replies to these tasks are scored: by dgrc, which must be installed where lm_eval runs."""

from dgrc.evaluation.harness_scoring import process_results, target

__all__ = ["process_results", "target"]
'''


class _Function(str):
    """The name of a Python function, as task files give it: `!function module.name`."""


class _Dumper(yaml.SafeDumper):
    """Task files: plain values and names of functions."""


_Dumper.add_representer(_Function, lambda dumper, name: dumper.represent_scalar("!function", str(name)))


def write_harness(
    held_out: HeldOut, report: dict[str, Any], evaluation: EvaluationConfig, method: MethodConfig, folder: Path
) -> None:
    """Writes `TASK.jsonl` and `TASK.yaml` of each task, `dgrc_scoring.py`, and `results_MODEL.json` of each model."""
    fresh_folder(folder)
    tasks = {name: _task(name, folder, evaluation) for name in held_out.tasks}
    for name, places in held_out.tasks.items():
        with open(folder / f"{_named(name)}.jsonl", "w", encoding="utf-8") as file:
            for place in places:
                file.write(json.dumps(document(held_out.questions[place], method), ensure_ascii=False) + "\n")
        task = yaml.dump(tasks[name], Dumper=_Dumper, sort_keys=False, allow_unicode=True)
        (folder / f"{_named(name)}.yaml").write_text(task, encoding="utf-8")
    (folder / f"{SCORING}.py").write_text(SCORING_FILE, encoding="utf-8")
    for model in report["models"]:
        write_json(folder / f"results_{model}.json", _results(model, report["tasks"], tasks))


def _named(task: str) -> str:
    return "dgrc_" + "".join(c if c.isalnum() else "_" for c in task)


def _task(name: str, folder: Path, evaluation: EvaluationConfig) -> dict[str, Any]:
    sampling = evaluation.sampling
    return {
        "task": _named(name),
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(folder / f"{_named(name)}.jsonl")}},
        "test_split": "test",
        "output_type": "generate_until",
        "doc_to_text": "{{prompt}}",
        "doc_to_target": _Function(f"{SCORING}.target"),
        "generation_kwargs": {
            "until": [], "do_sample": sampling.temperature > 0, "temperature": sampling.temperature,
            "max_gen_toks": sampling.max_tokens,
        },
        "filter_list": [{"name": FILTER, "filter": [{"function": "take_first"}]}],
        "process_results": _Function(f"{SCORING}.process_results"),
        "metric_list": [{"metric": METRIC, "aggregation": "mean", "higher_is_better": True}],
        "metadata": {"version": 2.0},
    }  # fmt: skip


def _results(model: str, reports: dict[str, Any], tasks: dict[str, dict[str, Any]]) -> dict[str, Any]:
    shares = {name: report["models"][model] for name, report in reports.items()}
    return {
        "results": {
            _named(name): {
                "alias": _named(name),
                f"{METRIC},{FILTER}": share["right"] / share["n"],
                f"{METRIC}_stderr,{FILTER}": _standard_error(share["right"], share["n"]),
            }
            for name, share in shares.items()
        },
        "configs": {_named(name): task for name, task in tasks.items()},
        "versions": {_named(name): task["metadata"]["version"] for name, task in tasks.items()},
        "n-shot": dict.fromkeys(map(_named, tasks), 0),
        "higher_is_better": {_named(name): {METRIC: True} for name in tasks},
        "n-samples": {_named(n): {"original": share["n"], "effective": share["n"]} for n, share in shares.items()},
        "model_name": model,
        "made_by": "dgrc evaluate",
    }


def _standard_error(right: int, n: int) -> float | None:
    """Of a mean of n zeros and ones, by the sample's own variance; None for one."""
    share = right / n
    return math.sqrt(share * (1 - share) / (n - 1)) if n > 1 else None
