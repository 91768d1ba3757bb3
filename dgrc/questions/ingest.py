"""The first pass: question files in, `questions/` and `quarantine/` out.

Ray Data parses the files side by side and in order; the driver drops repeats, because only one place
can know what came first. Every row of every file ends in one of the two datasets. The pass is quick,
asks no engine, and is simply done again if it was cut short.
"""

import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dgrc.config import Config, QuestionsConfig
from dgrc.engines.vllm.tokens import PromptEncoder
from dgrc.errors import PassError, QuestionFileError, StorageError
from dgrc.method import sample
from dgrc.method.prompts import load_pack
from dgrc.questions.columns import RawRow, check_columns, find_files, read_rows
from dgrc.questions.decontamination import of_evaluation
from dgrc.questions.published import rows_of_form
from dgrc.questions.recorded import SUFFIXES, read_chain_files, write_chains
from dgrc.questions.seen import Seen
from dgrc.records import Quarantined, Question
from dgrc.storage.arrow import arrow_schema, from_row, to_row
from dgrc.storage.atomic import fresh_folder
from dgrc.storage.run_dir import RunDir

ROWS_PER_FILE, ROWS_PER_GROUP = 100_000, 4096
NO_ROWS = "the file holds no rows"
MOST_BLOCKS = 512
"""Files are read side by side in so many tasks at most; a corpus may be a hundred thousand small files."""


@dataclass
class Ingested:
    """How many rows were read, usable and kept (fewer, of a sample), contaminated, and refused for which reason; of how
    many usable ones the label could not be taken; and questions with recorded chains by role."""

    read: int = 0
    kept: int = 0
    usable: int = 0
    contaminated: int = 0
    labels_left_out: int = 0
    quarantined: dict[str, int] = field(default_factory=dict)
    recorded: dict[str, int] = field(default_factory=dict)


def ingest(run: RunDir, config: Config, on_row: Callable[[int], None] | None = None) -> Ingested:
    """Reads all question files of a configuration into a run.

    Raises:
        QuestionFileError: a file as a whole cannot be read, or no row has a column that a setting names.
        PassError: no usable question is left.
    """
    files = find_files(config.questions.files)
    room = PromptRoom(config)
    check = of_evaluation(config)
    sample = Reservoir(config.questions.sample, config.seed)
    report = Ingested()
    questions = Writer(fresh_folder(run.dataset("questions")), Question)
    quarantine = Writer(fresh_folder(run.quarantine), Quarantined)
    seen, had = Seen(files), set[str]()
    for raw, id_ in seen.over(_parsed(files, config.questions)):
        if config.questions.limit is not None and report.kept >= config.questions.limit:
            break
        if raw.of_store or (raw.whole_file and config.questions.broken_files == "stop"):
            raise QuestionFileError(raw.error)
        report.read += 1
        had.update(raw.has)
        refusal = _refuse(raw, id_, seen, room)
        repeats = check.find(raw.text, raw.choices) if check is not None and not refusal else None
        if repeats:
            report.contaminated += 1
            if config.questions.contamination == "quarantine":
                refusal = "contaminated", f"shares words with the evaluation question {repeats}"
        if refusal:
            reason, detail = refusal
            report.quarantined[reason] = report.quarantined.get(reason, 0) + 1
            quarantine.add(Quarantined(raw.place, raw.source_id, reason, detail, raw.text[:1000]))
            continue
        seen.keep(raw, id_)
        report.usable += 1
        report.labels_left_out += raw.unlabeled is not None
        question = Question(id_, raw.source_id, raw.text, raw.choices, raw.label, raw.place, raw.meta, raw.several)
        if config.questions.sample is not None:
            sample.add(question)
            continue
        questions.add(question)
        report.kept += 1
        if on_row:
            on_row(report.read)
    for question in sample.taken:
        questions.add(question)
        report.kept += 1
    questions.close()
    if config.questions.form is None and report.read:
        # Curation reads no labels: it must go the same way where they are taken out.
        read = config.questions.fields.model_copy(update={"label": None})
        check_columns(files, read, had, "questions.fields", config.questions.limits)
    _record_chains(run, config, report, quarantine)
    quarantine.close()
    if report.kept == 0:
        raise PassError(
            f"None of the {report.read} rows in {', '.join(files)} is a usable question; reasons: "
            f"{report.quarantined}. See {run.quarantine}, and `questions.fields` for other column names."
        )
    return report


def _record_chains(run: RunDir, config: Config, report: Ingested, quarantine: "Writer") -> None:
    """Puts chains made elsewhere where `gather` finds them."""
    shutil.rmtree(run.round() / "recorded", ignore_errors=True)

    def refuse(row: Quarantined) -> None:
        if row.reason == "no_such_question" and config.questions.sample is not None:
            return  # it is good, but not of the sample
        reason = f"chains_{row.reason}"
        report.quarantined[reason] = report.quarantined.get(reason, 0) + 1
        quarantine.add(row)

    given = {"teacher": config.questions.teacher_chains, "student": config.questions.student_chains}
    if not any(given.values()):
        return
    kept = pq.ParquetDataset(run.dataset("questions")).read(columns=["id", "source_id"])
    ids, source_ids = (kept[name].to_pylist() for name in ("id", "source_id"))
    by_source = {source_id: id_ for source_id, id_ in zip(source_ids, ids, strict=True) if source_id}
    for role, patterns in given.items():
        if patterns:
            files = find_files(patterns, SUFFIXES)
            found = read_chain_files(files, by_source, set(ids), refuse, config.questions.limits)
            report.recorded[role] = write_chains(found.items(), run.recorded(role))


