"""Hostile question files and documents, made by rules that know what was planted in each line.

What must come out of a file is counted while it is made, never by reading it: rows that must be refused, rows that may
be kept, and whether the file may be refused as a whole.
"""

import bz2
import gzip
import io
import json
import lzma
import random
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dgrc.config import CorpusConfig, FieldMap, LimitsConfig
from dgrc.corpus.shard import cut_shard
from dgrc.errors import EvaluationError, QuestionFileError
from dgrc.questions.columns import RawRow, read_rows
from dgrc.questions.published import FORMS, published_rows
from dgrc.questions.recorded import read_chain_files
from dgrc.records import Quarantined
from dgrc.storage.arrow import arrow_schema, to_row

LIMITS = LimitsConfig(row_bytes=4096, file_bytes=1 << 20, json_depth=16)
PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": lambda data: gzip.compress(data, mtime=0), ".bz2": bz2.compress, ".xz": lzma.compress,
    ".zst": lambda data: pa.compress(data, codec="zstd", asbytes=True),
}  # fmt: skip
TEXTS = (
    "Which court ?", "Which limit applies\nin garth ?", "caf\u00e9 \u2028 \x85 \u202e ?",
    "\x1b[2J\x1b]8;;http://x\x07 ?", "a,b;\"c\"",
    "<script>alert(1)</script>", "{{ 7 * 7 }}", "q\x00q", "\U0001f642" * 9,
    "Which?\nA. x\nB. y\nAnswer with the letter.",
)  # fmt: skip
IDS = (
    "../../etc/passwd", "/abs", "..", "\x1b[31m", "a\nb", "nul\x00", "con", "'; drop", "\u202egpj", "x" * 300,
    7, None, -1, 1e300, True,
)  # fmt: skip


@dataclass
class Planted:
    """A file and what must come of it: `refused` and `fit` are places (lines or rows) of rows that must be refused and
    of those that are well-formed; with `breakable` the file may be refused as a whole, at any place."""

    path: Path
    refused: set[int] = field(default_factory=set)
    fit: set[int] = field(default_factory=set)
    breakable: bool = False
    countable: bool = True

    @property
    def rows(self) -> int:
        """Rows of the file."""
        return len(self.refused) + len(self.fit)


def plant(rng: random.Random, stem: Path) -> Planted:
    """Writes a file of one of the kinds."""
    return rng.choice((_jsonl, _jsonl, _json, _csv, _csv, _parquet, _mutated))(rng, stem)


def good(rng: random.Random) -> dict[str, Any]:
    """A question that is well-formed, whatever it says; now and then the same as another."""
    text = rng.choice(TEXTS) + (f" {rng.randrange(10**6)}" if rng.random() < 0.8 else "")
    row: dict[str, Any] = {
        "question": text,
        "id": rng.choice((rng.choice(IDS), f"q{rng.randrange(10**6)}", str(rng.random()))),
    }
    if rng.random() < 0.3:
        row["choices"] = rng.choice((["x", "y"], [], None, ["<b>", "\x1b"], ["a"] * 30))
    if rng.random() < 0.3:
        row["label"] = rng.choice(("A", 3, None, 1.5, True, ["A"], {"a": 1}))
    if rng.random() < 0.1:
        return {"id": row["id"], "conversations": [{"from": "human", "value": text}, {"from": "gpt", "value": "A"}]}
    return row


def bad(rng: random.Random) -> bytes:
    """A line that is no question, without line breaks."""
    wrong: tuple[Any, ...] = (
        {"id": 1}, {"question": None}, {"question": 7}, {"question": ["x"]}, {"question": {"a": 1}}, [], [1], "text",
        7, None,
        {"question": "q", "choices": "x"}, {"question": "q", "choices": [[1]]},
        {"question": "q", "choices": ["x"] * 703}, {"question": "q", "choices": {"A": ["x"]}},
        {"question": "q", "options": ["x", "y"]}, {"conversations": []}, {"conversations": [[]]},
        {"conversations": "x"}, {"conversations": [{"from": "human", "value": "q"}, {"from": "human", "value": "?"}]},
        {"conversations": [{"from": "human", "value": 3}]}, {"conversations": [{"from": ["human"], "value": "x"}]},
        {"question": "half \ud800"}, {"question": "q", "id": "\udfff"}, {"question": "q", "choices": ["\ud800"]},
        {f"column {i}": i for i in range(200)},
    )  # fmt: skip
    whole = json.dumps(good(rng)).encode()
    raw = (
        whole[: rng.randrange(1, len(whole))], b'{"question": "\xff\xfe"}', b"\x00" * rng.randrange(1, 50),
        b"[" * 3000, whole + b"x",
        b'{"question": "' + b"x" * 5000 + b'"}', b'{"question": "q", "meta": ' + b"[" * 40 + b"]" * 40 + b"}",
        b'{"question": "q", "n": ' + b"1" * 4000 + b"e}", b"\xef\xbb\xbf\xef\xbb\xbf{}", b"{'question': 'q'}", b"\xff",
        b"]", b'{"question"}',
    )  # fmt: skip
    return rng.choice(raw) if rng.random() < 0.5 else json.dumps(rng.choice(wrong)).encode()


