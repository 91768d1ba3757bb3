"""Questions that a Python caller has in memory: rows or a table in, question files below the run and their names out.

They are written before anything is asked, so that a call that was killed goes on from the run's own files, and are read
by the ordinary `ingest` (columns, limits, quarantine). The folder is named by a hash of the rows in their order: the
same questions find what is there, others change `questions.files` and are refused as any other setting is. Rows of
Python become JSONL, where each is wrong by itself; tables become Parquet. Nothing is held but the part that is written.
"""

import glob
import hashlib
import itertools
import json
import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from dgrc.config import Config, QuestionsConfig
from dgrc.errors import ConfigError, DgrcError, QuestionFileError
from dgrc.questions.files.formats import SUFFIXES
from dgrc.questions.files.packed import suffix_of
from dgrc.questions.names import form_of, option_columns
from dgrc.questions.options import as_text, missing
from dgrc.questions.turns import COLUMNS as TURNS
from dgrc.questions.turns import SHOWN, SYSTEM, TOOLS
from dgrc.storage.atomic import explain_os_error, fresh_folder
from dgrc.storage.objectstore.files import is_remote
from dgrc.storage.run_dir import RunDir

Write = Callable[[Path], None]
"""Writes questions into an empty folder, as files whose names are in the order of the questions."""
ROWS_PER_FILE = 20_000
TAKEN = (
    "a path or a list of paths, a list of dicts, a pandas DataFrame, a datasets.Dataset, a pyarrow Table or a Ray "
    "Dataset"
)
HINTS = {
    "DatasetDict": "Give one of its splits.",
    "IterableDataset": "Load it without `streaming=True`, or write it to Parquet and give the path.",
    "Series": "Give a frame: `series.to_frame('question')`.",
    "generator": "Give a list: `list(...)`.",
    "ndarray": "Give a list of dicts, or a frame with named columns.",
}
"""What to do about types that people have in their hands."""
RAISED = re.compile(r"^(?!ray\.)\w+(?:\.\w+)*: .+$", re.MULTILINE)
"""How a traceback says what was raised, unless Ray did."""


def with_given(config: Config, questions: Any) -> Config:
    """The configuration with these questions in the place of its own; data is in the run's folder afterwards.

    Raises:
        ConfigError: the questions are of another type, have no column of that name, or are none.
        RunDirError: the run was begun with others, or its folder cannot be used.
    """
    from dgrc.workflow.preflight import check

    found = recognised(questions, config)
    if not callable(found):
        return _with_files(config, found)
    check(config)  # what cannot work is said before ten million rows are written
    run = RunDir.of(config)
    with run.lock():
        return _keep(run, config, found)


def recognised(questions: Any, config: Config) -> tuple[str, ...] | Write:
    """Names of question files, or what writes some."""
    settings = config.questions
    if isinstance(questions, str | os.PathLike):
        return (os.fspath(questions),)
    if isinstance(questions, list | tuple):
        return _of_list(questions, settings)
    if _is(questions, "pandas", "DataFrame"):
        return partial(_write_rows, _of_frame(questions, _wanted(questions.columns, settings)), settings)
    if _is(questions, "pyarrow", "Table"):
        names = _wanted(questions.column_names, settings)
        return partial(_write_tables, (part.select(names) for part in _slices(questions)))
    if _is(questions, "datasets", "Dataset"):
        chosen = questions.select_columns(_wanted(questions.column_names, settings)).with_format("arrow")
        return partial(_write_tables, chosen.iter(batch_size=ROWS_PER_FILE))
    if _is(questions, "ray.data", "Dataset"):
        return partial(_write_ray, questions, config)
    hint = HINTS.get(type(questions).__name__, "")
    raise ConfigError(f"`questions` is {_named(questions)}; wanted is {TAKEN}. {hint}".strip())


