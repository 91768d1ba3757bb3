"""From documents to unlabeled questions: `dgrc questions`.

    documents -> passages -> (the teacher writes) -> written -> screened across the corpus -> questions.jsonl

`dgrc run` with a `corpus` and no `questions.files` begins here by itself. The teacher's part is a pass like any other
(`pipeline/passes.py`), so it can be killed and goes on; cutting and the last screening ask no engine. Every written
question ends in `questions.jsonl` or is counted with the reason why not.
"""

import json
import shutil
import time
from typing import Any

from dgrc.config import Config
from dgrc.corpus.chunking import cut
from dgrc.corpus.documents import paths
from dgrc.corpus.filter import sift
from dgrc.engines.pool import Pool
from dgrc.errors import PassError
from dgrc.method.prompts import load_pack
from dgrc.pipeline.curate import Say, content_hash, once
from dgrc.pipeline.graph import run_pass
from dgrc.pipeline.passes import WRITE
from dgrc.questions.columns import find_files
from dgrc.questions.decontamination import of_evaluation
from dgrc.questions.language import other_script
from dgrc.records import hash64
from dgrc.storage.atomic import write_json
from dgrc.storage.run_dir import RunDir

ASKING = {"form", "questions_a_passage", "stands_alone", "sampling"}
"""Settings of a corpus that decide what is asked, not what is read."""


def write_questions(run: RunDir, config: Config, say: Say) -> dict[str, Any]:
    """Does what is left to do of the writing and returns its report.

    Raises:
        PromptPackError: the pack has no wording for it.
        PassError: no written question can be used.
    """
    run, corpus = run.in_round(1), config.corpus
    assert corpus is not None
    pack = load_pack(config.method.prompts)
    for step in ("write", *(("stands_alone",) if corpus.stands_alone else ())):
        pack.require(step, "corpus")
    read, asked = fingerprints(config)
    report: dict[str, Any] = {}
    report["cut"] = once(run, "cut", read, lambda: cut(run, corpus, of_evaluation(config), read, say), say)
    if warning := other_script(run.dataset("passages"), config.method.prompts):
        say(f"! {warning}")
    report["write"] = once(run, "write", asked, lambda: _write(run, config, asked, say), say)
    report["screen"] = once(run, "screen_questions", asked, lambda: screen(run, config, asked), say)
    for step in ("cut", "screen_questions"):
        shutil.rmtree(run.state(step) / "work", ignore_errors=True)
    report["questions"] = str(run.written_questions)
    write_json(run.root / "corpus" / "report.json", report)
    return report


def screen(run: RunDir, config: Config, fingerprint: str) -> dict[str, Any]:
    """Written questions to `questions.jsonl`.

    Raises:
        PassError: none can be used.
    """
    assert config.corpus is not None
    counts = sift(run, config.corpus, of_evaluation(config), fingerprint)
    if not counts.get("kept"):
        raise PassError(
            f"None of {counts.get('written', 0):,} written questions can be used: {counts}. Look at "
            f"{run.dataset('written')}; the teacher may not follow the pack {config.method.prompts!r}."
        )
    return dict(counts)


def _write(run: RunDir, config: Config, fingerprint: str, say: Say) -> dict[str, Any]:
    began = time.monotonic()
    with Pool.start("teacher", config.teacher, config.seed, str(run.spending("teacher"))) as pool:
        pool.wait(say)
        starting = time.monotonic() - began
        report = run_pass(WRITE, run, config, {"teacher": pool}, fingerprint)
    return {**report, "start_seconds": round(starting, 1)}


def fingerprints(config: Config) -> tuple[str, str]:
    """All that decides the passages (documents and evaluation files by content, and settings), and all that decides the
    questions (the teacher and its wording too)."""
    corpus = config.corpus
    assert corpus is not None
    evaluation = [*find_files(config.evaluation.files)] if config.evaluation.files else []
    evaluation += [path for b in config.evaluation.benchmarks for path in find_files(b.files)]
    files = [(path, content_hash(path)) for path in (*paths(corpus), *evaluation)]
    read = {
        "corpus": corpus.model_dump(mode="json", exclude=ASKING), "files": files,
        "evaluation": config.evaluation.model_dump(mode="json", include={"files", "fields", "benchmarks"}),
        "contamination": [config.questions.contamination, config.questions.contamination_ngram],
    }  # fmt: skip
    asked = {
        "read": read, "asking": corpus.model_dump(mode="json", include=ASKING), "seed": config.seed,
        "teacher": config.teacher.identity(),
        "prompts": load_pack(config.method.prompts).digest(),
    }  # fmt: skip
    return f"{hash64(json.dumps(read, sort_keys=True)):x}", f"{hash64(json.dumps(asked, sort_keys=True)):x}"