def _jsonl(rng: random.Random, stem: Path) -> Planted:
    planted = Planted(stem.with_suffix(".jsonl"))
    end = rng.choice((b"\n", b"\n", b"\r\n"))
    lines = []
    for number in range(1, rng.randrange(1, 40)):
        kind = rng.random()
        if kind < 0.1:
            lines.append(rng.choice((b"", b"  ", b"\t")))
        elif kind < 0.4:
            lines.append(bad(rng))
            planted.refused.add(number)
        else:
            lines.append(json.dumps(good(rng), ensure_ascii=rng.random() < 0.5).encode())
            planted.fit.add(number)
    data = end.join(lines) + (end if rng.random() < 0.5 else b"")
    if lines and 1 in planted.fit and rng.random() < 0.2:
        data = b"\xef\xbb\xbf" + data
    planted.path.write_bytes(data)
    return planted


def _json(rng: random.Random, stem: Path) -> Planted:
    planted = Planted(stem.with_suffix(".json"))
    rows: list[bytes] = []
    for number in range(1, rng.randrange(1, 20)):
        item = bad(rng) if rng.random() < 0.3 else None
        try:
            json.loads(item or b"0")
        except (ValueError, RecursionError):
            item = None  # one such item makes the whole no JSON; `_mutated` does that
        # In a list there is no line that could be too long.
        (planted.refused if item is not None and len(item) <= LIMITS.row_bytes else planted.fit).add(number)
        rows.append(item if item is not None else json.dumps(good(rng)).encode())
    planted.path.write_bytes(b"[" + b", ".join(rows) + b"]")
    return planted


def _csv(rng: random.Random, stem: Path) -> Planted:
    planted = Planted(stem.with_suffix(".csv"))
    end = rng.choice(("\n", "\r\n"))
    file = io.BytesIO(("\ufeff" if rng.random() < 0.2 else "").encode() + f"id,question,choices{end}".encode())
    file.seek(0, io.SEEK_END)
    line, rows = 2, rng.randrange(0, 25)
    for number in range(rows):
        kind = rng.random()
        text = rng.choice(TEXTS).replace("\x85", "") + f" {rng.randrange(10**6)}"
        record = f'{rng.randrange(10**6)},"{text.replace(chr(34), chr(34) * 2)}",'.encode()
        if kind < 0.1:
            record = b""
        elif kind < 0.16:
            record = b"1,2,3,4,5"
        elif kind < 0.22:
            record = b"1,caf\xe9,"
        elif kind < 0.28:
            record = b"1," + b"x" * 5000 + b","
        elif kind < 0.34:
            record = b'1,q,"[1"'
        elif kind < 0.37 and number == rows - 1:
            record = b'1,"never closed'
        if record:
            well = record.endswith(b'",') and not record.startswith(b'1,"never')
            (planted.fit if well else planted.refused).add(line)
        file.write(record + end.encode())
        line += 1 + record.count(b"\n")
    planted.path.write_bytes(file.getvalue())
    return planted


def _parquet(rng: random.Random, stem: Path) -> Planted:
    planted = Planted(stem.with_suffix(".parquet"))
    count = rng.randrange(0, 30)
    texts: list[bytes | None] = []
    for number in range(1, count + 1):
        kind = rng.random()
        text = (
            None
            if kind < 0.1
            else b"half \xff"
            if kind < 0.25
            else f"{rng.choice(TEXTS)} {rng.randrange(10**6)}".encode()
        )
        (planted.refused if kind < 0.25 else planted.fit).add(number)
        texts.append(text)
    column = pa.array(texts, pa.binary())
    unchecked = (
        pa.Array.from_buffers(pa.string(), count, column.buffers(), column.null_count)
        if count
        else column.cast(pa.string())
    )
    columns = {"question": unchecked, "id": pa.array([rng.choice((None, f"q{i}")) for i in range(count)], pa.string())}
    if rng.random() < 0.3:
        columns["odd"] = pa.array([2**62] * count, pa.timestamp("us"))  # a year that Python's dates do not have
        planted.refused |= planted.fit
        planted.fit = set()
    pq.write_table(
        pa.table(columns), planted.path, compression=rng.choice(("snappy", "none", "zstd")), row_group_size=8
    )
    return planted


