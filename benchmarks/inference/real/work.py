"""What `benchmarks.inference --real` asks, and of whom: settings and questions in; prompts, runs and engines out."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dgrc.config import Config, EngineConfig
from dgrc.errors import ConfigError
from dgrc.method.verify import Fact
from dgrc.records import Chain

N = 4
"""Samples a question."""
PACK = "general"
SAMPLED = {"temperature": 1.0}
PIPELINE = {"workers": 2, "rows_per_block": 128}
MAX_MODEL_LEN = 2048
KV_CACHE_GIB = 1.0


@dataclass(frozen=True)
class Settings:
    """What a run of the benchmark is told; `benchmarks.inference` has a word on each."""

    model: str
    questions: str
    parts: tuple[str, ...]
    sequences: int
    max_tokens: int
    turn_questions: int
    most_turns: int
    cpu_seconds: int
    cpu_turns: int
    prefix_questions: int
    replicas: int
    ngram_requests: int
    ngram_sequences: int
    tail: tuple[int, ...]
    tail_tokens: int

    def save(self, folder: Path) -> None:
        """Writes them where processes of the benchmark look."""
        (folder / "settings.json").write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Settings":
        """What `save` wrote."""
        said = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
        return cls(**{**said, "parts": tuple(said["parts"]), "tail": tuple(said["tail"])})

    def engine(self, **more: Any) -> EngineConfig:
        """The engine that all have in common."""
        return EngineConfig(
            model=self.model, max_model_len=MAX_MODEL_LEN, max_num_seqs=self.sequences, kv_cache_gib=KV_CACHE_GIB
        ).model_copy(update=more)


@dataclass(frozen=True)
class Row:
    """A question, and small questions with their answers that lie on the way to its own."""

    text: str
    steps: tuple[tuple[str, str], ...]

    def facts(self) -> tuple[Fact, ...]:
        """The steps as a verifier sees them."""
        return tuple(Fact(number, question, answer) for number, (question, answer) in enumerate(self.steps))


def rows_of(settings: Settings, count: int) -> list[Row]:
    """So many questions: those of the file, over again where it has fewer, or of the natural domain.

    A row of a file has `text` or `question` and, if there are any, `steps` with `question` and `answer` each. One
    without steps stands for its own.

    Raises:
        ConfigError: the file has no questions, or a row is none.
    """
    if not settings.questions:
        from dgrc.proving.natural.generate import problems

        drawn = problems("train", count, 0)
        return [Row(problem.text, tuple((s.question, s.answer) for s in problem.steps)) for problem in drawn]
    lines = Path(settings.questions).read_text(encoding="utf-8").splitlines()
    rows = [_row(settings.questions, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise ConfigError(f"{settings.questions} holds no questions. Wanted is one JSON object a line.")
    return [rows[number % len(rows)] for number in range(count)]


def _row(file: str, number: int, line: str) -> Row:
    try:
        row = json.loads(line)
        text = str(row["text"] if "text" in row else row["question"])
        steps = tuple((str(step["question"]), str(step["answer"])) for step in row.get("steps", ()))
    except (ValueError, KeyError, TypeError, AttributeError) as e:
        raise ConfigError(
            f"Line {number} of {file} is no question ({type(e).__name__}: {e}). Wanted is a JSON object with `text` or "
            "`question` and, if there are any, `steps` with `question` and `answer` each."
        ) from e
    return Row(text, steps or ((text, "unknown"),))


def chats(rows: Sequence[Row]) -> list[list[Any]]:
    """The messages that ask for chains."""
    from dgrc.method import sample
    from dgrc.method.prompts import load_pack

    pack = load_pack(PACK)
    return [sample.build_messages(pack, row.text, ()) for row in rows]


def run_of(settings: Settings, folder: Path, name: str, rows: Sequence[Row], **method: Any) -> Config:
    """A run over these questions, which are written where it looks for them, with a student's chain for each, so that
    the teacher alone samples."""
    from dgrc.config.file import make_config

    engine = settings.engine().model_dump()
    source, chains = folder / f"{name}.jsonl", folder / f"{name}-student.jsonl"
    with open(source, "w", encoding="utf-8") as questions, open(chains, "w", encoding="utf-8") as students:
        for number, row in enumerate(rows):
            questions.write(json.dumps({"id": f"q{number}", "question": row.text}) + "\n")
            students.write(json.dumps({"id": f"q{number}", "chains": ["By law. <answer>30 days</answer>"]}) + "\n")
    short = {"temperature": 0, "max_tokens": settings.max_tokens}
    return make_config({
        "name": name, "runs_dir": str(folder), "teacher": engine, "student": engine, "pipeline": PIPELINE,
        "questions": {"files": [str(source)], "student_chains": [str(chains)]},
        "method": {
            "prompts": PACK, "teacher_chains": N, "max_pairs": 0,
            "teacher_sampling": {**SAMPLED, "max_tokens": settings.max_tokens},
            "answer_sampling": {**SAMPLED, "max_tokens": settings.max_tokens},
            "diagnose_sampling": short, "verify_sampling": short, **method,
        },
    })  # fmt: skip


def answered(text: str, number: int) -> Chain:
    """A sampled text as a chain whose answer is another than those of other numbers, so that each diverges."""
    return Chain(text, f"{number + 1} days", "stop", 0)


def llm_of(settings: Settings, **more: Any) -> tuple[Any, Any]:
    """`vllm.LLM` with our engine's arguments and these, and what makes prompts for it."""
    from dgrc.engines.vllm.engine import engine_args, environment
    from dgrc.engines.vllm.tokens import PromptEncoder

    engine = settings.engine()
    os.environ.update(environment(engine))
    from vllm import LLM

    return LLM(**engine_args(engine, 0), **more), PromptEncoder(settings.model)
