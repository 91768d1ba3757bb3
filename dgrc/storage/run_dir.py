"""The layout of a run. This is the one place that knows it.

    runs/<name>/
      config.yaml               the resolved configuration
      .hashes.json              hashes of the base model's weights, so that they are read once
      .first-day                the day it began, which chat templates that write a date are told
      manifest.json             written last: present means complete
      report.html               what `dgrc report` wrote, which is no part of the result
      rounds.json               figures of each round, side by side
      marks.jsonl               what people found right and wrong in `dgrc view`; no part of the run's result
      given-questions/<hash>/   questions that a Python caller gave, as files; the hash is of their content
      questions/  quarantine/   what `ingest` read, and what it had to refuse
      logs/                     what Ray and vLLM said
      spending/<role>.json      requests and tokens of a role behind an API, over all starts of the run
      corpus/                   what `dgrc questions` made of documents: passages, written, questions.jsonl, report.json
                                removed and removed_questions (with the reason), quarantine (documents not to be read)
      round-1/
        cases/ atoms/ verdicts/ one Parquet dataset a pass
        facts/                  the kept atoms, searchable
        recorded/<role>/        chains made elsewhere or in an earlier round
        curriculum/{atomic,cot} examples for training, Parquet and JSONL
        student/                the trained student, a Hugging Face directory
        baselines/<recipe>/     curriculum/ and student/ of a baseline recipe
        predictions/            every model's reply to each held-out question
        warnings.json           what the curation gave reason to say
        marks-used.jsonl        the marks that its curriculum was made with, if any
        evaluation.json         what the held-out questions say
        harness/                the same as tasks and results of lm-evaluation-harness
        .state/<pass>/          checkpoint, journal and completion mark of a pass; of a training its losses
      round-2/                  and so on, where there are several

One process works on a run at a time; `RunDir.lock` holds a file lock that the kernel drops when its holder dies,
however it dies. Beside it `.holder` says who that is, for whoever comes second, and `.underway.json` what it does.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from dgrc.config import Config, method, questions
from dgrc.config.engines import LATER_SETTINGS, decides
from dgrc.config.file import dump_config, read_yaml
from dgrc.config.yaml_core import same
from dgrc.errors import RunDirError
from dgrc.storage.atomic import explain_os_error, write_json, write_text
from dgrc.storage.holder import HOLDER, LOCK, told, write_holder

UNDERWAY, REPORT = ".underway.json", "report.html"
FREE = ("ingest", "cut")
"""Steps that read files alone: they are done again where settings have changed."""


class RunDir:
    """Paths of one run, in one of its rounds (from 1)."""

    def __init__(self, root: str | Path, number: int = 1):
        self.root = Path(root).expanduser().resolve()
        self.number = number

    @classmethod
    def of(cls, config: Config) -> "RunDir":
        """The run directory that a configuration names."""
        return cls(Path(config.runs_dir) / config.name)

    def in_round(self, number: int) -> "RunDir":
        """The same run in another round."""
        return RunDir(self.root, number)

    @property
    def config_file(self) -> Path:
        return self.root / "config.yaml"

    @property
    def manifest_file(self) -> Path:
        return self.root / "manifest.json"

    @property
    def quarantine(self) -> Path:
        return self.root / "quarantine"

    @property
    def given_questions(self) -> Path:
        """Folder of the question files that were written for a Python caller."""
        return self.root / "given-questions"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    def dataset(self, name: str) -> Path:
        """Folder of a pass's Parquet dataset; the questions are the same in every round."""
        if name in ("passages", "written", "removed", "removed_questions"):
            return self.root / "corpus" / name
        return self.root / name if name == "questions" else self.round() / name

    @property
    def refused(self) -> Path:
        """The documents that `dgrc questions` had to refuse."""
        return self.root / "corpus" / "quarantine"

    @property
    def written_questions(self) -> Path:
        """The questions that `dgrc questions` wrote."""
        return self.root / "corpus" / "questions.jsonl"

    def recorded(self, role: str) -> Path:
        """Folder of chains of a role that need not be sampled: made elsewhere, or in an earlier round."""
        return self.round() / "recorded" / role

    def recorded_chains(self) -> dict[str, Path]:
        """The folders of recorded chains that there are, by role."""
        return {path.name: path for path in sorted((self.round() / "recorded").glob("*"))}

    def known_verdicts(self) -> Path:
        """Folder of the verdicts of the round before, findable by question."""
        return self.round() / "known_verdicts"

    def round(self) -> Path:
        return self.root / f"round-{self.number}"

    def curriculum(self, recipe: str = "dgrc") -> Path:
        return self._recipe(recipe) / "curriculum"

    def spending(self, role: str) -> Path:
        """What a role's API has cost the run so far, over all its starts."""
        return self.root / "spending" / f"{role}.json"

    def student(self, recipe: str = "dgrc") -> Path:
        return self._recipe(recipe) / "student"

    def predictions(self) -> Path:
        """Folder of what every model answered to each held-out question."""
        return self.round() / "predictions"

    def harness(self) -> Path:
        """Folder of tasks and results in the form of lm-evaluation-harness."""
        return self.round() / "harness"

    def evaluation(self) -> Path:
        return self.round() / "evaluation.json"

    def warnings(self) -> Path:
        """What the round's curation gave reason to say."""
        return self.round() / "warnings.json"

    def state(self, step: str) -> Path:
        """Private state of one step: checkpoint, journal, completion mark."""
        return self.round() / ".state" / step

    def losses(self, recipe: str) -> Path:
        """The losses of a recipe's training, step by step (`TrainResult.curve`); beside what marks it done."""
        return self.state(f"train-{recipe}") / "losses.json"

    def done(self, step: str, fingerprint: str) -> dict[str, Any] | None:
        """The report of a completed step, or None if it is yet to finish with these settings."""
        mark = _mark(self.state(step) / "done.json")
        return dict(mark["report"]) if mark and mark["fingerprint"] == fingerprint else None

    def reports(self) -> dict[str, dict[str, Any]]:
        """The report of every step of the round that was completed, with whatever settings."""
        marks = {path.parent.name: _mark(path) for path in sorted((self.round() / ".state").glob("*/done.json"))}
        return {step: dict(mark["report"]) for step, mark in marks.items() if mark}

    def mark(self, step: str) -> str:
        """The fingerprint under which a step is marked done, or "" if it is not."""
        mark = _mark(self.state(step) / "done.json")
        return str(mark["fingerprint"]) if mark else ""

    def mark_done(self, step: str, fingerprint: str, report: dict[str, Any]) -> None:
        """Records that a step is complete; durable before it is visible."""
        write_json(self.state(step) / "done.json", {"fingerprint": fingerprint, "report": report})

    def empty(self) -> None:
        """Removes all that the run holds; the caller holds its lock."""
        for path in self.root.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name not in (LOCK, HOLDER):
                path.unlink()

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Holds the run for this process.

        Raises:
            RunDirError: another process works on it, or the folder cannot be written.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.root / LOCK, timeout=0)
            lock.acquire()
        except Timeout as e:
            raise RunDirError(f"The run {self.root} is in use by {told(self.root)}") from e
        except OSError as e:
            raise explain_os_error(e, self.root) from e
        try:
            # Over what a holder left that was killed: the lock is ours, so that one is gone.
            write_holder(self.root)
            yield
        finally:
            (self.root / HOLDER).unlink(missing_ok=True)
            lock.release()

    def claim(self, config: Config) -> None:
        """Writes the resolved configuration, if `check_claim` lets it."""
        self.check_claim(config)
        write_text(self.config_file, dump_config(config))

    def check_claim(self, config: Config) -> None:
        """Raises RunDirError if the run has kept what other settings of questions, models or method made."""
        if self.has_kept and (changed := self.changed(config)):
            raise RunDirError(
                f"The run {self.root} was made with other settings: {'; '.join(changed[:5])}"
                f"{f' and {len(changed) - 5} more' if len(changed) > 5 else ''}. Going on would mix two experiments. "
                "Choose another `name`, or delete that folder."
            )

    @property
    def has_kept(self) -> bool:
        """Whether the run holds anything that cost more than reading files: replies, rows, steps that are done."""
        return self.manifest_file.is_file() or any(map(_has_kept, self.root.glob("round-*/.state/*")))

    def changed(self, config: Config) -> list[str]:
        """Where the run's own configuration differs, with both values, of what decides its curation."""
        if not self.config_file.is_file():
            return []
        try:
            before = dict(read_yaml(self.config_file.read_text(encoding="utf-8"), self.config_file.name))
        except (ValueError, TypeError) as e:
            raise RunDirError(
                f"The settings that the run was made with, {self.config_file}, cannot be read ({e}), so nobody knows "
                "whether these are the same. Put the file back, or choose another `name`."
            ) from e
        was, now = _decisive(before), _decisive(config.model_dump(mode="json"))
        both = ((key, was.get(key), now.get(key)) for key in sorted({*was, *now}))
        return [f"`{key}` was {then!r}, is {here!r}" for key, then, here in both if not same(then, here)]

    def _recipe(self, recipe: str) -> Path:
        return self.round() if recipe == "dgrc" else self.round() / "baselines" / recipe


