"""A real small LLM the whole way: SmolLM2-135M-Instruct, from its PyPI package, curates, learns, is served and scored.
"""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from dgrc.config.file import make_config
from dgrc.workflow.job import Job
from tests import smollm2
from tests.paths import ROOT

pytestmark = [pytest.mark.stack, pytest.mark.slow]
REPLIES = ROOT / "tests" / "method" / "real_replies" / "chains.jsonl"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    try:
        return str(smollm2.make(tmp_path_factory.mktemp("models") / "smollm2-135m"))
    except smollm2.NoModel as e:
        pytest.skip(f"SmolLM2 cannot be had: {e}")


def questions(folder: Path, count: int) -> tuple[Path, Path, Path]:
    """Medical questions to learn from; what another real model answered to each; and further questions, with (made-up,
    for nobody checks them) labels, to be scored on."""
    rows = [json.loads(line) for line in REPLIES.read_text(encoding="utf-8").splitlines()]
    own = [row for row in rows if row["pack"] == "medical" and len(row["choices"]) == 4 and "Qwen" in row["model"]]
    asked = {row["question"]: row for row in own}
    lines = [
        {"id": str(n), "question": text, "choices": row["choices"], "label": "ABCD"[n % 4]}
        for n, (text, row) in enumerate(asked.items())
    ]
    chains = [{"id": str(n), "chains": [row["reply"]]} for n, row in enumerate(asked.values())]
    files = folder / "learn.jsonl", folder / "chains.jsonl", folder / "held_out.jsonl"
    for file, part in zip(files, (lines[:count], chains[:count], lines[count : count + 8]), strict=True):
        file.write_text("".join(json.dumps(row) + "\n" for row in part), encoding="utf-8")
    return files


def settings(folder: Path, model: str) -> dict[str, Any]:
    learn, chains, held_out = questions(folder, 16)
    engine = {"model": model, "max_model_len": 3072, "max_num_seqs": 16, "kv_cache_gib": 0.4, "cpus": 1}
    return {
        "name": "smollm2",
        "runs_dir": str(folder / "runs"),
        # As its own teacher it often leaves nothing to be trained on: most of its chains say no answer.
        "questions": {"files": [str(learn)], "teacher_chains": [str(chains)]},
        "teacher": engine,
        "student": engine,
        "method": {
            "prompts": "medical", "teacher_chains": 1, "student_chains": 4, "max_pairs": 1, "answers_per_atom": 2,
            "teacher_sampling": {"temperature": 0.6, "max_tokens": 160},
            "student_sampling": {"temperature": 1.0, "top_p": 1.0, "max_tokens": 160},
            "diagnose_sampling": {"temperature": 0, "max_tokens": 300},
            "answer_sampling": {"temperature": 0.6, "max_tokens": 160},
            "verify_sampling": {"temperature": 0, "max_tokens": 300},
            # A model of 135M that checks: nothing it says is worth keeping, and all of it is, to be trained on.
            "min_agreement": 0.0, "accept_unchecked": True, "agreeing": "keep",
        },
        "pipeline": {"workers": 1, "rows_per_block": 16},
        "training": {
            "max_length": 1024, "batch_examples": 4,
            "atoms": {"epochs": 1, "learning_rate": 1e-5}, "chains": {"epochs": 1, "learning_rate": 1e-5},
        },
        "evaluation": {"files": [str(held_out)], "sampling": {"temperature": 0, "max_tokens": 120}, "teacher": False},
    }  # fmt: skip


def test_a_real_model_goes_the_whole_way(tmp_path: Path, model: str) -> None:
    said: list[str] = []
    job = Job(make_config(settings(tmp_path, model)), said.append)
    with job.open("curate", "train", "evaluate"):
        report = job.curate()
        job.train()
        figures = job.evaluate()
    cases = pq.ParquetDataset(job.run.dataset("cases")).read().to_pylist()
    chains = [chain for case in cases for role in ("teacher", "student") for chain in case[role]]
    assert len(cases) == report["ingest"]["kept"] == 16 and len(chains) == 80, "every question leaves once"
    stopped = [chain for chain in chains if chain["finish_reason"] == "stop"]
    assert {chain["read_by"] for chain in stopped} - {"tag", None}, "it hardly ever uses the tag: others must read it"
    atoms = pq.ParquetDataset(job.run.dataset("atoms")).read().to_pylist()
    kept = [" ".join((atom["question"], atom["answer"], atom["rationale"])) for atom in atoms if atom["kept"]]
    assert not [text for text in kept if "a text that works the question out" in text]
    student = job.run.student()
    assert (student / "model.safetensors").is_file() and (student / "tokenizer_config.json").is_file()
    for name in ("base", "dgrc"):
        share = figures["models"][name]
        assert share["n"] == 8 and share["read"] + sum(share["unread"].values()) == 8
        assert share["likelihood"]["n"] == 8
    assert any(line.startswith("!") for line in said), "such a teacher gives reason to warn"