def _mutated(rng: random.Random, stem: Path) -> Planted:
    """Any file, cut off or with bytes changed: only JSONL can still be counted, by its lines."""
    made = rng.choice((_jsonl, _json, _csv, _parquet))(rng, stem)
    data = bytearray(made.path.read_bytes())
    if rng.random() < 0.4:
        data = data[: rng.randrange(len(data) + 1)]
    for _ in range(rng.choice((0, 1, 4, 30)) if data else 0):
        data[rng.randrange(len(data))] = rng.choice((0, 10, 34, 44, 91, 123, 255, rng.randrange(256)))
    made.path.write_bytes(data)
    if made.path.suffix == ".jsonl":
        lines = {number for number, line in enumerate(bytes(data).split(b"\n"), 1) if line.strip()}
        return Planted(made.path, set(), lines, countable=True)
    return Planted(made.path, breakable=True, countable=False)


def check(planted: Planted) -> str | None:
    """Reads a file; why it is not accounted for, or None."""
    path = str(planted.path)
    found: dict[int, str | None] = {}
    rows = []
    try:
        for row in read_rows(path, FieldMap(), LIMITS):
            place = int(row.place.removeprefix(f"{path}:"))
            if place in found:
                return f"two rows at {place}"
            found[place] = row.error
            rows.append(to_row(row))
    except QuestionFileError as e:
        return None if planted.breakable and path in str(e) else f"refused as a whole: {e}"
    pa.Table.from_pylist(rows, schema=arrow_schema(RawRow))
    if any(error == "" for error in found.values()) or list(found) != sorted(found):
        return "a refusal without reason, or rows out of order"
    if planted.countable and set(found) != planted.refused | planted.fit:
        return f"rows at {sorted(set(found) ^ (planted.refused | planted.fit))[:5]} are not those planted"
    if kept := [place for place in planted.refused if found.get(place) is None and place in found]:
        return f"rows at {kept[:5]} should have been refused"
    return None


def check_as_others(planted: Planted) -> str | None:
    """Reads the same file as chains, as documents and as published benchmarks: refusals must be typed."""
    path = str(planted.path)
    if planted.path.suffix == ".jsonl":
        refused: list[Quarantined] = []
        read_chain_files([path], {"q1": 1}, {1}, refused.append, LIMITS)
        pa.Table.from_pylist([to_row(row) for row in refused], schema=arrow_schema(Quarantined))
    for name in ("question", "text"):
        corpus = CorpusConfig(files=(path,), text=name, id="id", title="choices", least_words=5, limits=LIMITS)
        _documents(path, corpus)
    for form in FORMS:
        try:
            published_rows(form, path)
        except EvaluationError:
            continue
    return None


def check_packed(rng: random.Random, stem: Path) -> str | None:
    """Documents in an archive that is whole, cut off, changed or none: passages, or one refusal of the whole file."""
    packing, pack = rng.choice(list(PACKINGS.items()))
    suffix = rng.choice((".jsonl", ".txt", ".md")) + packing
    lines = [json.dumps({"id": i, "text": f"The senate hears appeal {i} of the river at dusk."}) for i in range(200)]
    data = bytearray(pack("\n".join(lines).encode()))
    kind = rng.randrange(4)
    if kind == 1:
        data = data[: rng.randrange(len(data))]
    elif kind == 2:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    elif kind == 3:
        data = bytearray(rng.choice((b"", b"\x1f\x8b", zlib.compress(b"x" * 100), pack(b" " * (2 << 20)))))
    path = stem.with_name(stem.name + suffix)
    path.write_bytes(data)
    counts = _documents(str(path), CorpusConfig(files=(str(path),), least_words=5, limits=LIMITS))
    if kind == 0 and (counts is None or counts["documents"] != (200 if "jsonl" in suffix else 1)):
        return f"of 200 documents in a whole archive came {counts}"
    return "an archive that is cut off was taken for whole" if kind == 1 and counts is not None and data else None


def _documents(path: str, corpus: CorpusConfig) -> dict[str, int] | None:
    """What cutting a file as a shard of a corpus counts; None if the file as a whole is refused."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            return cut_shard(0, [path], f"{folder}/shard", None, (corpus, None))
        except QuestionFileError:
            return None
