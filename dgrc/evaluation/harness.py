"""Tasks and results in the form of lm-evaluation-harness, so that others can confirm our figures with that tool.

Of each task there are its questions as JSONL, as we asked them, and a task file; of each model a results file.
`lm_eval --include_path FOLDER --tasks dgrc_TASK --model vllm --model_args pretrained=STUDENT --apply_chat_template`
then asks the same questions. The harness reads an answer by a regular expression and we by `dgrc.method.sample`, so
replies that name an option otherwise than `<answer>B</answer>` may count here and not there.
https://github.com/EleutherAI/lm-evaluation-harness/blob/main/docs/task_guide.md
"""

import json
import math
from pathlib import Path
from typing import Any

import yaml

from dgrc.config import EvaluationConfig, MethodConfig
from dgrc.evaluation.benchmarks import HeldOut
from dgrc.evaluation.score import expected_answer
from dgrc.method import sample
from dgrc.method.prompts import load_pack
from dgrc.storage.atomic import fresh_folder, write_json

FILTER = "answer"
ANSWER = r"<answer>\s*(?:option\s*)?\(?\s*(.+?)\s*\)?\.?\s*</answer>"


def write_harness(
    held_out: HeldOut, report: dict[str, Any], evaluation: EvaluationConfig, method: MethodConfig, folder: Path
) -> None:
    """Writes `TASK.jsonl` and `TASK.yaml` of each task, and `results_MODEL.json` of each model."""
    fresh_folder(folder)
    tasks = {name: _task(name, folder, evaluation) for name in held_out.tasks}
    for name, places in held_out.tasks.items():
        with open(folder / f"{_named(name)}.jsonl", "w", encoding="utf-8") as file:
            for place in places:
                file.write(json.dumps(_document(held_out, place, method), ensure_ascii=False) + "\n")
        (folder / f"{_named(name)}.yaml").write_text(yaml.safe_dump(tasks[name], sort_keys=False), encoding="utf-8")
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
        "doc_to_target": "{{answer}}",
        "generation_kwargs": {
            "until": [], "do_sample": sampling.temperature > 0, "temperature": sampling.temperature,
            "max_gen_toks": sampling.max_tokens,
        },
        "filter_list": [{
            "name": FILTER,
            "filter": [
                {"function": "regex", "regex_pattern": ANSWER, "group_select": -1},
                {"function": "take_first"},
            ],
        }],
        "metric_list": [{
            "metric": "exact_match", "aggregation": "mean", "higher_is_better": True, "ignore_case": True,
            "ignore_punctuation": True,
        }],
        "metadata": {"version": 1.0},
    }  # fmt: skip


def _document(held_out: HeldOut, place: int, method: MethodConfig) -> dict[str, str]:
    question = held_out.questions[place]
    messages = sample.build_messages(
        load_pack(method.prompts), question.text, question.choices, question.several
    )
    return {
        "id": question.source_id or str(question.id),
        "prompt": "\n\n".join(message["content"] for message in messages),
        "answer": expected_answer(question.label, question.choices, method.answers, question.several),
    }


def _results(model: str, reports: dict[str, Any], tasks: dict[str, dict[str, Any]]) -> dict[str, Any]:
    shares = {name: report["models"][model] for name, report in reports.items()}
    return {
        "results": {
            _named(name): {
                "alias": _named(name),
                f"exact_match,{FILTER}": share["right"] / share["n"],
                f"exact_match_stderr,{FILTER}": _standard_error(share["right"], share["n"]),
            }
            for name, share in shares.items()
        },
        "configs": {_named(name): task for name, task in tasks.items()},
        "versions": {_named(name): task["metadata"]["version"] for name, task in tasks.items()},
        "n-shot": dict.fromkeys(map(_named, tasks), 0),
        "higher_is_better": {_named(name): {"exact_match": True} for name in tasks},
        "n-samples": {_named(n): {"original": share["n"], "effective": share["n"]} for n, share in shares.items()},
        "model_name": model,
        "made_by": "dgrc evaluate",
    }


def _standard_error(right: int, n: int) -> float | None:
    """Of a mean of n zeros and ones, by the sample's own variance; None for one."""
    share = right / n
    return math.sqrt(share * (1 - share) / (n - 1)) if n > 1 else None