def decisive_fingerprint(config: Config) -> str:
    """A hash of the settings that decide a curation: runs of one fingerprint began alike, but for what their question
    files hold."""
    said = json.dumps(_decisive(config.model_dump(mode="json")), sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _has_kept(state: Path) -> bool:
    """Whether a step's state holds replies, finished rows, or the mark that it is done."""
    rows = any(path.is_file() for path in state.glob("checkpoint/**/*"))
    done = state.name not in FREE and (state / "done.json").is_file()
    return done or rows or any(map(_holds_something, state.glob("journal/*")))


def _holds_something(journal: Path) -> bool:
    """Whether there is a line in a segment of a journal, which takes room ahead as zeros."""
    with open(journal, "rb") as file:
        return file.read(1) not in (b"", b"\0")


def _mark(file: Path) -> dict[str, Any] | None:
    """What a step left when it was done; one that cannot be read is none, so that the step is done again."""
    try:
        mark = json.loads(file.read_text(encoding="utf-8"))
        return mark if isinstance(mark["report"], dict) and mark["fingerprint"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


_LATER: dict[str, dict[str, Any]] = {"method": method.LATER_SETTINGS, "questions": questions.LATER_SETTINGS}


def _decisive(config: dict[str, Any]) -> dict[str, Any]:
    """The settings that decide a curation, by their dotted names."""
    models = ("teacher", "student", "auditor", "verifier", "embedder")
    found: dict[str, Any] = {}
    for section in ("seed", "questions", *models, "method", "proving"):
        for key, value in _flat(section, config.get(section)):
            _, _, rest = key.partition(".")
            later = LATER_SETTINGS if section in models else _LATER.get(section, {})
            as_before = rest in later and later[rest] == value
            if not as_before and (section not in models or decides(rest)):
                found[key] = value
    return found


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The leaves of nested settings; what is not set at all is as if it were null."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}", inner)
    elif value is not None:
        yield name, value
