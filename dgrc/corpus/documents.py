"""Files of a corpus, local or on an object store, to documents: rows (JSONL, JSON, Parquet, CSV, TSV), plain text,
HTML, XML and PDF in, packed or not, one row a document out.

A row that cannot be read comes out too, with why; only a file that cannot be opened or parsed as a whole raises. Files
are read as they are unpacked, rows a few at a time: what is held is a document, not a file (but for `.json`, XML, and
where a file is one document).
"""

import contextlib
from collections.abc import Iterator, Sequence

from dgrc.config import CorpusConfig
from dgrc.corpus import markup
from dgrc.corpus.markup import markup_documents
from dgrc.corpus.pdf import pdf_documents
from dgrc.errors import QuestionFileError, StorageError
from dgrc.questions.columns import columns, find_files
from dgrc.questions.files.formats import BROKEN, Row, parquet_rows, raw_rows
from dgrc.questions.files.formats import SUFFIXES as ROWS
from dgrc.questions.files.packed import PACKED, suffix_of, whole
from dgrc.questions.options import missing
from dgrc.storage.objectstore.files import size

PLAIN = (".txt", ".md")
SUFFIXES = (*ROWS, *PLAIN, *markup.SUFFIXES, ".pdf")
ROWS_AT_ONCE = 256
"""Of a Parquet file."""
SHARD_BYTES, SHARDS, UNPACKED = 32 << 20, 64, 4
"""Small files are taken together to shards of so many bytes, or smaller ones as long as there are not so many of
them; a packed or Parquet file counts so many times."""


def paths(corpus: CorpusConfig) -> Sequence[str]:
    """The files of a corpus."""
    return find_files(corpus.files, SUFFIXES)


def shards(files: Sequence[str]) -> list[list[str]]:
    """Files in order, neighbours together as long as they are small; what is in one list is committed together."""
    sizes = [size(path) * (UNPACKED if path.endswith((*PACKED, ".parquet")) else 1) for path in files]
    most = min(SHARD_BYTES, sum(sizes) // SHARDS)
    found: list[list[str]] = []
    room = 0
    for path, bytes_ in zip(files, sizes, strict=True):
        if bytes_ > room or not found:
            found.append([])
            room = most
        found[-1].append(path)
        room -= bytes_
    return found


def documents(path: str, corpus: CorpusConfig) -> Iterator[tuple[str, Row | str]]:
    """Where each document of a file is, and its fields or why it has none; a text, HTML or PDF file is one document.

    Raises one of `formats.BROKEN` if the file cannot be read as a whole.
    """
    inner = suffix_of(path)
    if inner in PLAIN:
        yield path, {corpus.text: whole(path, corpus.limits).decode("utf-8-sig")}
        return
    if inner in (*markup.SUFFIXES, ".pdf"):
        is_pdf = inner == ".pdf"
        found = pdf_documents(whole(path, corpus.limits), corpus) if is_pdf else markup_documents(path, inner, corpus)
        yield from ((f"{path}:{number}" if number > 1 else path, row) for number, row in enumerate(found, 1))
        return
    if inner == ".parquet":
        wanted = [name for name in (corpus.text, corpus.title, corpus.id) if name]
        rows = parquet_rows(path, corpus.limits, wanted, ROWS_AT_ONCE)
    else:
        rows = raw_rows(path, corpus.limits)
    yield from ((f"{path}:{number}", _unmarked(row, corpus)) for number, row in rows)


def check_columns(files: Sequence[str], corpus: CorpusConfig) -> None:
    """Raises QuestionFileError if a column that a user named is in no row of those files that have columns."""
    usual = CorpusConfig()
    named = {"text": corpus.text, "title": corpus.title, "id": corpus.id}
    absent = {name: column for name, column in named.items() if column and column != getattr(usual, name)}
    first: Row = {}
    for path in files if absent else ():
        with contextlib.suppress(*BROKEN, StorageError):  # whoever reads them says so
            for _, row in raw_rows(path, corpus.limits) if suffix_of(path) in ROWS else ():
                if isinstance(row, dict):
                    first = first or row
                    absent = {name: column for name, column in absent.items() if column not in row}
                if not absent:
                    return
    if first:
        name, column = next(iter(absent.items()))
        raise QuestionFileError(
            f"No row of {', '.join(files[:3])}{' and others' if len(files) > 3 else ''} has a column {column!r}, which "
            f"`corpus.{name}` names; the first has {columns(first)}. Name one of these."
        )


def _unmarked(row: Row | str, corpus: CorpusConfig) -> Row | str:
    """A row of a table whose text column holds HTML or XML, with the text that is in it."""
    if corpus.column_holds == "text" or isinstance(row, str) or not isinstance(row.get(corpus.text), str):
        return row
    try:
        return {**row, corpus.text: markup.markup_text(row[corpus.text], corpus.column_holds)}
    except ValueError as e:
        return f"the text in {corpus.text!r} cannot be read as {corpus.column_holds.upper()}: {e}"


def text_of(row: Row | str, corpus: CorpusConfig) -> tuple[str, str | None]:
    """A document's text, or "" and why it has none."""
    if isinstance(row, str):
        return "", row
    text = row.get(corpus.text)
    if isinstance(text, str):
        return text, None
    if corpus.text in row and missing(text):
        return "", f"the text is wanted in {corpus.text!r}, which is null"
    found = f"a {type(text).__name__}" if corpus.text in row else "no such column"
    return "", f"the text is wanted in {corpus.text!r}: {found} in {columns(row)}"