class Reservoir:
    """A random sample of a stream of unknown length, each of its questions alike, the same for the same seed."""

    def __init__(self, size: int | None, seed: int):
        self._size, self._random, self._seen = size or 0, random.Random(f"sample {seed}"), 0
        self.taken: list[Question] = []

    def add(self, question: Question) -> None:
        """Takes a question in, perhaps in the place of another."""
        self._seen += 1
        if len(self.taken) < self._size:
            self.taken.append(question)
        elif (place := self._random.randrange(self._seen)) < self._size:
            self.taken[place] = question


class PromptRoom:
    """Tells whether the sampling prompt of a question leaves room for a reply in both models."""

    def __init__(self, config: Config):
        self._pack = load_pack(config.method.prompts)
        self._asks_for_several = sample.asks_for_several(self._pack)
        self._limits: list[tuple[str, int, PromptEncoder | None]] = []
        for role, engine in config.engines().items():
            encoder = PromptEncoder.of(engine) if engine.engine == "vllm" else None
            self._limits.append((role, engine.max_model_len, encoder))

    def unasked(self, several: bool) -> str | None:
        """Why a question of which several options may be right cannot be asked, if so."""
        return sample.one_letter(self._pack.name) if several and not self._asks_for_several else None

    def problem(self, text: str, choices: tuple[str, ...], several: bool = False) -> str | None:
        """Why the question does not fit, or None."""
        messages = tuple(sample.build_messages(self._pack, text, choices, several))
        size = sum(len(m["content"].encode()) for m in messages)
        for role, limit, encoder in self._limits:
            # No tokenizer makes more tokens than bytes: most questions need no tokenizing here.
            if encoder is None or size + 64 < limit:
                continue
            tokens = len(encoder.encode(messages))
            if tokens >= limit:
                return f"the {role}'s prompt would have {tokens} tokens, its context holds {limit}"
        return None


def _refuse(raw: RawRow, id_: int, seen: Seen, room: PromptRoom) -> tuple[str, str] | None:
    """Reason and detail if a row cannot be used."""
    if raw.error is not None:
        return "broken_file" if raw.whole_file else "no_rows" if raw.error == NO_ROWS else "unreadable", raw.error
    if not raw.text:
        return "empty", "the question has no text"
    if repeated := seen.repeated(raw, id_):
        return repeated
    if unasked := room.unasked(raw.several):
        return "several", unasked
    problem = room.problem(raw.text, raw.choices, raw.several)
    return ("too_long", problem) if problem else None


def _parsed(files: list[str], questions: QuestionsConfig) -> Iterator[list[RawRow]]:
    """Raw rows of all files in order, some thousands at a time, parsed by Ray Data."""
    import ray

    dataset = ray.data.from_items([{"path": f} for f in files], override_num_blocks=min(len(files), MOST_BLOCKS))
    dataset.context.execution_options.preserve_order = True
    parsed = dataset.map_batches(_parse, fn_kwargs={"questions": questions}, batch_size=1, batch_format="pyarrow")
    for batch in parsed.iter_batches(batch_size=4096, batch_format="pyarrow"):
        yield [from_row(RawRow, row) for row in batch.to_pylist()]


def _parse(batch: pa.Table, questions: QuestionsConfig) -> Iterator[pa.Table]:
    for path in batch["path"].to_pylist():
        rows: list[RawRow] = []
        some = False
        try:
            found = (
                rows_of_form(questions.form, path, questions.limits)
                if questions.form
                else read_rows(path, questions.fields, questions.limits)
            )
            for raw in found:
                some = True
                rows.append(raw)
                if len(rows) == 4096:
                    yield pa.Table.from_pylist([to_row(r) for r in rows], schema=arrow_schema(RawRow))
                    rows = []
        except QuestionFileError as e:  # as a row, because Ray Data logs a raised one's trace at the user
            of_store = isinstance(e.__cause__, StorageError)
            rows.append(RawRow(path, error=str(e), whole_file=True, of_store=of_store))
            some = True
        if not some:
            rows.append(RawRow(path, error=NO_ROWS))
        yield pa.Table.from_pylist([to_row(r) for r in rows], schema=arrow_schema(RawRow))


class Writer:
    """Records to numbered Parquet files of bounded size, a few thousand of them in memory at a time."""

    def __init__(self, folder: Path, record: type[Any]):
        self._folder, self._schema = folder, arrow_schema(record)
        self._rows: list[dict[str, Any]] = []
        self._files = self._in_file = 0
        self._file: pq.ParquetWriter | None = None

    def add(self, record: Any) -> None:
        """Takes a record in."""
        self._rows.append(to_row(record))
        if len(self._rows) >= ROWS_PER_GROUP:
            self._flush()

    def close(self) -> None:
        """Writes what is left; a dataset without rows has one file all the same."""
        if self._rows or not self._files:
            self._flush()
        if self._file is not None:
            self._file.close()

    def _flush(self) -> None:
        if self._file is None or self._in_file >= ROWS_PER_FILE:
            if self._file is not None:
                self._file.close()
            self._file = pq.ParquetWriter(self._folder / f"part-{self._files:05d}.parquet", self._schema)
            self._files, self._in_file = self._files + 1, 0
        self._file.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
        self._in_file += len(self._rows)
        self._rows = []