def _of_list(questions: Sequence[Any], settings: QuestionsConfig) -> tuple[str, ...] | Write:
    if not questions:
        raise ConfigError(f"`questions` is an empty {type(questions).__name__}; wanted is {TAKEN}.")
    are_paths = isinstance(questions[0], str | os.PathLike)
    for number, item in enumerate(questions):
        if not isinstance(item, str | os.PathLike if are_paths else Mapping):
            raise ConfigError(
                f"`questions[{number}]` is {_named(item)}, where a list holds dicts alone or paths alone. Give each "
                "question as a dict, for example {'question': '...', 'choices': ['...', '...'], 'id': '...'}."
            )
    if are_paths and (text := next(filter(_is_question, questions), None)) is not None:
        raise ConfigError(
            f"`questions` holds {text[:80]!r}, and texts in a list are paths of files. Give each question as a dict, "
            "for example {'question': '...'}."
        )
    return tuple(map(os.fspath, questions)) if are_paths else partial(_write_rows, questions, settings)


def _is_question(path: Any) -> bool:
    """Whether a text is a question and no path: it has several words and names no file of a kind that is read."""
    if not isinstance(path, str) or " " not in path.strip():
        return False
    return suffix_of(path) not in SUFFIXES and not is_remote(path) and not glob.glob(os.path.expanduser(path))


def _is(value: Any, module: str, name: str) -> bool:
    """Whether a value is of a class of a library; where the library is not loaded there are none of it."""
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(value, getattr(loaded, name))


def _named(value: Any) -> str:
    kind = type(value)
    library = "" if kind.__module__ == "builtins" else f"{kind.__module__.split('.')[0]} "
    return f"a {library}{kind.__name__}"


def _wanted(columns: Iterable[Any], settings: QuestionsConfig) -> list[str]:
    """The columns that `ingest` will look at. Images, embeddings and the like are not copied."""
    columns = [*columns]
    there = [column for column in columns if isinstance(column, str)]
    fields = settings.fields
    if settings.form is None and fields.text not in there and not {*TURNS} & {*there}:
        shown = [repr(column) if isinstance(column, str) else f"{column!r} (no text)" for column in columns[:20]]
        raise ConfigError(
            f"The questions have no column {fields.text!r}, but {', '.join(shown) or 'none'}. Rename "
            "the one that holds the question, or name it in `questions.fields.text`."
        )
    names = {*_content(settings, there), fields.label, fields.source_id}
    found = [column for column in there if column in names]
    if twice := [column for column, count in Counter(found).items() if count > 1]:
        raise ConfigError(f"The questions have more than one column {twice[0]!r}. Rename or drop all but one.")
    return found


def _content(settings: QuestionsConfig, there: Collection[Any]) -> set[str | None]:
    """The columns, of a row or table with these, that make a question what it is; also those by which a row is refused,
    for its options must not be lost. A published form is read from all its columns."""
    texts, fields = tuple(column for column in there if isinstance(column, str)), settings.fields
    if settings.form is not None:
        return {*texts}
    choices = (fields.choices,) if isinstance(fields.choices, str) else fields.choices or ()
    maybe = (column for columns in option_columns(texts) for column in columns)
    beside = (*TURNS, "id", *SYSTEM, *SHOWN, *TOOLS) if {*TURNS} & {*texts} else ()
    contexts = texts if form_of(texts) == "pubmedqa" else ()
    return {fields.text, fields.several, *choices, *maybe, *beside, *contexts}


def _keep(run: RunDir, config: Config, write: Write) -> Config:
    """Writes questions, unless the run has them, and claims the run for them; the caller holds its lock."""
    home = run.given_questions
    fresh = home / ".incoming"
    try:
        write(fresh_folder(fresh))
        name = _digest(fresh, config)
        kept = home / name
        settled = _with_files(config, (str(Path(glob.escape(str(kept))) / "questions-*"),))
        run.claim(settled)
        if not kept.is_dir() or _digest(kept, config) != name:  # what is there stays: passes know files by their bytes
            shutil.rmtree(kept, ignore_errors=True)
            for path in [*fresh.iterdir(), fresh]:
                _sync(path)
            os.replace(fresh, kept)
            _sync(home)
    except DgrcError:
        raise
    except OSError as e:
        raise explain_os_error(e, home) from e
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return settled


def _with_files(config: Config, files: tuple[str, ...]) -> Config:
    return config.model_copy(update={"questions": config.questions.model_copy(update={"files": files})})


