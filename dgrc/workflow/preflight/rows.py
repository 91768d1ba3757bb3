"""Files that a configuration names, and whether their first rows are what the settings say. Findings and counts out.

The same readers as `ingest` and the evaluation have: what they refuse is refused here. Only so many rows are read that
a mistake is found in a moment, whatever the corpus.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field

from dgrc.config import Config, FieldMap
from dgrc.errors import DgrcError, EvaluationError, QuestionFileError
from dgrc.questions.columns import NO_FIELD, RawRow, configured, find_files, read_rows
from dgrc.questions.options import columns
from dgrc.questions.published import HEADER_ALONE, rows_of_form
from dgrc.questions.recorded import first_problem
from dgrc.storage.objectstore.files import is_remote
from dgrc.workflow.named_files import named_files
from dgrc.workflow.preflight.findings import Finding

FILES, ROWS = 4, 50
"""So many files of a setting are opened, the first and the last among them, and so many rows of each looked at."""
MOST_ROWS = 2000
"""So many rows are looked at before it is said that none can be used, or that none has a column."""
NO_TEXT = "the question has no text"
Read = Callable[[str], Iterator[RawRow]]


@dataclass
class Seen:
    """What the rows that were looked at were."""

    files: int = 0
    rows: int = 0
    usable: int = 0
    choices: int = 0
    labels: int = 0
    whole: bool = True
    refused: Counter[str] = field(default_factory=Counter)
    had: set[str] = field(default_factory=set)
    unscorable: tuple[str, str] | None = None

    def take(self, raw: RawRow, scored: bool = False) -> None:
        """Counts a row; where it is to be `scored`, keeps the first that cannot be, and why."""
        self.rows += 1
        self.had.update(raw.has)
        if raw.error is not None or not raw.text:
            self.refused[raw.error or NO_TEXT] += 1
            if scored and raw.error != HEADER_ALONE:
                self.unscorable = self.unscorable or (raw.place, raw.error or NO_TEXT)
            return
        self.usable += 1
        self.choices += bool(raw.choices)
        self.labels += raw.label is not None
        if scored and self.unscorable is None and (why := _no_score(raw)):
            self.unscorable = raw.place, why

    def told(self, setting: str, there: int) -> str:
        """The counts in a line."""
        of = f"{self.files} of {there} files" if self.files < there else f"{there} file{'s' if there > 1 else ''}"
        first = "the first " if not self.whole else ""
        parts = [
            f"{self.choices:,} with options", f"{self.usable - self.choices:,} without",
            f"{self.labels:,} with a label", f"{self.usable - self.labels:,} without",
        ]  # fmt: skip
        refused = sum(self.refused.values())
        why = f", {refused:,} not usable ({self.refused.most_common(1)[0][0]})" if refused else ""
        return f"{setting}: {first}{self.rows:,} row{'s' if self.rows != 1 else ''} of {of}: {', '.join(parts)}{why}"


def files_there(config: Config, parts: Collection[str], remote: bool = False) -> Iterator[Finding]:
    """Settings whose files are not there; only those on object stores, or only the others."""
    if "curate" in parts and not config.questions.files and config.corpus is None and not remote:
        words = "no file is named. List JSONL, JSON, Parquet, CSV or TSV files, globs allowed."
        yield Finding("questions.files", words, QuestionFileError)
    if "questions" in parts and config.corpus is None and not remote:
        yield Finding("corpus", "no documents are named to write questions about. List them under `corpus.files`.")
    for setting, patterns, suffixes in named_files(config, parts):
        for pattern in patterns:
            if is_remote(pattern) is remote and not pattern.startswith("proving:"):
                try:
                    find_files((pattern,), suffixes)
                except DgrcError as e:
                    yield Finding.of(setting, e)


def rows_fit(config: Config, parts: Collection[str]) -> Iterator[Finding | str]:
    """Whether the first rows of question files are questions, and what they have; a line of counts for each setting."""
    questions, evaluation = config.questions, config.evaluation
    if "curate" in parts:
        read = _reader(questions.form, questions.fields, config)
        named = questions.fields if questions.form is None else None
        yield from _look("questions", questions.files, read, named)
        for setting in ("teacher_chains", "student_chains"):
            yield from _chains(f"questions.{setting}", getattr(questions, setting), config)
    if "evaluate" in parts:
        read = _reader(None, evaluation.fields, config)
        yield from _look("evaluation", evaluation.files, read, evaluation.fields, True)
        for number, each in enumerate(evaluation.benchmarks):
            read = _reader(each.form, evaluation.fields, config)
            yield from _look(f"evaluation.benchmarks.{number}", each.files, read, None, not each.answers)


def _reader(form: str | None, fields: FieldMap, config: Config) -> Read:
    limits = config.questions.limits
    if form is not None:
        return lambda path: rows_of_form(form, path, limits)
    return lambda path: read_rows(path, fields, limits)


def _look(
    section: str, patterns: tuple[str, ...], read: Read, fields: FieldMap | None, scored: bool = False
) -> Iterator[Finding | str]:
    setting = f"{section}.files"
    paths = _here(patterns)
    seen = Seen()
    for path in _some(paths):
        try:
            _read(read(path), seen, fields, scored)
        except QuestionFileError as e:
            yield Finding.of(setting, e)
            return
    if not seen.rows:
        if paths and seen.files == len(paths):
            yield Finding(setting, f"there is not a single row in {', '.join(paths[:3])}.", QuestionFileError)
        return
    if not seen.usable:
        reason, _ = seen.refused.most_common(1)[0]
        where = "any row" if seen.whole else f"any of the first {seen.rows:,} rows"
        # A row that says itself what to do, or that is no row, needs no other column.
        other = f" Name the columns in `{section}.fields`, or the published form in `{section}.form`."
        words = f"no question was found in {where} of {', '.join(paths[:3])}: {reason.rstrip('.')}."
        yield Finding(setting, words + (other if reason.startswith(NO_FIELD) else ""), QuestionFileError)
    yield seen.told(setting, len(paths))
    if not seen.usable:
        return
    if fields is not None and (absent := [name for name in configured(fields) if name not in seen.had]):
        first = next(iter(_rows_as_they_are(paths[0])), {})
        words = f"no row that was looked at has a column {' or '.join(map(repr, absent))}; the first has "
        all_seen = seen.whole and seen.files == len(paths)
        yield Finding(f"{section}.fields", f"{words}{columns(first)}. Name one of these.", QuestionFileError, all_seen)
    elif seen.unscorable:
        place, why = seen.unscorable
        yield Finding(setting, f"the row {place} cannot be scored: {why}", EvaluationError)


def _read(rows: Iterable[RawRow], seen: Seen, fields: FieldMap | None, scored: bool) -> None:
    """Takes up the first rows of a file; more of them while none is usable, or none has a column that is named."""
    named = configured(fields) if fields is not None else ()
    seen.files += 1
    for took, raw in enumerate(rows):
        if took >= ROWS and ((seen.usable and seen.had.issuperset(named)) or took >= MOST_ROWS):
            seen.whole = False
            return
        seen.take(raw, scored)


def _no_score(raw: RawRow) -> str | None:
    """Why nothing can be scored on a question, as the evaluation says it; None if something can."""
    from dgrc.evaluation.score import expected_answer

    if raw.unlabeled is not None:
        return raw.unlabeled
    try:
        expected_answer(raw.label, raw.choices, several=raw.several)
    except EvaluationError as e:
        return str(e)
    return None


def _chains(setting: str, patterns: tuple[str, ...], config: Config) -> Iterator[Finding]:
    for path in _some(_here(patterns)):
        try:
            problem = first_problem(path, config.questions.limits, MOST_ROWS)
        except QuestionFileError as e:
            yield Finding.of(setting, e)
        else:
            if problem is not None:
                yield Finding(setting, f"no row of {path} that was looked at has chains: {problem}.", QuestionFileError)


def _here(patterns: tuple[str, ...]) -> list[str]:
    """The files of this machine that these patterns name; what is not there was told before."""
    found: list[str] = []
    for pattern in patterns:
        if not is_remote(pattern) and not pattern.startswith("proving:"):
            try:
                found += find_files((pattern,))
            except QuestionFileError:
                continue
    return found


def _some(paths: list[str]) -> list[str]:
    """The first files and the last: where columns differ among files, it is often between these."""
    return paths if len(paths) <= FILES else [*paths[: FILES - 1], paths[-1]]


def _rows_as_they_are(path: str) -> Iterator[dict[str, object]]:
    from dgrc.questions.files.formats import raw_rows

    yield from (row for _, row in itertools.islice(raw_rows(path), MOST_ROWS) if isinstance(row, dict))
