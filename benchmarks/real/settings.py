"""What `benchmarks.real` is asked for: options flow in; one configuration, and the folder's names flow out.

The folder remembers what it was begun with, so that points of two experiments never meet in it.
"""

import json
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any

from dgrc.config import BenchmarkConfig, Config, EvaluationConfig
from dgrc.config.file import load_config
from dgrc.errors import ConfigError, EvaluationError
from dgrc.evaluation.benchmarks import HeldOut, load_held_out
from dgrc.evaluation.likelihood import has_letters
from dgrc.questions.chats import ChatFiles
from dgrc.questions.published import FORMS
from dgrc.storage.atomic import write_json

SPLITS = ("numbers", "templates")
"""The held-out splits of the natural domain."""
PLAIN = "plain"
"""The form of a benchmark whose rows are dgrc's own: `question`, `choices` and `label`."""
CONFIG = "real/natural"


@dataclass(frozen=True)
class Settings:
    """One experiment.

    Attributes:
        out: The folder that holds everything.
        teacher: Model directory; so is `student`.
        questions: Unlabelled questions to curate.
        held_out: Held-out questions of each split.
        pilot: Problems of each level that the difficulty is measured on.
        seeds: Of the trainings.
        benchmarks: (form, file) of real benchmarks with options.
        benchmark_limit: The first so many questions of each; None is all.
        least_templates: So many training templates the domain must have.
        overrides: `a.b=c` settings over `configs/real/natural.yaml`.
        replay: Files of chat examples, or globs, that one more recipe visits again; none leaves it out.
        replay_share: Share of that recipe's visits that are to them.
    """

    out: Path
    teacher: str
    student: str
    questions: int
    held_out: int
    pilot: int
    seeds: tuple[int, ...]
    benchmarks: tuple[tuple[str, str], ...] = ()
    benchmark_limit: int | None = None
    least_templates: int = 8
    overrides: tuple[str, ...] = ()
    replay: tuple[str, ...] = ()
    replay_share: float = 0.1

    @property
    def domain(self) -> Path:
        """Folder of the domain's files."""
        return self.out / "domain"

    def config(self, name: str = "run", *more: str) -> Config:
        """The configuration of a run in the folder."""
        fixed = (
            f"name={name}", f"runs_dir={json.dumps(str(self.out))}", f"teacher.model={json.dumps(self.teacher)}",
            f"student.model={json.dumps(self.student)}",
            f"questions.files={json.dumps([str(self.domain / 'questions.jsonl')])}",
        )  # fmt: skip
        return load_config(CONFIG, (*self.overrides, *fixed, *more))

    def replaying(self, *more: str) -> Config:
        """The configuration of a student that replays chats."""
        earlier = self.config().training.replayed.earlier
        section = {"files": self.replay, "share": self.replay_share, "earlier": earlier}
        return self.config("run", *more, f"training.replay={json.dumps(section)}")

    def check_replay(self) -> int:
        """How many chats there are to replay.

        Raises:
            QuestionFileError: a file cannot be read, or a row is no chat to learn from.
        """
        return sum(1 for _ in ChatFiles.of(self.replaying())) if self.replay else 0

    def claim(self) -> None:
        """Writes what the folder is for, or checks that it is for the same; seeds and chats may be added later.

        Raises:
            ConfigError: it was begun with other settings.
        """
        file = self.out / "settings.json"
        now: dict[str, Any] = json.loads(json.dumps(asdict(self), default=str))
        if file.is_file():
            unsaid = {f.name: json.loads(json.dumps(f.default)) for f in fields(self) if f.default is not MISSING}
            before = {**unsaid, **json.loads(file.read_text(encoding="utf-8"))}
            free = ("seeds", "out", *(() if before["replay"] else ("replay", "replay_share")))
            changed = [key for key in now if key not in free and now[key] != before.get(key)]
            if changed:
                said = "; ".join(f"`{key}` was {before.get(key)!r}, is {now[key]!r}" for key in changed)
                raise ConfigError(
                    f"{self.out} was begun with other settings: {said}. Points of two experiments must not meet in one "
                    "folder: give another --out, or the settings that it was begun with."
                )
        write_json(file, now)

    def load_benchmarks(self) -> dict[str, HeldOut]:
        """The real benchmarks by name, with labels.

        Raises:
            EvaluationError: a form is unknown, a row has no label, or no question has options.
        """
        found = {}
        for form, file in self.benchmarks:
            name = f"{form}-{Path(file).stem}"
            if form == PLAIN:
                held_out = load_held_out(EvaluationConfig(files=(file,), limit=self.benchmark_limit))
            elif form in FORMS:
                one = BenchmarkConfig.model_validate({"form": form, "files": (file,)})
                held_out = load_held_out(EvaluationConfig(benchmarks=(one,), limit=self.benchmark_limit))
            else:
                raise EvaluationError(
                    f"--benchmark {form}={file}: there is no form {form!r}. Wanted is one of {PLAIN}, "
                    f"{', '.join(sorted(FORMS))}, then = and the file."
                )
            if not any(has_letters(question) for question in held_out.questions):
                raise EvaluationError(
                    f"--benchmark {form}={file}: no question has options of which one is right, so harm by forgetting "
                    "cannot be told from form. Give a benchmark of multiple choice."
                )
            found[name] = held_out
        return found


def folder_name(teacher: str, student: str) -> str:
    """The folder that a pair has by default, under `runs`."""
    return f"real-{Path(teacher).resolve().name}-{Path(student).resolve().name}"