def _digest(folder: Path, config: Config) -> str:
    """Names the questions in these files by what `ingest` will read there, however they lie in files."""
    from dgrc.questions.files.formats import raw_rows

    digest, count = hashlib.blake2b(digest_size=12), 0
    for path in sorted(folder.iterdir()):
        for _, row in raw_rows(str(path), config.questions.limits):
            said = {key: value for key, value in row.items() if value is not None} if isinstance(row, dict) else row
            digest.update(json.dumps(said, sort_keys=True, default=repr).encode() + b"\n")
            count += 1
    if not count:
        raise ConfigError("The questions that were given have not a single row. Look at how they are made.")
    return digest.hexdigest()


def _sync(path: Path) -> None:
    """Has the disk hold what was written to a file or folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_rows(rows: Iterable[Mapping[Any, Any]], settings: QuestionsConfig, folder: Path) -> None:
    left = iter(rows)
    for part in itertools.count():
        lines = [_line(row, settings) for row in itertools.islice(left, ROWS_PER_FILE)]
        if not lines:
            return
        (folder / f"questions-{part:05d}.jsonl").write_bytes(b"".join(lines))


def _line(row: Mapping[Any, Any], settings: QuestionsConfig) -> bytes:
    """A row as a line of JSON: what `ingest` looks at, and of the rest the names, which quarantine tells of."""
    content, fields = _content(settings, row), settings.fields
    kept: dict[str, Any] = {}
    for name, value in row.items():
        if name in content:
            kept[name] = _plain(value)
        elif name in (fields.label, fields.source_id) and not missing(value):
            kept[name] = as_text(value)  # as `ingest` does, of whatever they are
        else:
            kept[str(name)] = None
    try:
        line = json.dumps(kept, ensure_ascii=False, default=_plain)
    except (TypeError, ValueError, RecursionError) as e:  # keys that are no text, a list inside itself
        line = json.dumps({**dict.fromkeys(kept), fields.text: {"unwritable": str(e)}})
    return line.encode("utf-8", "surrogatepass") + b"\n"


def _plain(value: Any) -> Any:
    """A value as JSON has it; what has no form there comes out as an object that tells its type."""
    if missing(value):
        return None
    if isinstance(value, str | int | float | list | tuple | dict):
        return value
    if hasattr(value, "tolist"):  # NumPy's and others' arrays and numbers
        return value.tolist()
    return {type(value).__name__: repr(value)[:200]}


def _of_frame(frame: Any, columns: list[str]) -> Iterator[Mapping[str, Any]]:
    for start in range(0, len(frame), ROWS_PER_FILE):
        part = frame[columns].iloc[start : start + ROWS_PER_FILE]
        yield from part.to_dict("records")


def _slices(table: Any) -> Iterator[Any]:
    for start in range(0, len(table), ROWS_PER_FILE):
        yield table.slice(start, ROWS_PER_FILE)


def _write_tables(tables: Iterable[Any], folder: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        for part, table in enumerate(tables):
            pq.write_table(table, folder / f"questions-{part:05d}.parquet")
    except pa.ArrowException as e:
        raise ConfigError(
            f"The questions cannot be written as Parquet: {e} Turn the column into text or lists of text first."
        ) from e


def _write_ray(dataset: Any, config: Config, folder: Path) -> None:
    """By Ray's workers, in the dataset's order: the rows do not pass through this process."""
    from dgrc.runtime.session import ray_session

    with ray_session(config, RunDir.of(config)):
        options = dataset.context.execution_options
        before, options.preserve_order = options.preserve_order, True
        try:
            columns = _wanted(dataset.columns() or (), config.questions)
            dataset.select_columns(columns).write_parquet(str(folder), min_rows_per_file=ROWS_PER_FILE)
        except DgrcError:
            raise
        except Exception as e:  # whatever the caller's own functions raise, and Ray about them
            raised = RAISED.findall(str(e))  # in the text of tracebacks, where what caused an error comes before it
            reason = raised[0] if raised else f"{type(e).__name__}: {(str(e).strip().splitlines() or [''])[0]}"
            raise QuestionFileError(
                f"The Ray Dataset of questions could not be made and written: {reason} See that "
                "`dataset.materialize()` goes through."
            ) from e
        finally:
            options.preserve_order = before
    for part, path in enumerate(sorted(folder.iterdir())):
        path.rename(folder / f"questions-{part:05d}.parquet")
